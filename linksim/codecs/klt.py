"""Second-order statistics of blocks of pixels, and the transform and powers that are best for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.layers.blocks import cut_blocks
from linksim.errors import LinksimError

_MOST_BLOCKS = 400_000


@dataclass(frozen=True)
class BlockStatistics:
    """The Karhunen-Loève transform of blocks of `block` x `block` pixels.

    Parameters
    ----------
    block : int
        Side of a block in pixels.
    mean : [d], float32
        Of the d = `3 * block**2` values in [0, 1], in the order row, column, colour.
    basis : [d, d], float32
        Columns are the directions, the one of the largest variance first.
    variances : [d], float32
        Along each direction, falling.
    """

    block: int
    mean: np.ndarray
    basis: np.ndarray
    variances: np.ndarray


def block_statistics(pictures: Sequence[np.ndarray], block: int, seed: int = 0) -> BlockStatistics:
    """Mean and Karhunen-Loève transform of the blocks of a picture set.

    Parameters
    ----------
    pictures : sequence of uint8 [H, W, 3]
    block : int
        Side of a block in pixels.
    seed : int
        Of the choice of blocks where there are more than 400,000.

    Raises
    ------
    LinksimError
        If there are fewer blocks than values in one.
    """
    rng = np.random.default_rng(seed)
    share = min(1.0, _MOST_BLOCKS / max(sum((p.shape[0] // block) * (p.shape[1] // block) for p in pictures), 1))
    size = 3 * block * block
    count, total, square = 0, np.zeros(size), np.zeros((size, size))
    for start in range(0, len(pictures), 256):
        cut = np.concatenate([cut_blocks(p, block) for p in pictures[start : start + 256]])
        # Around mid-grey, so that the squares lose no digits.
        chosen = cut[rng.random(len(cut)) < share].astype(np.float32) / np.float32(255) - np.float32(0.5)
        count, total = count + len(chosen), total + chosen.sum(axis=0, dtype=np.float64)
        square += chosen.T @ chosen
    if count < size:
        raise LinksimError(f"{count} blocks of {block}x{block} pixels tell no {size} variances; give more pictures")
    mean = total / count
    variances, basis = np.linalg.eigh(square / count - np.outer(mean, mean))
    falling = np.argsort(variances)[::-1]
    parts = (mean + 0.5, basis[:, falling], np.maximum(variances[falling], 0))
    return BlockStatistics(block, *(part.astype(np.float32) for part in parts))


def power_allocation(deviations: Any, power: Any, noise_variance: Any) -> Any:
    """The powers that make the linear MMSE of independent values over parallel channels of equal noise least.

    `p_i = max(0, L s_i - n)`, with L such that they add up (Lee and Petersen 1976, eq. 16).

    Parameters
    ----------
    deviations : [d], float32
        Standard deviations s_i, falling.
    power : [..., 1], float32
        To be shared.
    noise_variance : [..., 1], float32
        n, of each real value.

    Returns
    -------
    [..., d], float32
    """
    count = ops.arange(1, deviations.shape[0] + 1, dtype="float32")
    level = (power + count * noise_variance) / ops.maximum(ops.cumsum(deviations), 1e-12)
    # With the m strongest in use, the m-th must still get something; this holds up to some m.
    in_use = ops.cast(level * deviations > noise_variance, "int32")
    last = ops.maximum(ops.sum(in_use, axis=-1, keepdims=True), 1) - 1
    chosen = ops.take_along_axis(level, last, axis=-1)
    return ops.maximum(chosen * deviations - noise_variance, 0.0)
