"""Tables against something else than the axis of the sweep: the bandwidth ratio, another column, a tag."""

from __future__ import annotations

import math

from linksim.errors import LinksimError
from linksim.report.figures import Curves
from linksim.report.labels import cbr_text, distinct_ratios, metric_label, tag_text
from linksim.report.rows import Rows
from linksim.report.selection import select
from linksim.report.tables import Cells, decimals

_MOST_COLUMNS = 40


def cells_along(rows: Rows, figure: Curves, intervals: bool = True) -> tuple[Cells, str]:
    """The numbers of a figure of curves as a table: a row per group, a column per value of x; and what it shows.

    A group that has several numbers at one x, such as models for different SNRs, has a row for each of its links.

    Parameters
    ----------
    rows : Rows
    figure : Curves
        Its x, y, group, at and layers count.
    intervals : bool

    Raises
    ------
    LinksimError
        If the metric, or what x names, is not there, or x has too many values for a table.
    """
    selection = select(rows, figure)
    shown, x = selection.rows, figure.x or rows.axis.name
    ratios = distinct_ratios(set(shown["x"])) if x == "cbr" else []
    columns = ratios or sorted(set(shown["x"]))
    if len(columns) > _MOST_COLUMNS:
        raise LinksimError(
            f"{x} has {len(columns)} values, too many for the columns of a table; "
            "give one value of the axis by --at, or draw it with `linksim plot`"
        )
    digits = decimals(shown["mean"])
    several = shown.groupby("link")["layer"].nunique().max() > 1 and selection.along_axis
    found: dict[str, dict[str, dict[float, str]]] = {}
    for row in shown.to_dict("records"):
        link = str(row["link"]) + (f", after layer {row['layer'] + 1}" if several else "")
        tag = None if figure.group == "link" else rows.tag(str(row["link"]), figure.group)
        group = link if tag is None else tag_text(figure.group, tag)
        place = max((r for r in ratios if r <= row["x"]), default=row["x"])
        half = (row["ci_high"] - row["ci_low"]) / 2
        text = f"{row['mean']:.{digits}f}" + (f" ± {half:.{digits}f}" if intervals and math.isfinite(half) else "")
        of_link = found.setdefault(group, {}).setdefault(link, {})
        of_link[place] = f"{of_link[place]} / {text}" if place in of_link else text
    lines = []
    for group, links in found.items():
        taken = [place for of in links.values() for place in of]
        merged = {place: text for of in links.values() for place, text in of.items()}
        for name, of in links.items() if len(taken) > len(merged) else [(group, merged)]:
            lines.append([name, *(of.get(place, "") for place in columns)])
    heads = [cbr_text(value) if ratios else f"{value:g}" for value in columns]
    where = "" if selection.at is None else f", {rows.axis.text(selection.at)}"
    caption = f"{rows.table['scenario'].iloc[0]}: {metric_label(figure.y)} against {selection.x_label}{where}"
    return Cells(["link", *heads], lines), caption
