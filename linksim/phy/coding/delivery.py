"""What a receiver has of transport blocks: before decoding, and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Delivery:
    """What the receiver has after decoding.

    Parameters
    ----------
    payload : uint8 array [B, payload_bytes]
        Decoded bytes, right or wrong.
    delivered : bool array [B]
        Whether all CRCs pass, that of the transport block and those of its code blocks.
    blocks_passed : bool array [B, num_code_blocks]
        Whether the CRC of each code block passes.
    probabilities : float32 array [B, 8 * payload_bytes], or None
        Of a one, bit by bit, as the decoder has it, where they were asked for.
    """

    payload: np.ndarray
    delivered: np.ndarray
    blocks_passed: np.ndarray
    probabilities: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class SoftBits:
    """Log-likelihood ratios of some transport blocks, as a receiver keeps them for a retransmission.

    The sum of two combines what was received of the same transport blocks.

    Parameters
    ----------
    values : tuple of [B * code blocks, buffer bits], float32
        For each code configuration; the rows of a transport block follow one another.
    counts : tuple of int
        Code blocks of one transport block, for each code configuration.
    """

    values: tuple[tf.Tensor, ...]
    counts: tuple[int, ...]

    def __add__(self, other: SoftBits) -> SoftBits:
        return SoftBits(tuple(a + b for a, b in zip(self.values, other.values, strict=True)), self.counts)

    def __getitem__(self, rows: slice | np.ndarray) -> SoftBits:
        """Those of some transport blocks: a slice, or an index or boolean array."""

        from linksim.phy._tf import tf

        def chosen(values: tf.Tensor, count: int) -> tf.Tensor:
            index = np.arange(values.shape[0] // count)[rows]
            return tf.gather(values, (index[:, None] * count + np.arange(count)).reshape(-1))

        return SoftBits(tuple(chosen(v, c) for v, c in zip(self.values, self.counts, strict=True)), self.counts)
