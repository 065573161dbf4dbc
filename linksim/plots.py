"""Figures: quality against SNR, and pictures side by side.

Figures are built on matplotlib's objects, without pyplot, so that nothing global is touched: they
show in a notebook as the value of a cell and are written with `figure.savefig`.
"""

from __future__ import annotations

import csv
import io
import math
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
_GREY = ("#6f6f6f", "#9a9a9a", "#838383", "#b0b0b0")
_DASHES = ((0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_PANEL_COLUMNS = 6

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
    visible below the envelope.

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
    figure, axes = _new_figure((9.2, 5.0))
    main, grey = 0, 0
    for (link, layer), curve in shown.groupby(["link", "layer"], sort=False):
        curve = curve.sort_values("snr_db")
        layers = shown.loc[shown["link"] == link, "layer"].nunique()
        label = f"{link}, layer {layer}" if layers > 1 else str(link)
        if link in members:
            style = {"color": _GREY[grey % len(_GREY)], "lw": 0.9, "ls": _DASHES[grey % len(_DASHES)], "zorder": 2}
            grey += 1
        else:
            style = {"color": _COLOURS[main % len(_COLOURS)], "lw": 2.6 if link in envelopes else 1.7, "zorder": 4}
            if len(curve) <= 30:
                style |= {"marker": "o", "ms": 3.2}
            main += 1
        _curve(axes, curve, label, style)
    _reference_points(axes, reference or [], metric)
    axes.set_xlabel("SNR, Es/N0 (dB)")
    axes.set_ylabel(LABELS.get(metric, metric))
    axes.set_title(title if title is not None else str(shown["scenario"].iloc[0]), loc="left", fontsize=11)
    entries = len(axes.get_legend_handles_labels()[0])
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0,
        frameon=False,
        fontsize=8.5 if entries <= 22 else 7,
        ncols=1 + (entries - 1) // 32,
        handlelength=2.8,
    )
    return figure


def _curve(axes: "Axes", curve: "pandas.DataFrame", label: str, style: dict[str, object]) -> None:
    snr, mean = curve["snr_db"].to_numpy(float), curve["mean"].to_numpy(float)
    low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
    # infinite PSNR (a perfect reconstruction) and undefined intervals are gaps, not lines to the edge
    mean = np.where(np.isfinite(mean), mean, np.nan)
    low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
    axes.plot(snr, mean, label=_wrapped(label), **style)
    axes.fill_between(snr, low, high, color=style["color"], alpha=0.18, lw=0, zorder=1)


def _reference_points(axes: "Axes", reference: Reference, metric: str) -> None:
    groups: dict[str, list[tuple[float, float]]] = {}
    for row in reference:
        if row["metric"] == metric:
            label = f"{row['link']} [{row['source']}]"
            groups.setdefault(label, []).append((float(row["snr_db"]), float(row["value"])))
    for i, (label, points) in enumerate(groups.items()):
        points.sort()
        axes.plot(
            [p[0] for p in points],
            [p[1] for p in points],
            ls="none",
            marker=_MARKERS[i % len(_MARKERS)],
            ms=7,
            mfc="white",
            mec=_COLOURS[(i + 3) % len(_COLOURS)],
            mew=1.5,
            zorder=6,
            label=_wrapped(label),
        )


def load_reference(paths: str | Path | Sequence[str | Path]) -> Reference:
    """Published points from CSV files with the columns source, link, snr_db, metric, value.

    Further columns (cbr, note, ..) are kept and not used here; lines that begin with # are comments.

    Raises
    ------
    LinksimError
        If a file is missing, lacks a column, or holds something that is no number.
    """
    rows: Reference = []
    for path in [paths] if isinstance(paths, (str, Path)) else paths:
        path = Path(path)
        try:
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        except (OSError, UnicodeDecodeError) as error:
            raise LinksimError(f"reference file {path} cannot be read ({error}); check the path") from error
        for row in csv.DictReader(lines):
            try:
                if not all(math.isfinite(float(row[column])) for column in ("snr_db", "value")):
                    raise ValueError("not finite")
                rows.append({column: str(row[column]) for column in row if column is not None})
                row["source"], row["link"], row["metric"]
            except (KeyError, TypeError, ValueError) as error:
                raise LinksimError(
                    f"reference file {path}: {dict(row)} is no published point; "
                    "each line needs source, link, snr_db, metric, value"
                ) from error
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
        A second line under the name, for instance the scheme that an envelope chose.

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
    figure, grid = _new_figure((cell * columns, rows * (tall + 0.75) + (0.35 if title else 0)), rows, columns)
    for axes, (name, picture) in zip(grid, pictures.items()):
        # small pictures show their pixels, large ones are scaled down smoothly
        axes.imshow(picture, interpolation="nearest" if max(height, width) <= 128 else "antialiased")
        caption = _wrapped(name, 30)
        if name in received:
            caption += f"\n{_psnr_text(original, picture)}"
        if notes and name in notes:
            caption += f" ({notes[name]})"
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


def _new_figure(size: tuple[float, float], rows: int = 0, columns: int = 0):
    """A figure with one plot, or with a grid of frames for pictures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """Shows as the value of a cell also where pyplot, which would see to it, was never imported."""

        def _repr_png_(self) -> bytes:
            return to_png(self)

    figure = NotebookFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    if rows:
        return figure, list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    axes = figure.add_subplot()
    axes.grid(True, color="#e6e6e6", lw=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes
