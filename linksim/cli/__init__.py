"""The `linksim` command."""
