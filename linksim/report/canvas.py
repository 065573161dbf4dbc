"""What every figure is drawn on: matplotlib's objects, without pyplot."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.report.tex import drawn, pieces, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Without dates and versions in it, one figure gives one file.
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}

_PRIVATE = 0xE001
"""Signs from here on are nobody's, by Unicode; the one before fills up."""


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
    """Text in lines of at most `width` characters, as matplotlib shows it: TeX between dollar signs is drawn as such.

    A piece of mathematics is never cut; text that is no TeX, such as a single dollar sign, is shown as it is.
    """
    parts = pieces(text)
    math = [part for part, is_math in parts if is_math]
    if not math:
        return "\n".join(drawn(line) for line in textwrap.wrap(text, width)) or text
    # Each piece stands for itself as one word of about the width that it is drawn with.
    stands = {
        f"{chr(_PRIVATE + i)}{chr(_PRIVATE - 1) * (len(plain(f'${part}$')) - 1)}": part for i, part in enumerate(math)
    }
    names = iter(stands)
    whole = "".join(next(names) if is_math else part for part, is_math in parts)
    lines = textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False)
    shown = []
    for line in lines:
        for name, part in stands.items():
            line = line.replace(name, f"${part}$")
        shown.append(drawn(line))
    return "\n".join(shown)


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
