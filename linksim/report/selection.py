"""Which rows a figure of curves shows, along which x, and in how many plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.report.figures import Curves
from linksim.report.labels import distinct_ratios, metric_label, tag_text
from linksim.report.rows import Rows, used_cbr

if TYPE_CHECKING:
    import pandas

_CROWDED = 8
"""Links in one plot; with more of them, or twice as many curves, every bandwidth ratio has a plot of its own."""

_SAME_RATIO = 0.04
"""Bandwidth ratios nearer than this share are one: they differ by rounding to whole channel uses."""

_PADDING = 0.25
"""As much more than the ratio that it is for may a link take: a codec of pictures whose sides are no multiples of its
cells, or one that sends again now and then."""

_COLUMNS = ("cbr", "delivered", "n_draws", "n_pictures")
"""What a table says of a point beside its metrics."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows of a figure.

    Parameters
    ----------
    rows : data frame
        Of one metric, with a column `x`.
    x_label : str
    along_axis : bool
        Whether x is the axis of the sweep, along which every link and layer has a curve of its own.
    at : float or None
        The one axis value that is shown; None where all are.
    """

    rows: pandas.DataFrame
    x_label: str
    along_axis: bool
    at: float | None


@dataclass(frozen=True, eq=False)
class Plot:
    """One plot of a figure.

    Parameters
    ----------
    title : str
        "" where there is only one plot.
    ratios : list of float
        Bandwidth ratios in it.
    of_one_ratio : bool
        Whether the title says the bandwidth ratio, so that labels need not.
    rows : data frame
    """

    title: str
    ratios: Sequence[float]
    of_one_ratio: bool
    rows: pandas.DataFrame


def select(rows: Rows, figure: Curves) -> Selection:
    """The rows that the figure shows.

    Raises
    ------
    LinksimError
        If the metric, or what x names, is not there.
    """
    axis, shown = rows.axis, _shown(rows, figure.y)
    if figure.layers is not None:
        shown = shown[shown["layer"] < figure.layers]
    if figure.x in (None, axis.name):
        return Selection(shown.assign(x=shown[axis.name]), axis.label, True, None)
    values = sorted(set(shown[axis.name]))
    at = figure.at if figure.at is None else rows.nearest(figure.at)
    x = _x_column(rows, shown, figure.x)
    if at is None and (figure.x in ("cbr", "bpp") or any(figure.x in tags for tags in rows.tags.values())):
        at = values[len(values) // 2]
    shown = shown.assign(x=x)
    shown = shown[shown["x"].notna()]
    return Selection(shown if at is None else shown[shown[axis.name] == at], metric_label(figure.x), False, at)


def _shown(rows: Rows, y: str) -> pandas.DataFrame:
    """The rows of a metric; or, one for each point, a column in its place, of which no interval is known."""
    table = rows.table
    if y in rows.metrics:
        return table[table["metric"] == y]
    if y not in _COLUMNS or y not in table.columns:
        raise LinksimError(f"there is no metric {y!r}; take one of {', '.join([*sorted(rows.metrics), *_COLUMNS])}")
    one = table[table["metric"] == rows.metrics[0]]
    return one.assign(mean=one[y], ci_low=math.nan, ci_high=math.nan)


def _x_column(rows: Rows, shown: pandas.DataFrame, name: str) -> pandas.Series:
    """The values of a column, a tag or another metric, for every shown row."""
    import pandas as pd

    if name in shown.columns and pd.api.types.is_numeric_dtype(shown[name]):
        return shown[name]
    if any(name in tags for tags in rows.tags.values()):
        x = shown["link"].map(lambda link: rows.tag(link, name))
        try:
            return pd.to_numeric(x)
        except (TypeError, ValueError) as error:
            raise LinksimError(f"the tag {name!r} is not a number; take it as group or split instead of x") from error
    if name in rows.metrics:
        keys = ["link", "layer", rows.axis.name]
        other = rows.table[rows.table["metric"] == name].drop_duplicates(keys).set_index(keys)["mean"]
        return pd.Series(other.reindex(pd.MultiIndex.from_frame(shown[keys])).to_numpy(), index=shown.index)
    if name == "bpp":
        return 3 * used_cbr(shown)
    tags = {tag for tags in rows.tags.values() for tag, value in tags.items() if not isinstance(value, str)}
    choices = [rows.axis.name, "cbr", "bpp", "delivered", *sorted(tags - {"cbr"}), *rows.metrics]
    raise LinksimError(f"there is nothing called {name!r} to draw along; take one of {', '.join(choices)}")


def plots_of(rows: Rows, selection: Selection, split: str) -> list[Plot]:
    """How the rows are divided into plots.

    Raises
    ------
    LinksimError
        If `split` is a tag that no link has.
    """
    shown = selection.rows
    mean_cbr = shown.groupby(["link", "layer"], sort=False)["cbr"].transform("mean")
    meant = _meant(rows, shown, mean_cbr)
    ratios = distinct_ratios(set(meant))
    whole = [Plot("", ratios, False, shown)]
    may_split = selection.along_axis and rows.axis.name != "cbr" and _is_crowded(rows, shown)
    if split == "none" or (split == "auto" and not may_split):
        return whole
    if split in ("auto", "cbr"):
        if len(ratios) == 1:
            return whole
        belongs = meant.map(lambda value: max(r for r in ratios if r <= value))
        titles = [_ratio_title(ratio, mean_cbr[belongs == ratio].max()) for ratio in ratios]
        return [
            Plot(title, [ratio], True, shown[belongs == ratio]) for title, ratio in zip(titles, ratios, strict=True)
        ]
    tags = shown["link"].map(lambda link: rows.tag(link, split))
    if tags.isna().all():
        known = sorted({"cbr", *(tag for tags in rows.tags.values() for tag in tags)})
        raise LinksimError(f"no link has the tag {split!r}; split by one of {', '.join(known)}")
    values = list(dict.fromkeys(tags.dropna()))
    if not any(isinstance(value, str) for value in values):
        values.sort()
    parts = [(tag_text(split, value), shown[tags == value], mean_cbr[tags == value]) for value in values]
    if tags.isna().any():
        parts.append(("others", shown[tags.isna()], mean_cbr[tags.isna()]))
    return [Plot(title, distinct_ratios(set(cbr)), False, part) for title, part, cbr in parts]


def _meant(rows: Rows, shown: pandas.DataFrame, measured: pandas.Series) -> pandas.Series:
    """The bandwidth ratio of each row: the one that its link is for, where it takes no more than `_PADDING` more."""
    import pandas as pd

    tags = pd.to_numeric(shown["link"].map(lambda link: rows.tag(link, "cbr")), errors="coerce")  # text says nothing
    single = shown.groupby("link")["layer"].transform("nunique") == 1
    padded = single & (measured >= tags) & (measured <= (1 + _PADDING) * tags)
    return measured.where(~padded, tags)


def _ratio_title(ratio: float, most: float) -> str:
    """Of a plot of one bandwidth ratio; it says when a link takes more."""
    text = tag_text("cbr", ratio)
    return text if most < _SAME_RATIO * ratio + ratio else f"{text} (up to {most:.3g})"


def _is_crowded(rows: Rows, shown: pandas.DataFrame) -> bool:
    main = shown[~shown["link"].isin(rows.members)]
    return main["link"].nunique() > _CROWDED or len(main.groupby(["link", "layer"])) > 2 * _CROWDED


def belongs_to(point_cbr: str | None, ratios: Sequence[float]) -> bool:
    """Whether a published point belongs to a plot of these bandwidth ratios; one without a ratio belongs to all."""
    return not point_cbr or any(abs(float(point_cbr) / ratio - 1) < _SAME_RATIO for ratio in ratios)
