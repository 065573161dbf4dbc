"""`linksim plot`: draw a finished run again, differently."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.errors import LinksimError


def plot(
    results: Annotated[Path, typer.Argument(help="A results folder, such as results/quickstart.")],
    x: Annotated[
        str | None, typer.Option(help="cbr, another column, a numeric tag or a metric; default the axis.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="One metric or several, such as psnr,ssim; default psnr.")] = None,
    group: Annotated[
        str | None, typer.Option(help="What one colour stands for: link, or a tag such as scheme.")
    ] = None,
    at: Annotated[
        float | None, typer.Option(help="The axis value to show where x is not the axis, such as 10.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="A plot for each value of a tag, such as cbr; or none.")] = None,
    layers: Annotated[int | None, typer.Option(help="Only the first so many layers.")] = None,
    links: Annotated[
        str | None,
        typer.Option(help="Only links with one of these texts in their name or scheme.", metavar="TEXT,TEXT"),
    ] = None,
    format: Annotated[str, typer.Option("--format", help="One format or several of png, pdf, svg.")] = "png",
    size: Annotated[
        str | None, typer.Option(help="Width and height of curves in inches, such as 3.5x2.6 for a column of a paper.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files instead of the results folder.")] = None,
) -> None:
    """Draw a finished run again, without simulating anything: the figures of its scenario, or one of your choice."""
    from linksim.report import Curves, draw, read_some

    inches = _inches(size)
    finished = read_some(results, links)
    values = finished.rows.values
    if at is not None and at not in values:
        text = finished.rows.axis.text(at)
        raise LinksimError(f"{text} was not simulated; take --at from {', '.join(f'{value:g}' for value in values)}")
    figures = None
    if any(option is not None for option in (x, metric, group, at, split, layers)):
        # along anything but the axis, one curve per link would be single points
        group = group or ("link" if x is None else "scheme")
        names = [name.strip() for name in (metric or "psnr").split(",")]
        figures = [Curves(x=x, y=name, group=group, at=at, split=split or "auto", layers=layers) for name in names]
    for path in draw(finished, figures, [name.strip() for name in format.split(",")], out, inches):
        typer.echo(path)


def _inches(text: str | None) -> tuple[float, float] | None:
    """(width, height) of "3.5x2.6"."""
    if text is None:
        return None
    try:
        width, height = (float(side) for side in text.lower().split("x"))
    except ValueError:
        raise LinksimError(f"--size {text}: give width and height in inches, such as 3.5x2.6") from None
    return width, height
