"""The two sorts of fields that the context of He et al. (2021) tells apart, and how hyper-latents become fields."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def black(height: int, width: int) -> np.ndarray:
    """The fields that are read first, bool `[height, width]`."""
    return (np.arange(height)[:, None] + np.arange(width)) % 2 == 0


def checkerboard(height: int, width: int) -> Any:
    """1. on black fields and 0. on white ones, `[1, height, width, 1]`."""
    return ops.convert_to_tensor(black(height, width)[None, ..., None].astype(np.float32))


def two_by_two(x: np.ndarray) -> np.ndarray:
    """`depth_to_space` of one picture in NumPy."""
    height, width, channels = x.shape
    x = x.reshape(height, width, 2, 2, channels // 4)
    return x.transpose(0, 2, 1, 3, 4).reshape(2 * height, 2 * width, channels // 4)
