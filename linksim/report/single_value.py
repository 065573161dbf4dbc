"""A figure over a single value of the axis: no curves, but a row per link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from linksim.report.canvas import new_figure, wrapped
from linksim.report.styles import MAIN, PUBLISHED, SCHEME

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"
_PALE = ("#9ecae1", "#6baed6", "#c6dbef", "#4292c6")


def rows_of_links(
    shown: pandas.DataFrame, points: Sequence[Mapping[str, str]], envelopes: Mapping[str, Sequence[str]]
) -> tuple[Figure, list[Axes]]:
    """A point with the bar of its interval for every link and layer, a row for each link.

    Members of envelopes are grey points in the row of their envelope; published points stand in the
    row of the link whose name they have, or in one of their own.
    """
    envelope_of = {member: name for name, members in envelopes.items() for member in members}
    row_of: dict[str, int] = {}
    for link in [*shown["link"], *(point["link"] for point in points)]:
        if link not in envelope_of:
            row_of.setdefault(str(link), len(row_of))
    layers = int(shown["layer"].max()) + 1
    figure, grid = new_figure((9.2, 1.5 + 0.38 * len(row_of)), 1, 1)
    (axes,) = grid
    for row in shown.itertuples():
        if not np.isfinite(row.mean):
            continue
        y = row_of.setdefault(envelope_of.get(row.link, row.link), len(row_of))
        if row.link in envelope_of:
            axes.plot([row.mean], [y], "|", color="#9a9a9a", ms=9, zorder=SCHEME, label="members of the envelopes")
            continue
        ends = [row.mean - row.ci_low, row.ci_high - row.mean]
        bar = [[end if np.isfinite(end) else 0.0] for end in ends]
        last = row.layer == layers - 1
        colour = _COLOUR if last else _PALE[row.layer % len(_PALE)]
        label = f"after layer {row.layer + 1}" if layers > 1 else "measured"
        axes.errorbar([row.mean], [y], xerr=bar, fmt="none", capsize=4, color=colour, zorder=MAIN)
        axes.plot([row.mean], [y], "o", ms=5, color=colour, zorder=MAIN, label=label)
    for point in points:
        place = ([float(point["value"])], [row_of[envelope_of.get(point["link"], point["link"])]])
        axes.plot(*place, "D", ms=8, mfc="none", mec="#D55E00", mew=1.4, zorder=PUBLISHED, label="published")
    axes.set_yticks(range(len(row_of)), [wrapped(name) for name in row_of], fontsize=9)
    axes.set_ylim(len(row_of) - 0.4, -0.6)
    axes.margins(x=0.08)
    return figure, grid
