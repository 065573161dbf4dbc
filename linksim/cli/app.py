"""The `linksim` command: its parts, and what every one of them promises about errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from linksim.cli.bench import bench
from linksim.cli.compare import compare
from linksim.cli.listing import Listing, list_
from linksim.cli.merge import merge
from linksim.cli.plot import plot
from linksim.cli.report import report
from linksim.cli.run import run
from linksim.cli.score import score
from linksim.cli.show import show
from linksim.cli.study import app as study
from linksim.cli.train import train
from linksim.cli.zoo import app as zoo
from linksim.errors import LinksimError
from linksim.montecarlo.option_texts import PANEL_PICTURES

__all__ = ["Listing", "app", "main"]

app = typer.Typer(
    name="linksim",
    help="Send pictures over a channel and see what comes out: learned codecs and BPG + 5G LDPC, in one harness.\n\n"
    "Start with `linksim run quickstart`, then look at results/quickstart/curve.png.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(list_)
for command in (run, train, show, plot, compare, report, score, bench, merge):
    app.command()(command)
app.add_typer(zoo, name="zoo")
app.add_typer(study, name="study")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: errors that a user can cause are one line and exit code 2.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.
    """
    try:
        app(args=complete(sys.argv[1:] if arguments is None else arguments))
    except LinksimError as error:
        typer.echo(f"linksim: {error}", err=True)
        sys.exit(2)


def complete(arguments: Sequence[str]) -> list[str]:
    """Give `--keep-pictures` its default where no number follows: typer has no options that may stand alone."""
    found = list(arguments)
    for i, argument in enumerate(found):
        if argument == "--keep-pictures" and not (i + 1 < len(found) and found[i + 1].isdecimal()):
            found[i] = f"--keep-pictures={PANEL_PICTURES}"
    return found
