"""Pictures side by side: what links make of one picture, and pictures that sharpen layer by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle

from linksim.errors import LinksimError
from linksim.pixels import mean_squared_error, psnr_of_mse
from linksim.report.canvas import new_figure, wrapped
from linksim.report.tex import drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 6
_SMALL = 128
"""Pixels along the longer side of a picture that is shown pixel by pixel."""


def panel(
    original: np.ndarray,
    received: Mapping[str, np.ndarray],
    title: str = "",
    notes: Mapping[str, str] | None = None,
    psnr: bool = True,
    zoom: tuple[int, int, int] | None = None,
) -> Figure:
    """A picture and what arrived of it, each with its PSNR, at most six in a row.

    Parameters
    ----------
    original : uint8 [H, W, 3]
    received : mapping of link name to uint8 [H, W, 3]
    title : str
    notes : mapping of link name to str, optional
        A line below the PSNR, for instance the scheme that an envelope chose.
    psnr : bool
        Whether the PSNR is said.
    zoom : (row, column, side), optional
        A square of the picture that is shown enlarged in the lower right corner.

    Raises
    ------
    LinksimError
        If a picture is not of the size of the original, or the square does not lie in it.
    """
    pictures = {"original": original, **received}
    for name, picture in received.items():
        _check_size(name, picture, original)
    columns = min(len(pictures), _COLUMNS)
    if len(pictures) > _COLUMNS:
        columns = math.ceil(len(pictures) / math.ceil(len(pictures) / _COLUMNS))
    rows = math.ceil(len(pictures) / columns)
    height, width = original.shape[:2]
    cell = 3.0 if columns > 3 else 3.8
    # extreme shapes are held to where a title still fits
    tall = min(max(cell * height / width, 0.6), 2 * cell)
    lines = 2 + max((wrapped(name, 30).count("\n") for name in received), default=0)
    lines += max((1 + wrapped(note).count("\n") for note in (notes or {}).values()), default=0)
    size = (cell * columns, rows * (tall + 0.1 + 0.17 * lines) + (0.35 if title else 0))
    figure, grid = new_figure(size, rows, columns)
    for axes, (name, picture) in zip(grid, pictures.items()):
        _show(axes, picture)
        if zoom is not None:
            _enlarge(axes, picture, *zoom)
        caption = wrapped(name, 30)
        if psnr and name in received:
            caption += f"\n{_psnr_text(original, picture)}"
        if notes and name in notes:
            caption += "\n" + wrapped(notes[name])
        axes.set_title(caption, fontsize=9)
    for axes in grid:
        axes.set_axis_off()
    if title:
        figure.suptitle(drawn(title), fontsize=11)
    return figure


@dataclass(frozen=True, eq=False)
class LayeredRow:
    """One row of a layered panel.

    Parameters
    ----------
    label : str
        The link, the picture, or both.
    original : uint8 [H, W, 3]
    received : sequence of uint8 [H, W, 3]
        What the receiver shows after each layer.
    notes : sequence of str
        One for each received picture, such as the scheme that an envelope chose; "" for none.
    """

    label: str
    original: np.ndarray
    received: Sequence[np.ndarray]
    notes: Sequence[str]


def layered_panel(rows: Sequence[LayeredRow], title: str = "", psnr: bool = True) -> Figure:
    """Pictures that sharpen: in every row the original, then what there is after each layer, with its PSNR.

    Parameters
    ----------
    rows : sequence of LayeredRow
    title : str
    psnr : bool
        Whether the PSNR is said.

    Raises
    ------
    LinksimError
        If a picture is not of the size of its original.
    """
    columns = 1 + max(len(row.received) for row in rows)
    small = max(max(row.original.shape[:2]) for row in rows) <= _SMALL
    cell = 1.7 if small else 2.6
    lines = 1 + max(wrapped(note, 24).count("\n") + 1 if note else 0 for row in rows for note in row.notes)
    shapes = [row.original.shape for row in rows]
    talls = [min(max(cell * height / width, 0.6), 1.5 * cell) for height, width, _ in shapes]
    size = (cell * columns + 0.4, sum(talls) + len(rows) * (0.1 + 0.17 * lines) + 0.2 + (0.35 if title else 0))
    figure, grid = new_figure(size, len(rows), columns, height_ratios=talls)
    for axes in grid:
        axes.set_axis_off()
    for i, row in enumerate(rows):
        cells = grid[i * columns : (i + 1) * columns]
        # An axis that is switched off would take the label with it.
        cells[0].set_axis_on()
        cells[0].set(xticks=[], yticks=[])
        cells[0].spines[:].set_visible(False)
        cells[0].set_ylabel(wrapped(row.label, 22), fontsize=8.5)
        cells[0].set_title("original" if i == 0 else "", fontsize=8.5)
        _show(cells[0], row.original)
        for layer, (axes, picture) in enumerate(zip(cells[1:], row.received)):
            _check_size(row.label, picture, row.original)
            _show(axes, picture)
            head = [f"layer {layer + 1}"] if i == 0 and columns > 2 else []
            note = row.notes[layer]
            caption = ": ".join([*head, *([_psnr_text(row.original, picture)] if psnr else [])])
            caption += f"\n{wrapped(note, 24)}" if note else ""
            axes.set_title(caption, fontsize=8.5)
    if title:
        figure.suptitle(drawn(title), fontsize=11)
    return figure


def _show(axes: Axes, picture: np.ndarray) -> None:
    # small pictures show their pixels, large ones are scaled down smoothly
    axes.imshow(picture, interpolation="nearest" if max(picture.shape[:2]) <= _SMALL else "antialiased")


def _enlarge(axes: Axes, picture: np.ndarray, row: int, column: int, side: int) -> None:
    """A square of the picture, pixel by pixel, over its lower right corner; and where it was cut."""
    height, width = picture.shape[:2]
    if row + side > height or column + side > width:
        raise LinksimError(
            f"the detail of {side}x{side} pixels at {row}, {column} leaves the picture of {height}x{width}; move it"
        )
    share = 0.45 * min(height, width)
    corner = axes.inset_axes([1 - share / width, 0.0, share / width, share / height])
    corner.imshow(picture[row : row + side, column : column + side], interpolation="nearest")
    corner.set(xticks=[], yticks=[])
    corner.spines[:].set(color="white", linewidth=1.5)
    axes.add_patch(Rectangle((column, row), side, side, fill=False, edgecolor="white", linewidth=1.0))


def _check_size(name: str, picture: np.ndarray, original: np.ndarray) -> None:
    if picture.shape != original.shape:
        raise LinksimError(
            f"{name!r} has the shape {list(picture.shape)}, the original {list(original.shape)}; "
            "a panel shows pictures of one size"
        )


def _psnr_text(original: np.ndarray, picture: np.ndarray) -> str:
    mse = mean_squared_error(original, picture)
    return "identical" if mse == 0 else f"{psnr_of_mse(mse):.2f} dB"
