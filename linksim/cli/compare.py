"""`linksim compare`: what differs between two finished runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linksim.cli.output import print_table
from linksim.errors import LinksimError

if TYPE_CHECKING:
    from linksim.montecarlo.comparison import Comparison


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A result folder.")],
    b: Annotated[
        Path | None, typer.Argument(metavar="[B]", help="Another; with --link and --with, A by default.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Only this metric, or several, such as psnr,ssim.")] = None,
    at: Annotated[float | None, typer.Option(help="Only this value of the axis, or the nearest one.")] = None,
    link: Annotated[str | None, typer.Option(help="Only this link of A.")] = None,
    other: Annotated[str | None, typer.Option("--with", help="The link of B that it is compared with.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="File for all differences, a row each.")] = None,
) -> None:
    """Differences B - A of two runs at every point that both have, with 95 % intervals; * marks those beyond them."""
    from linksim.files import write_atomically
    from linksim.montecarlo.comparison import compare as compare_results

    if other is not None and link is None:
        raise LinksimError("--with names a link of B; say by --link which one of A it is compared with")
    names = None if metric is None else list(dict.fromkeys(name.strip() for name in metric.split(",")))
    found = compare_results(a, b, None if link is None else {link: other or link}, names, at)
    if csv is not None:
        write_atomically(csv, found.table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    for name in dict.fromkeys(found.table["metric"]) if names is None else names:
        _print(found, name, f"B - A, {name}")
    typer.echo(found.summary)
    for where, lines in (("only in A", found.only_a), ("only in B", found.only_b), ("differs", found.provenance)):
        for line in lines:
            typer.echo(f"{where}: {line}")
    for note in found.notes:
        typer.echo(f"note: {note}")


def _print(found: Comparison, metric: str, title: str) -> None:
    """A row for each link and layer, a column for each axis value."""
    from linksim.report.tables import decimals

    shown = found.table[found.table["metric"] == metric]
    values = sorted(set(shown[found.axis]))
    digits = decimals(shown["a"])
    several = shown["layer"].nunique() > 1
    rows = []
    for (link, layer), of in shown.groupby(["link", "layer"], sort=False):
        at = {row[found.axis]: row for row in of.to_dict("records")}
        cells = [_cell(at[value], digits) if value in at else "" for value in values]
        how = ", ".join(dict.fromkeys(of["how"]))
        rows.append([_row_name(link, layer, several), *cells, how])
    print_table(title, ["link", *(f"{found.axis} {value:g}" for value in values), "intervals"], rows, whole=True)


def _row_name(link: object, layer: int, several: bool) -> str:
    return f"{link}, after layer {layer + 1}" if several else str(link)


def _cell(row: Mapping[str, Any], digits: int) -> str:
    interval = f" ± {row['half_width']:.{digits}f}" if row["half_width"] == row["half_width"] else ""
    return f"{row['difference']:+.{digits}f}{interval}{' *' if row['significant'] else ''}"
