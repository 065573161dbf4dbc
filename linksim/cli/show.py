"""`linksim show`: the table of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import print_table


def show(
    results: Annotated[Path, typer.Argument(help="A results folder, such as results/quickstart.")],
    metric: Annotated[str, typer.Option(help="psnr, psnr_of_mean_mse, ...")] = "psnr",
) -> None:
    """Print the table of a finished run: one row per link, one column per value of its axis."""
    from linksim.report import Table, read
    from linksim.report.tables import cells

    made = cells(read(results).rows, Table(metric), intervals=False)
    print_table(f"{results}: {metric}", made.columns, made.rows, whole=True)
