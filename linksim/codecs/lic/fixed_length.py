"""Whole numbers as bits of one length, each of which may get lost by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops


def _weights(bits: int) -> np.ndarray:
    """What a one is worth at each place, from the highest: two's complement, so that zero has no ones."""
    weights = 2.0 ** np.arange(bits - 1, -1, -1, dtype=np.float32)
    weights[0] *= -1
    return weights


def to_bits(y: Any, bits: int) -> Any:
    """Whole numbers `[B, h, w, C]` to bits 0. and 1., `[B, h * w * C * bits]`: row by row, those of a number together.

    Numbers beyond what `bits` hold become the nearest that they do. No gradient.
    """
    limit = 2.0 ** (bits - 1)
    whole = ops.cast(ops.clip(ops.round(y), -limit, limit - 1), "float32")
    places = ops.convert_to_tensor(np.abs(_weights(bits)))
    ones = ops.floor((whole + 2 * limit)[..., None] / places) % 2.0  # + 2^bits changes none of them
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
    return ops.sum(ones * ops.convert_to_tensor(_weights(bits)), axis=-1)


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
