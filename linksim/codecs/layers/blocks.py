"""Square blocks of pixels side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def space_to_depth(pictures: Any, block: int) -> Any:
    """`[B, H, W, C]` to `[B, H/block, W/block, block*block*C]`: the values of a block side by side.

    In the order row, column, channel; sides are multiples of `block`.
    """
    _, height, width, channels = pictures.shape
    x = ops.reshape(pictures, (-1, height // block, block, width // block, block, channels))
    return ops.reshape(
        ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height // block, width // block, block * block * channels)
    )


def depth_to_space(x: Any, block: int) -> Any:
    """The inverse of `space_to_depth`."""
    _, height, width, channels = x.shape
    colours = channels // (block * block)
    x = ops.reshape(x, (-1, height, width, block, block, colours))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height * block, width * block, colours))


def cut_blocks(picture: np.ndarray, block: int) -> np.ndarray:
    """All whole blocks of one picture `[H, W, 3]`, `[N, 3 * block**2]`: `space_to_depth` in NumPy.

    Rows and columns that fill no block are dropped.
    """
    rows, columns = picture.shape[0] // block, picture.shape[1] // block
    whole = picture[: rows * block, : columns * block]
    return whole.reshape(rows, block, columns, block, 3).swapaxes(1, 2).reshape(rows * columns, 3 * block**2)
