"""`linksim show`: the table of a finished run, or its page in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import print_table


def show(
    results: Annotated[Path, typer.Argument(help="A results folder, such as results/quickstart.")],
    metric: Annotated[str, typer.Option(help="One metric or several, such as psnr,ssim.")] = "psnr",
    latex: Annotated[bool, typer.Option("--latex", help="Print it as LaTeX (booktabs), with intervals.")] = False,
    at: Annotated[float | None, typer.Option(help="Only this value of the axis, or the nearest one.")] = None,
    web: Annotated[bool, typer.Option("--web", help="Open its page in a browser instead: curves, pictures.")] = False,
) -> None:
    """Print the table of a finished run: one row per link, one column per value of its axis."""
    from linksim.report import Table, cells, read, to_latex

    if web:
        _open(results)
        return
    names = tuple(name.strip() for name in metric.split(","))
    rows, table = read(results).rows, Table(names, at)
    if latex:
        typer.echo(to_latex(rows, table), nl=False)
        return
    made = cells(rows, table, intervals=False)
    print_table(f"{results}: {metric}", made.columns, made.rows, whole=True)


def _open(results: Path) -> None:
    """The page of a folder, made anew in the cache, in the browser of this machine."""
    import webbrowser

    from linksim.cli.report import write
    from linksim.files import cache_folder
    from linksim.identity import digest

    name = f"{results.resolve().name}-{digest(str(results.resolve()))[:8]}"
    index = write([results], cache_folder("pages") / name)
    page = index.parent / results.resolve().name / "index.html"
    typer.echo(page)
    if not webbrowser.open(page.as_uri()):
        typer.echo("linksim: there is no browser here; open that file in one", err=True)
