"""What something makes of a fixed picture, rounded: identity for code that carries no version of ours."""

from __future__ import annotations

import numpy as np


def probe_picture(size: tuple[int, int]) -> np.ndarray:
    """A fixed picture of waves, `uint8 [H, W, 3]`."""
    i, j, c = np.mgrid[0 : size[0], 0 : size[1], 0:3]
    return np.rint(127.5 + 127.5 * np.sin(0.31 * i + 0.17 * j * (c + 1))).astype(np.uint8)


def traits(values: np.ndarray) -> list[float]:
    """Eight rounded projections of an array: the same in spite of rounding errors, others for other values."""
    flat = np.asarray(values, np.float64).reshape(-1)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (8, flat.size))
    return (np.round(signs @ flat / np.sqrt(max(flat.size, 1)), 3) + 0.0).tolist()
