"""Figures: quality against SNR, and pictures side by side.

Figures are built on matplotlib's objects, without pyplot, so that nothing global is touched: they
show in a notebook as the value of a cell and are written with `figure.savefig`.
"""

from __future__ import annotations

import csv
import io
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABELS = {
    "psnr": "PSNR (dB)",
    "psnr_of_mean_mse": "PSNR of the mean MSE (dB)",
    "ssim": "SSIM",
    "ms_ssim": "MS-SSIM",
    "mse": "MSE",
    "delivered": "share delivered",
}

# Okabe and Ito (2008): told apart by readers with any colour vision, and in this order on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255")
_GREY = ("#5f5f5f", "#a2a2a2", "#808080")
_DASHES = ((0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_PANEL_COLUMNS = 6

_CROWDED = 8
"""Main curves in one plot; with more of them, every bandwidth ratio has a plot of its own."""
_NAMED_SCHEMES = 12

Reference = list[dict[str, str]]
"""Published points, one dict per row of a reference file."""


def curves(
    table: "pandas.DataFrame",
    reference: Reference | None = None,
    metric: str = "psnr",
    envelopes: Mapping[str, Sequence[str]] | None = None,
    title: str | None = None,
) -> "Figure":
    """Quality against SNR, one curve per link and layer, with bands of the 95 % intervals.

    Envelopes are bold; their members are thin, dashed and grey, so that each scheme's cliff stays
    visible below the envelope. Where many links of several bandwidth ratios are compared, each ratio
    has a plot of its own, and one colour means one kind of link in all of them.

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

    Raises
    ------
    LinksimError
        If the table does not hold the metric.
    """
    shown = table[table["metric"] == metric]
    if shown.empty:
        raise LinksimError(f"there is no metric {metric!r}; take one of {', '.join(sorted(set(table['metric'])))}")
    envelopes = dict(envelopes or {})
    members = {name for names in envelopes.values() for name in names}
    points = [row for row in reference or [] if row["metric"] == metric]
    plots = _plots(shown, members)
    columns = min(len(plots), 3)
    rows = math.ceil(len(plots) / columns)
    size = (9.2, 5.0) if len(plots) == 1 else (3.6 * columns + 2.6, 3.4 * rows + 0.4)
    figure, grid = _new_figure(size, rows, columns, sharex=True, sharey=True)
    styles = _Styles(envelopes, members, {_plain(name, cbr) for cbr, _, part in plots for name in part["link"]})
    for axes, (cbr, ratios, part) in zip(grid, plots):
        for (link, layer), curve in part.groupby(["link", "layer"], sort=False):
            layers = shown.loc[shown["link"] == link, "layer"].nunique()
            label = _plain(str(link), cbr) + (f", layer {layer}" if layers > 1 else "")
            _curve(axes, curve.sort_values("snr_db"), styles.of(str(link), label))
        for row in points:
            if not row.get("cbr") or any(abs(float(row["cbr"]) / ratio - 1) < 0.04 for ratio in ratios):
                style = styles.of_published(_plain(row["link"], cbr) + ", published")
                axes.plot([float(row["snr_db"])], [float(row["value"])], **style)
        if cbr is not None:
            axes.set_title(f"CBR {cbr_text(cbr)}", fontsize=9.5)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(True, color="#e6e6e6", lw=0.7)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    for i, axes in enumerate(grid):
        if i >= len(plots):
            axes.set_axis_off()
        elif i + columns >= len(plots):  # nothing below it that would carry the numbers
            axes.tick_params(labelbottom=True)
    figure.supxlabel("SNR, Es/N0 (dB)", fontsize=10)
    figure.supylabel(LABELS.get(metric, metric), fontsize=10)
    figure.suptitle(title if title is not None else str(shown["scenario"].iloc[0]), fontsize=11)
    _legend(figure, grid)
    return figure


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
    if len(main.groupby(["link", "layer"])) <= _CROWDED or len(ratios) == 1:
        return [(None, ratios, shown)]
    belongs = cbr.map(lambda value: max(r for r in ratios if r <= value))
    return [(ratio, [ratio], shown[belongs == ratio]) for ratio in ratios]


def cbr_text(cbr: float) -> str:
    """A bandwidth ratio as the papers write it: "1/16", or "0.07" where it is no such fraction."""
    whole = round(1 / cbr) if cbr > 0 else 0
    return f"1/{whole}" if whole and abs(cbr * whole - 1) < 0.02 else f"{cbr:.3g}"


def _plain(label: str, cbr: float | None) -> str:
    """A link's name without the bandwidth ratio that its plot is for."""
    if cbr is None:
        return label
    return re.sub(rf"[, ]*(CBR )?(?<![\d/]){re.escape(cbr_text(cbr))}(?![\d/])", "", label).strip(" ,") or label


class _Styles:
    """One look per label, the same in every plot of a figure."""

    def __init__(self, envelopes: Mapping[str, Sequence[str]], members: set[str], labels: set[str]):
        self._envelopes, self._members = envelopes, members
        self._known: dict[str, dict[str, object]] = {}
        # more schemes than anybody tells apart share one entry in the legend
        self._name_schemes = len(members) <= _NAMED_SCHEMES or len(labels) <= 2 * _NAMED_SCHEMES

    def of(self, link: str, label: str) -> dict[str, object]:
        scheme = link in self._members
        if scheme and not self._name_schemes:
            label = "fixed schemes"
        if label not in self._known:
            i = sum(style["zorder"] == (2 if scheme else 4) for style in self._known.values())
            if scheme:
                style = {"color": _GREY[i % len(_GREY)], "lw": 0.9, "ls": _DASHES[i % len(_DASHES)], "zorder": 2}
            else:
                style = {"color": _COLOURS[i % len(_COLOURS)], "lw": 2.6 if link in self._envelopes else 1.6}
                style |= {"zorder": 4, "marker": "o", "ms": 2.8, "ls": "-" if i < len(_COLOURS) else "--"}
            self._known[label] = {**style, "label": _wrapped(label)}
        return self._known[label]

    def of_published(self, label: str) -> dict[str, object]:
        if label not in self._known:
            i = sum(style["zorder"] == 6 for style in self._known.values())
            self._known[label] = {
                "ls": "none",
                "marker": _MARKERS[i % len(_MARKERS)],
                "ms": 6.5,
                "mfc": "white",
                "mec": _COLOURS[(i + 4) % len(_COLOURS)],
                "mew": 1.4,
                "zorder": 6,
                "label": _wrapped(label),
            }
        return self._known[label]


def _curve(axes: "Axes", curve: "pandas.DataFrame", style: dict[str, object]) -> None:
    snr, mean = curve["snr_db"].to_numpy(float), curve["mean"].to_numpy(float)
    low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
    # infinite PSNR (a perfect reconstruction) and undefined intervals are gaps, not lines to the edge
    mean = np.where(np.isfinite(mean), mean, np.nan)
    low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
    axes.plot(snr, mean, **style)
    axes.fill_between(snr, low, high, color=style["color"], alpha=0.18, lw=0, zorder=1)


def _legend(figure: "Figure", grid: Sequence["Axes"]) -> None:
    """One legend beside all plots: curves, schemes, published points."""
    entries = {}
    for axes in grid:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    ordered = sorted(entries.items(), key=lambda entry: {4: 0, 2: 1, 6: 2}[int(entry[1].get_zorder())])
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


def panel(
    original: np.ndarray,
    received: Mapping[str, np.ndarray],
    title: str = "",
    notes: Mapping[str, str] | None = None,
) -> "Figure":
    """A picture and what arrived of it, each with its PSNR, at most six in a row.

    Parameters
    ----------
    original : uint8 [H, W, 3]
    received : mapping of link name to uint8 [H, W, 3]
    title : str
    notes : mapping of link name to str, optional
        A line below the PSNR, for instance the scheme that an envelope chose.

    Raises
    ------
    LinksimError
        If a picture is not of the size of the original.
    """
    pictures = {"original": original, **received}
    for name, picture in received.items():
        if picture.shape != original.shape:
            raise LinksimError(
                f"{name!r} has the shape {list(picture.shape)}, the original {list(original.shape)}; "
                "a panel shows pictures of one size"
            )
    columns = min(len(pictures), _PANEL_COLUMNS)
    if len(pictures) > _PANEL_COLUMNS:
        columns = math.ceil(len(pictures) / math.ceil(len(pictures) / _PANEL_COLUMNS))
    rows = math.ceil(len(pictures) / columns)
    height, width = original.shape[:2]
    cell = 3.0 if columns > 3 else 3.8
    # extreme shapes are held to where a title still fits
    tall = min(max(cell * height / width, 0.6), 2 * cell)
    lines = 2 + max((_wrapped(name, 30).count("\n") for name in received), default=0)
    lines += max((1 + _wrapped(note).count("\n") for note in (notes or {}).values()), default=0)
    size = (cell * columns, rows * (tall + 0.1 + 0.17 * lines) + (0.35 if title else 0))
    figure, grid = _new_figure(size, rows, columns)
    for axes, (name, picture) in zip(grid, pictures.items()):
        # small pictures show their pixels, large ones are scaled down smoothly
        axes.imshow(picture, interpolation="nearest" if max(height, width) <= 128 else "antialiased")
        caption = _wrapped(name, 30)
        if name in received:
            caption += f"\n{_psnr_text(original, picture)}"
        if notes and name in notes:
            caption += "\n" + _wrapped(notes[name])
        axes.set_title(caption, fontsize=9)
    for axes in grid:
        axes.set_axis_off()
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _psnr_text(original: np.ndarray, picture: np.ndarray) -> str:
    mse = float(np.mean((original.astype(np.float64) - picture) ** 2))
    return "identical" if mse == 0 else f"{10 * math.log10(255**2 / mse):.2f} dB"


def to_png(figure: "Figure") -> bytes:
    """A figure as the bytes of a PNG file."""
    out = io.BytesIO()
    # without the version of matplotlib in it, one figure gives one file
    figure.savefig(out, format="png", dpi=150, metadata={"Software": None})
    return out.getvalue()


def _wrapped(text: str, width: int = 38) -> str:
    # a $ would be taken for mathematics
    return "\n".join(textwrap.wrap(text.replace("$", r"\$"), width)) or text


def _new_figure(
    size: tuple[float, float], rows: int, columns: int, sharex: bool = False, sharey: bool = False
) -> tuple["Figure", list["Axes"]]:
    """A figure of `size` inches with a grid of plots, row by row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """Shows as the value of a cell also where pyplot, which would see to it, was never imported."""

        def _repr_png_(self) -> bytes:
            return to_png(self)

    figure = NotebookFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.ravel(figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)))
