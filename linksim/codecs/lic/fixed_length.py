"""Whole numbers as bits of one length, each of which may get lost by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops


def _places(bits: int) -> np.ndarray:
    """What a one is worth at each place of a magnitude, from the highest."""
    return 2.0 ** np.arange(bits - 2, -1, -1, dtype=np.float32)


def to_bits(y: Any, bits: int) -> Any:
    """Whole numbers `[B, h, w, C]` to bits 0. and 1., `[B, h * w * C * bits]`: row by row, those of a number together.

    A sign, 1 of negative numbers, and a magnitude: numbers near zero have few ones, and one that is lost makes them
    smaller or turns their sign. (In two's complement a lost sign moves a number by half of all that there are.) Numbers
    beyond what `bits` hold become the nearest that they do. No gradient.
    """
    limit = 2.0 ** (bits - 1) - 1
    whole = ops.cast(ops.clip(ops.round(y), -limit, limit), "float32")[..., None]
    magnitude = ops.floor(ops.abs(whole) / ops.convert_to_tensor(_places(bits))) % 2.0
    ones = ops.concatenate([ops.cast(whole < 0, "float32"), magnitude], axis=-1)
    return ops.reshape(ops.stop_gradient(ones), (ops.shape(y)[0], -1))


def from_bits(received: Any, shape: tuple[int, int, int], bits: int) -> Any:
    """Bits as received to numbers `[B, h, w, C]`; a bit that was erased counts as 0.

    Parameters
    ----------
    received : [B, h * w * C * bits], float32
        0., 1., or -1. where erased; between 0 and 1, the probability of a one, which gives the mean.
    shape : (int, int, int)
        (h, w, C).
    bits : int
    """
    ones = ops.maximum(ops.cast(received, "float32"), 0.0)
    ones = ops.reshape(ones, (-1, *shape, bits))
    magnitude = ops.sum(ones[..., 1:] * ops.convert_to_tensor(_places(bits)), axis=-1)
    return (1.0 - 2.0 * ones[..., 0]) * magnitude


def sent(y: Any, bits: int, channel: Callable[[Any], Any]) -> Any:
    """Whole numbers `[B, h, w, C]` as they arrive over a channel for bits, with the gradient of those that left.

    Parameters
    ----------
    y : [B, h, w, C], float32
    bits : int
    channel : function of [B, n]
        What becomes of bits.
    """
    arrived = from_bits(channel(to_bits(y, bits)), tuple(y.shape[1:]), bits)
    return y + ops.stop_gradient(arrived - y)
