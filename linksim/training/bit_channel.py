"""Channels for bits as functions with a gradient, for training only: evaluation uses `linksim.phy.channels.bits`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def _flip(bits: Any, event: Any) -> Any:
    return bits + event * (1.0 - 2.0 * bits)


def _lose_ones(bits: Any, event: Any) -> Any:
    return bits * (1.0 - event)


def _erase(bits: Any, event: Any) -> Any:
    return ops.where(event > 0.5, -1.0, bits)


BIT_LAWS: dict[str, Callable[[Any, Any], Any]] = {"bsc": _flip, "z": _lose_ones, "bec": _erase}
"""What an event does to a bit, by the channel's name: flips it, makes a one a zero, erases it."""


def send_bits(bits: Any, law: str, probability: float | tuple[float, float], seed: Any) -> Any:
    """Bits over a memoryless channel.

    Parameters
    ----------
    bits : [B, n], float32
        0. or 1.
    law : {"bsc", "z", "bec"}
    probability : float or (float, float)
        Of the event, for each bit; from a range each picture draws its own.
    seed : keras.random.SeedGenerator

    Returns
    -------
    [B, n], float32
        0., 1., or -1. where erased. The gradient of a bit that arrives is 1, of a flipped one -1, of a lost one 0.
    """
    if probability == 0:
        return bits
    if isinstance(probability, tuple):
        rows = (ops.shape(bits)[0], 1)
        probability = keras.random.uniform(rows, *probability, seed=seed)
    drawn = keras.random.uniform(ops.shape(bits), dtype="float32", seed=seed)
    return BIT_LAWS[law](bits, ops.cast(drawn < probability, "float32"))
