"""What every figure is drawn on: matplotlib's objects, without pyplot."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Without dates and versions in it, one figure gives one file.
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}


def to_bytes(figure: Figure, format: str = "png") -> bytes:
    """A figure as the bytes of a file of this format: "png", "pdf" or "svg".

    Raises
    ------
    LinksimError
        If it is another format.
    """
    import matplotlib

    if format not in _METADATA:
        raise LinksimError(f"unknown format {format!r}; take one of {', '.join(_METADATA)}")
    out = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "linksim"}):
        figure.savefig(out, format=format, dpi=150, metadata=_METADATA[format])
    return out.getvalue()


def to_png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    return to_bytes(figure)


def wrapped(text: str, width: int = 38) -> str:
    """Text in lines of at most `width` characters, as matplotlib shows it."""
    # a $ would be taken for mathematics
    return "\n".join(textwrap.wrap(text.replace("$", r"\$"), width)) or text


def new_figure(
    size: tuple[float, float],
    rows: int,
    columns: int,
    share: bool = False,
    height_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
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
