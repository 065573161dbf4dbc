"""Figures: quality against SNR, and pictures side by side.

Figures are built on matplotlib's objects, without pyplot, so that nothing global is touched: they
show in a notebook as the value of a cell and are written with `figure.savefig`.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim.report.styles import MAIN, PUBLISHED, SCHEME, VARIANT, Styles, layer_look
from linksim.report.canvas import new_figure, to_png, wrapped
from linksim.report.single_value import rows_of_links
from linksim.report.panels import LayeredRow, layered_panel, panel
from linksim.errors import LinksimError

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LABELS", "LayeredRow", "Reference", "cbr_text", "curves", "layered_panel", "load_reference", "panel", "to_png"]

LABELS = {
    "psnr": "PSNR (dB)",
    "psnr_of_mean_mse": "PSNR of the mean MSE (dB)",
    "ssim": "SSIM",
    "ms_ssim": "MS-SSIM",
    "mse": "MSE",
    "delivered": "share delivered",
}

_CROWDED = 8
"""Links in one plot; with more of them, or twice as many curves, every bandwidth ratio has a plot of its own."""

Reference = list[dict[str, str]]
"""Published points, one dict per row of a reference file."""


def curves(
    table: "pandas.DataFrame",
    reference: Reference | None = None,
    metric: str = "psnr",
    envelopes: Mapping[str, Sequence[str]] | None = None,
    title: str | None = None,
    layers: int | None = None,
    variants: Mapping[str, str] | None = None,
) -> "Figure":
    """Quality against SNR, one curve per link and layer, with bands of the 95 % intervals.

    A link has one colour in all its layers, a layer one line style in all links: dashed after the
    first, solid after the last; links without layers are dotted beside them. Envelopes are bold; their
    members are thin, dashed and grey, so that each scheme's cliff stays visible below the envelope.
    Where many links of several bandwidth ratios are compared, each ratio has a plot of its own, and one
    colour means one kind of link in all of them. Over a single SNR there are rows instead of curves.

    Parameters
    ----------
    table : data frame
        As `Result.table` or `pandas.read_csv("curve.csv")`.
    reference : list of dict, optional
        Published points (`load_reference`), drawn as markers where their metric is the one shown.
    metric : str
    envelopes : mapping of envelope to its members, optional
    title : str, optional
        The name of the scenario by default.
    layers : int, optional
        Draw only the first so many layers of every link.
    variants : mapping of link to link, optional
        Links that are drawn dashed in the colour of another.

    Raises
    ------
    LinksimError
        If the table does not hold the metric.
    """
    shown = table[table["metric"] == metric]
    if shown.empty:
        raise LinksimError(f"there is no metric {metric!r}; take one of {', '.join(sorted(set(table['metric'])))}")
    if layers is not None:
        shown = shown[shown["layer"] < layers]
    title = title if title is not None else str(shown["scenario"].iloc[0])
    envelopes = dict(envelopes or {})
    points = [row for row in reference or [] if row["metric"] == metric]
    snrs = sorted(set(shown["snr_db"]))
    if len(snrs) == 1:
        figure, grid = rows_of_links(shown, [row for row in points if float(row["snr_db"]) == snrs[0]], envelopes)
        figure.supxlabel(LABELS.get(metric, metric), fontsize=10)
        title, key = f"{title}, {snrs[0]:g} dB", 0
    else:
        figure, grid, key = _against_snr(shown, points, envelopes, dict(variants or {}))
        figure.supxlabel("SNR, Es/N0 (dB)", fontsize=10)
        figure.supylabel(LABELS.get(metric, metric), fontsize=10)
    for axes in grid:
        axes.grid(True, color="#e6e6e6", lw=0.7)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.suptitle(title, fontsize=11)
    _legend(figure, grid, key)
    return figure


def _against_snr(
    shown: "pandas.DataFrame", points: Reference, envelopes: Mapping[str, Sequence[str]], variants: Mapping[str, str]
) -> tuple["Figure", Sequence["Axes"], int]:
    """The curves; also how many layers are told apart by line style, 0 where none are."""
    members = {name for names in envelopes.values() for name in names}
    plots = _plots(shown, members)
    columns = min(len(plots), 3)
    rows = math.ceil(len(plots) / columns)
    size = (9.2, 5.0) if len(plots) == 1 else (3.6 * columns + 2.6, 3.4 * rows + 0.4)
    figure, grid = new_figure(size, rows, columns, share=True)
    # A plot of one bandwidth ratio has one layer of each link, and says which by its title.
    layers = 1 if plots[0][0] is not None else int(shown["layer"].max()) + 1
    last = shown.groupby("link")["layer"].max()
    labels = {_plain(name, cbr) for cbr, _, part in plots for name in part["link"]}
    styles = Styles(envelopes, members, labels, layers)
    for axes, (cbr, ratios, part) in zip(grid, plots):
        for (link, layer), curve in part.groupby(["link", "layer"], sort=False):
            like = variants.get(str(link), str(link))
            style = styles.of(like, _plain(like, cbr), int(layer), int(last[link]))
            if like != link:
                style = {**style, "ls": VARIANT, "label": wrapped(_plain(str(link), cbr))}
            _curve(axes, curve.sort_values("snr_db"), style)
        for row in points:
            if not row.get("cbr") or any(abs(float(row["cbr"]) / ratio - 1) < 0.04 for ratio in ratios):
                style = styles.of_published(_plain(row["link"], cbr) + ", published")
                axes.plot([float(row["snr_db"])], [float(row["value"])], **style)
        if cbr is not None:
            axes.set_title(f"CBR {cbr_text(cbr)}", fontsize=9.5)
        axes.xaxis.get_major_locator().set_params(integer=True)
    for i, axes in enumerate(grid):
        if i >= len(plots):
            axes.set_axis_off()
        elif i + columns >= len(plots):  # nothing below it that would carry the numbers
            axes.tick_params(labelbottom=True)
    return figure, grid, layers if layers > 1 else 0


def _plots(
    shown: "pandas.DataFrame", members: set[str]
) -> list[tuple[float | None, list[float], "pandas.DataFrame"]]:
    """(bandwidth ratio, [it], its rows) of every plot; (None, all ratios, all rows) where one has room for all."""
    cbr = shown.groupby(["link", "layer"], sort=False)["cbr"].transform("mean")
    main = shown[~shown["link"].isin(members)]
    # ratios that differ by rounding to whole channel uses only are one ratio
    ratios: list[float] = []
    for value in sorted(set(cbr)):
        if not ratios or value > 1.04 * ratios[-1]:
            ratios.append(value)
    few = main["link"].nunique() <= _CROWDED and len(main.groupby(["link", "layer"])) <= 2 * _CROWDED
    if few or len(ratios) == 1:
        return [(None, ratios, shown)]
    belongs = cbr.map(lambda value: max(r for r in ratios if r <= value))
    return [(ratio, [ratio], shown[belongs == ratio]) for ratio in ratios]


def cbr_text(cbr: float) -> str:
    """A bandwidth ratio as the papers write it: "1/16", "5/12", or "0.073" where it is no such fraction."""
    whole = round(1 / cbr) if cbr > 0 else 0
    if whole and abs(cbr * whole - 1) < 0.02:
        return f"1/{whole}"
    near = Fraction(cbr).limit_denominator(24)
    return str(near) if near and abs(cbr / near - 1) < 0.002 else f"{cbr:.3g}"


def _plain(label: str, cbr: float | None) -> str:
    """A link's name without the bandwidth ratio that its plot is for."""
    if cbr is None:
        return label
    ratio = rf"(?<![\d/]){re.escape(cbr_text(cbr))}(?![\d/])"
    # a number that is not said to be the bandwidth ratio may be a code rate
    pattern = ratio if not re.search(f"CBR {ratio}", label) else f"CBR {ratio}"
    return re.sub(f"[, ]*{pattern}", "", label).strip(" ,") or label


def _curve(axes: "Axes", curve: "pandas.DataFrame", style: dict[str, object]) -> None:
    snr, mean = curve["snr_db"].to_numpy(float), curve["mean"].to_numpy(float)
    low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
    # infinite PSNR (a perfect reconstruction) and undefined intervals are gaps, not lines to the edge
    mean = np.where(np.isfinite(mean), mean, np.nan)
    low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
    axes.plot(snr, mean, **style)
    axes.fill_between(snr, low, high, color=style["color"], alpha=0.18, lw=0, zorder=1)


def _legend(figure: "Figure", grid: Sequence["Axes"], layers: int) -> None:
    """One legend beside all plots: curves, schemes, published points, and what the line styles of layers mean."""
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
    figure.legend(
        [handle for _, handle in ordered],
        [label for label, _ in ordered],
        loc="outside right upper",
        frameon=False,
        fontsize=8.5 if len(ordered) <= 20 else 7,
        handlelength=2.8,
    )


def load_reference(path: str | Path) -> Reference:
    """Published points from a CSV file with the columns source, link, snr_db, metric, value.

    A column cbr says for which bandwidth ratio a point is; further columns are ignored. Lines that begin with # are comments.

    Raises
    ------
    LinksimError
        If the file is missing, lacks a column, or holds something that is no number.
    """
    try:
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise LinksimError(f"reference file {path} cannot be read ({error}); check the path") from error
    rows: Reference = []
    for row in csv.DictReader(lines):
        try:
            numbers = [row["snr_db"], row["value"], row.get("cbr") or "0"]
            if not (row["source"] and row["link"] and row["metric"]) or not all(
                math.isfinite(float(number)) for number in numbers
            ):
                raise ValueError("empty or not finite")
        except (KeyError, TypeError, ValueError) as error:
            raise LinksimError(
                f"reference file {path}: {dict(row)} is no published point; "
                "each line needs source, link, snr_db, metric, value"
            ) from error
        rows.append({column: str(value) for column, value in row.items() if column is not None})
    return rows
