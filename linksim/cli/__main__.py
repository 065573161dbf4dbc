"""`python -m linksim.cli`: the `linksim` command."""

from linksim.cli.app import main

if __name__ == "__main__":
    main()
