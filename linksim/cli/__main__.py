"""`python -m linksim.cli`: the `linksim` command."""

from linksim.cli.app import main

main()
