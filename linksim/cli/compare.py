"""`linksim compare`: what differs between two finished runs, as a whole or picture by picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linksim.cli.output import print_table
from linksim.errors import LinksimError

if TYPE_CHECKING:
    import pandas

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
    worst: Annotated[
        int | None, typer.Option(min=1, help="The so many pictures on which B loses most, at --at or midway.")
    ] = None,
    best: Annotated[int | None, typer.Option(min=1, help="The so many pictures on which B gains most.")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="File for all differences, a row each; with --worst, of every picture.")
    ] = None,
) -> None:
    """Differences B - A of two runs at every point that both have, with 95 % intervals; * marks those beyond them."""
    from linksim.files import write_atomically
    from linksim.montecarlo.comparison import compare as compare_results

    if other is not None and link is None:
        raise LinksimError("--with names a link of B; say by --link which one of A it is compared with")
    if worst is not None and best is not None:
        raise LinksimError("--worst and --best are two tables; give one of them")
    single = worst is not None or best is not None
    names = None if metric is None else list(dict.fromkeys(name.strip() for name in metric.split(",")))
    if single and names is None:
        names = ["psnr"]
    found = compare_results(a, b, None if link is None else {link: other or link}, names, at)
    if csv is not None:
        table = found.pictures if single else found.table
        write_atomically(csv, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if single:
        _single_pictures(found, a, worst or best or 1, best is not None)
        return
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


def _single_pictures(found: Comparison, folder: Path, count: int, best: bool) -> None:
    """A table for each metric: the pictures on which B loses or gains most, at one value of the axis."""
    from linksim.montecarlo.per_picture import ranked
    from linksim.report import read
    from linksim.report.folder import read_run

    values = sorted(set(found.table[found.axis]))
    value = values[len(values) // 2]
    of_a = read(folder)
    at, run = of_a.rows.axis.text(value), read_run(of_a.path)
    pictures = found.pictures.assign(mean=found.pictures["difference"])
    metrics = list(dict.fromkeys(found.table["metric"]))
    tables = [ranked(pictures, found.axis, metric, value, count, best, run) for metric in metrics]  # or none of them
    for metric, picked in zip(metrics, tables, strict=True):
        same = picked["same"].astype(bool)
        which = f"the {'best' if best else 'worst'} {count} of every link"
        _print_pictures(f"B - A, {metric} at {at}, {which}", picked)
        for name in dict.fromkeys(map(str, picked.loc[same, "link"])):
            typer.echo(f"{name!r} is the same in both at {at}: fingerprint, seed, pictures")
        if (picked["n_draws_a"] != picked["n_draws_b"])[~same].any():
            typer.echo("note: where one side has more draws, its mean of a picture is over all of them")


def _print_pictures(title: str, picked: pandas.DataFrame) -> None:
    """A row for each picture, but for those of links that are the same in both."""
    from linksim.report.tables import decimals

    digits, several = decimals(picked["a"]), picked["layer"].nunique() > 1
    rows = []
    for one in picked[~picked["same"].astype(bool)].to_dict("records"):
        means, spreads = ([f"{one[f'{kind}{side}']:.{digits}f}" for side in "ab"] for kind in ("", "std_"))
        difference, draws = f"{one['difference']:+.{digits}f}", [str(one[f"n_draws_{side}"]) for side in "ab"]
        name = _row_name(one["link"], one["layer"], several)
        rows.append([name, str(one["number"]), str(one["picture"]), *means, difference, *spreads, *draws])
    head = ["link", "number", "picture", "A", "B", "B - A", "spread of A", "spread of B", "draws of A", "draws of B"]
    if rows:
        print_table(title, head, rows, whole=True)
