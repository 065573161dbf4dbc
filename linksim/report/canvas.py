"""What every figure is drawn on: matplotlib's objects, without pyplot."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def to_png(figure: "Figure") -> bytes:
    """A figure as the bytes of a PNG file."""
    out = io.BytesIO()
    # without the version of matplotlib in it, one figure gives one file
    figure.savefig(out, format="png", dpi=150, metadata={"Software": None})
    return out.getvalue()


def wrapped(text: str, width: int = 38) -> str:
    # a $ would be taken for mathematics
    return "\n".join(textwrap.wrap(text.replace("$", r"\$"), width)) or text


def new_figure(
    size: tuple[float, float], rows: int, columns: int, share: bool = False, height_ratios: Sequence[float] | None = None
) -> tuple["Figure", list["Axes"]]:
    """A figure of `size` inches with a grid of plots, row by row; `share` for common axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """Shows as the value of a cell also where pyplot, which would see to it, was never imported."""

        def _repr_png_(self) -> bytes:
            return to_png(self)

    figure = NotebookFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=share, sharey=share, squeeze=False, height_ratios=height_ratios)
    return figure, list(np.ravel(axes))
