"""From real numbers to bits, and from what became of the bits back to numbers."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def binarize(x: Any, seed: Any = None) -> Any:
    """The statistical binarizer (Toderici et al. 2016, eq. 1 to 3): [-1, 1] to -1 or +1.

    The gradient goes straight through.

    Parameters
    ----------
    x : [...], float32
        From -1 to 1, such as a tanh.
    seed : keras.random.SeedGenerator, optional
        In training: +1 with probability (1 + x) / 2. Without it: the sign of x.

    Returns
    -------
    [...], float32
    """
    threshold = 0.0 if seed is None else keras.random.uniform(ops.shape(x), -1.0, 1.0, dtype=x.dtype, seed=seed)
    return x + ops.stop_gradient(ops.where(x >= threshold, 1.0, -1.0) - x)


def to_bits(signs: Any) -> Any:
    """-1 and +1 to the bits 0. and 1., `[B, h, w, C]` to `[B, h * w * C]`: row by row, the bits of a cell together."""
    _, rows, columns, channels = signs.shape
    return ops.reshape((signs + 1.0) / 2.0, (-1, rows * columns * channels))


def from_bits(received: Any, cells: tuple[int, int], channels: int) -> Any:
    """Bits as received to `[B, h, w, C]`: -1 and +1, 0 where a bit was erased.

    Parameters
    ----------
    received : [B, h * w * C], float32
        0., 1., or -1. where erased; between 0 and 1, the probability of a one where a receiver is not sure.
    cells : (int, int)
        (h, w).
    channels : int
        C.
    """
    received = ops.cast(received, "float32")
    values = ops.where(received < 0, 0.0, 2.0 * received - 1.0)
    return ops.reshape(values, (-1, *cells, channels))
