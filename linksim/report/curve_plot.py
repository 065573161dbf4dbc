"""Curves of a metric: against the axis of the sweep, against bandwidth, or against anything else that rows tell.

Figures are built on matplotlib's objects, without pyplot, so that nothing global is touched: they
show in a notebook as the value of a cell and are written with `figure.savefig`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.report import tex
from linksim.report.canvas import new_figure, wrapped
from linksim.report.figures import Curves
from linksim.report.labels import cbr_text, distinct_ratios, metric_label, tag_text
from linksim.report.rows import Rows
from linksim.report.selection import Plot, Selection, belongs_to, plots_of, select
from linksim.report.single_value import rows_of_links
from linksim.report.styles import MAIN, PUBLISHED, SCHEME, VARIANT, Styles, layer_look

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKED = 8
"""As many bandwidth ratios along x are written as fractions, and as many values on a logarithmic x as they are."""

_LABEL = 0.05
"""Share of the x axis that the label of a bandwidth ratio takes."""

Label = Callable[[str, bool], str]
"""What the legend calls a link, given whether its plot is of one bandwidth ratio."""


def curves(
    rows: Rows, figure: Curves = Curves(), title: str | None = None, size: tuple[float, float] | None = None
) -> Figure:
    """Draw curves, with bands of the 95 % intervals and the published points.

    Along the axis there is one curve per link and layer. A link (or group) has one colour in all its
    layers, a layer one line style in all links: dashed after the first, solid after the last; links
    without layers are dotted beside them. Envelopes are bold; their members are thin, dashed and grey,
    so that each scheme's cliff stays visible below the envelope. Over a single axis value there are rows
    instead of curves. Along anything else there is one curve per group.

    Parameters
    ----------
    rows : Rows
    figure : Curves
    title : str, optional
        By default the name of the scenario and its pictures, or none in a figure of a given size.
    size : (float, float), optional
        Width and height in inches, for a paper: type is then as large as matplotlib's settings say (`font.size`), and
        the legend stands below the plots.

    Raises
    ------
    LinksimError
        If the rows do not hold what the figure shows, or it is smaller than an inch.
    """
    if size is not None and not all(1 <= side <= 100 for side in size):
        raise LinksimError(f"a figure of {size[0]:g} x {size[1]:g} inches is not possible; give from 1 to 100 each")
    selection = select(rows, figure)
    if figure.log:
        selection = dataclasses.replace(selection, rows=selection.rows[selection.rows["x"] > 0])
    shown = selection.rows
    if title is None:
        title = rows.title if size is None else ""
    points = [row for row in rows.reference if row["metric"] == figure.y]
    label = metric_label(figure.y)
    values = sorted(set(shown[rows.axis.name]))
    if selection.along_axis and len(values) == 1:
        drawn, grid = rows_of_links(shown, [p for p in points if float(p[rows.axis.name]) == values[0]], rows.envelopes)
        _name_axes(drawn, grid, label, "", size is not None)
        title, layers = f"{title}, {rows.axis.text(values[0])}" if title else "", 0
        if size is not None:
            drawn.set_size_inches(size)
    else:
        drawn, grid, layers = _draw_plots(rows, figure, selection, _with_x(points, rows, figure, selection), size)
        _name_axes(drawn, grid, selection.x_label, label, size is not None)
        if selection.at is not None and title:
            title = f"{title}, {rows.axis.text(selection.at)}"
    for axes in grid:
        axes.grid(True, color="#e6e6e6", lw=0.7)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    if title:
        drawn.suptitle(tex.drawn(title), **({"fontsize": 11} if size is None else {}))
    _legend(drawn, grid, layers, below=size is not None)
    return drawn


def _name_axes(figure: Figure, grid: Sequence[Axes], x: str, y: str, on_plots: bool) -> None:
    """Names of the axes: once for the figure; or on the outer plots, where a legend stands below them."""
    if not on_plots:
        figure.supxlabel(tex.drawn(x), fontsize=10)
        figure.supylabel(tex.drawn(y), fontsize=10)
        return
    for axes in grid:
        place = axes.get_subplotspec()
        if axes.axison and (place is None or place.is_first_col()):
            axes.set_ylabel(tex.drawn(y))
        if axes.axison and axes.xaxis.get_tick_params().get("labelbottom", True):
            axes.set_xlabel(tex.drawn(x))


def _with_x(
    points: Sequence[dict[str, str]], rows: Rows, figure: Curves, selection: Selection
) -> list[tuple[float, dict[str, str]]]:
    """The published points that have a place along x, with that place."""
    column = rows.axis.name if selection.along_axis else figure.x
    found = []
    for point in points:
        if selection.at is not None and float(point[rows.axis.name]) != selection.at:
            continue
        try:
            found.append((float(point[str(column)]), point))
        except (KeyError, ValueError):  # the point does not say where it would stand
            continue
    return found


def _draw_plots(
    rows: Rows,
    figure: Curves,
    selection: Selection,
    points: Sequence[tuple[float, dict[str, str]]],
    size: tuple[float, float] | None,
) -> tuple[Figure, Sequence[Axes], int]:
    """The plots; also how many layers are told apart by line style, 0 where none are."""
    shown, plots = selection.rows, plots_of(rows, selection, figure.split)
    label = _labels(rows, figure)
    columns = min(len(plots), 3)
    usual = (9.2, 5.0) if len(plots) == 1 else (3.6 * columns + 2.6, 3.4 * math.ceil(len(plots) / columns) + 0.4)
    drawn, grid = new_figure(size or usual, math.ceil(len(plots) / columns), columns, share=True)
    # A plot of one bandwidth ratio has one layer of each link, and says which by its title.
    layered = selection.along_axis and not plots[0].of_one_ratio
    layers = int(shown["layer"].max()) + 1 if layered else 1
    labels = {label(str(link), plot.of_one_ratio) for plot in plots for link in plot.rows["link"].unique()}
    styles = Styles(rows.envelopes, labels, layers)
    for axes, plot in zip(grid, plots):
        for line in _lines(rows, plot, selection, label):
            _curve(axes, line, _style(line, plot, figure, styles, label))
        for x, point in points:
            if not selection.along_axis or belongs_to(point.get("cbr"), plot.ratios):
                name = point.get("scheme") or point["link"] if plot.of_one_ratio else point["link"]
                axes.plot([x], [float(point["value"])], **styles.of_published(name + ", published"))
        if plot.title:
            axes.set_title(tex.drawn(plot.title), **({"fontsize": 9.5} if size is None else {}))
    if figure.log:
        _logarithmic(grid[0], sorted(set(shown["x"])))
    else:
        _ticks(grid[0], figure.x or rows.axis.name, selection)
    for i, axes in enumerate(grid):
        if i >= len(plots):
            axes.set_axis_off()
        elif i + columns >= len(plots):  # nothing below it that would carry the numbers
            axes.tick_params(labelbottom=True)
    return drawn, grid, layers if layers > 1 else 0


def _ticks(axes: Axes, x_name: str, selection: Selection) -> None:
    """Whole numbers where the range has several, but of bits per pixel; bandwidth ratios as fractions. The plots
    share their axes."""
    x = selection.rows["x"]
    ratios = distinct_ratios(set(x)) if x_name == "cbr" else []
    if 1 < len(ratios) <= _TICKED:
        ratios = _apart(ratios)
        axes.set_xticks(ratios, [cbr_text(ratio) for ratio in ratios])
    elif x.max() - x.min() > 1 and x_name != "bpp":
        axes.xaxis.get_major_locator().set_params(integer=True)


def _apart(ticks: Sequence[float]) -> list[float]:
    """Ascending ticks without those whose labels would lie on that of the one before."""
    kept = [ticks[0]]
    for tick in ticks[1:]:
        if tick - kept[-1] >= _LABEL * (ticks[-1] - ticks[0]):
            kept.append(tick)
    return kept


def _logarithmic(axes: Axes, values: Sequence[float]) -> None:
    axes.set_xscale("log")
    if len(values) <= _TICKED:
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.minorticks_off()


def _labels(rows: Rows, figure: Curves) -> Label:
    def label(link: str, of_one_ratio: bool) -> str:
        tag = ("scheme" if of_one_ratio else None) if figure.group == "link" else figure.group
        value = rows.tag(link, tag) if tag else None
        return link if value is None else tag_text(str(tag), value)

    return label


@dataclass(frozen=True, eq=False)
class _Line:
    """One curve; `link` is the first link on it, `last` the last layer of that link."""

    link: str
    label: str
    layer: int
    last: int
    rows: pandas.DataFrame


def _lines(rows: Rows, plot: Plot, selection: Selection, label: Label) -> Iterator[_Line]:
    part, last = plot.rows, selection.rows.groupby("link")["layer"].max()
    if selection.along_axis:
        for (link, layer), curve in part.groupby(["link", "layer"], sort=False):
            yield _Line(link, label(link, plot.of_one_ratio), int(layer), int(last[link]), curve)
        return
    names = part["link"].map(lambda link: label(link, plot.of_one_ratio))
    for (name, _), curve in part.groupby([names, part["link"].isin(rows.members)], sort=False):
        yield _Line(str(curve["link"].iloc[0]), str(name), 0, 0, curve)


def _style(line: _Line, plot: Plot, figure: Curves, styles: Styles, label: Label) -> dict[str, object]:
    """The look of a line; that of the one that it is a variant of, dashed."""
    like = figure.variants.get(line.link, figure.variants.get(line.label))
    if like is None:
        return styles.of(line.link, line.label, line.layer, line.last)
    known = {label(str(link), plot.of_one_ratio): str(link) for link in plot.rows["link"].unique()}
    like_label = label(like, plot.of_one_ratio) if like in known.values() else like
    style = styles.of(known.get(like_label, like), like_label, line.layer, line.last)
    return {**style, "ls": VARIANT, "label": wrapped(line.label)}


def _curve(axes: Axes, line: _Line, style: dict[str, object]) -> None:
    curve = line.rows.sort_values("x")
    x, mean = curve["x"].to_numpy(float), curve["mean"].to_numpy(float)
    low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
    # infinite PSNR (a perfect reconstruction) and undefined intervals are gaps, not lines to the edge
    mean = np.where(np.isfinite(mean), mean, np.nan)
    low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
    if len(np.unique(x)) < len(x):
        # several values at one x are no curve: points, with bars
        style = {**style, "ls": "none", "marker": style.get("marker", ".")}
        axes.errorbar(x, mean, [mean - low, high - mean], fmt="none", color=style["color"], lw=0.8, zorder=1)
        axes.plot(x, mean, **style)
        return
    axes.plot(x, mean, **style)
    axes.fill_between(x, low, high, color=style["color"], alpha=0.18, lw=0, zorder=1)


def _legend(figure: Figure, grid: Sequence[Axes], layers: int, below: bool) -> None:
    """One legend beside or below all plots: curves, schemes, published points, and what the line styles of layers
    mean."""
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.lines import Line2D

    entries = {}
    for axes in grid:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    order = {MAIN: 0, SCHEME: 1, PUBLISHED: 2}
    ordered = sorted(entries.items(), key=lambda entry: order[int(entry[1].get_zorder())])
    for layer in range(layers):
        key = Line2D([], [], color="#707070", **{"lw": 1.6, **layer_look(layer, layers)})
        ordered.append((f"after layer {layer + 1}", key))
    place: dict[str, object] = {"loc": "outside right upper", "fontsize": 8.5 if len(ordered) <= 20 else 7}
    if below:
        points = FontProperties(size=matplotlib.rcParams["legend.fontsize"]).get_size_in_points()
        longest = max(len(line) for label, _ in ordered for line in label.splitlines())
        columns = max(1, int(figure.get_figwidth() / (points / 72 * (0.55 * longest + 5))))  # each with its lines
        height = math.ceil(len(ordered) / columns) * 1.4 * points / 72
        if height > 0.6 * figure.get_figheight():
            raise LinksimError(
                f"a legend of {len(ordered)} entries does not fit below a figure of {figure.get_figwidth():g} x "
                f"{figure.get_figheight():g} inches; make it higher or take fewer links"
            )
        place = {"loc": "outside lower center", "ncols": columns}
    figure.legend(
        [handle for _, handle in ordered],
        [label for label, _ in ordered],
        frameon=False,
        handlelength=2.8,
        **place,
    )
