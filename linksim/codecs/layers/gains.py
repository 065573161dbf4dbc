"""Many rates from one network: what latents are multiplied by before they are rounded, and divided by afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

_STEP = 16
"""Gains of an encoder are powers of 2**(1/16): an entropy coder can count in them without rounding."""

LARGEST_EXPONENT = 127
"""Of gains 2**(k/16), about eight octaves up or down."""

_LARGEST = LARGEST_EXPONENT / _STEP


def shares(rate: Any, count: int) -> Any:
    """Weights of linear interpolation between `count` points, float32 `[B, count]`, at `rate` `[B]`, 0 to count - 1."""
    apart = ops.abs(rate[:, None] - ops.arange(count, dtype="float32"))
    return ops.maximum(1.0 - apart, 0.0)


def weight_at(weights: Sequence[float], rate: Any) -> Any:
    """lambda `[B]` at `rate` `[B]`, from that of each rate; between two it is their geometric mean, so that octaves of
    gains and of lambda go together."""
    octaves = np.log2(np.array(weights, np.float32))
    return ops.power(2.0, ops.matmul(shares(rate, len(octaves)), octaves))


@keras.saving.register_keras_serializable("linksim")
class Gains(keras.layers.Layer):
    """Asymmetric gains (Cui et al. 2021, "Asymmetric gained deep image compression with continuous rate adaptation").

    Each rate has a vector of gains for an encoder and, unless a decoder divides by just these, one for a decoder;
    between two rates their logarithms are interpolated, as there.

    Parameters
    ----------
    rates : int
        From the one that spends most bits to the one that spends fewest.
    channels : int
        Of the latents.
    octaves : float
        Between the first gains of neighbouring rates. 0.5 where lambda doubles from rate to rate, which wants a
        quantiser step 1 / sqrt(2) times as wide.
    undone : bool
        Whether a decoder has gains of its own, for `unscale`.
    """

    VERSION = 2

    def __init__(
        self, rates: int, channels: int, octaves: float = 0.5, undone: bool = True, name: str | None = None
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.rates, self.channels, self.octaves, self.undone = rates, channels, octaves, undone

    def build(self, input_shape: Any = None) -> None:
        # float32 in mixed precision, too: what is rounded must be what will be rounded.
        of_both = {"shape": (self.rates, self.channels), "dtype": "float32", "autocast": False}
        first = self.octaves * (self.rates // 2 - np.arange(self.rates, dtype=np.float32))
        first = np.repeat(first[:, None], self.channels, axis=1)  # logarithms to the base 2: 0 in the middle
        self.gains = self.add_weight(name="gains", initializer=_just(first), **of_both)
        if self.undone:
            self.inverse = self.add_weight(name="inverse", initializer=_just(-first), **of_both)

    def gain(self, rate: Any) -> Any:
        """An encoder's, with a gradient.

        Parameters
        ----------
        rate : [B], float32
            0 (most bits) to rates - 1.

        Returns
        -------
        [B, 1, 1, channels], float32
            Powers of 2**(1/16).
        """
        octaves = ops.clip(ops.matmul(shares(rate, self.rates), self.gains), -_LARGEST, _LARGEST)
        whole = ops.floor(_STEP * octaves + 0.5) / _STEP
        return ops.power(2.0, octaves + ops.stop_gradient(whole - octaves))[:, None, None, :]

    def sixteenths(self, rate: float) -> np.ndarray:
        """k in the gains 2**(k/16) of a rate that is a multiple of 1/2, int64 `[channels]`: the same on every machine.

        Halves of float32 numbers and their sums are exact in float64.
        """
        gains = ops.convert_to_numpy(self.gains).astype(np.float64)
        below, above = int(np.floor(rate)), int(np.ceil(rate))
        octaves = np.clip((gains[below] + gains[above]) / 2, -_LARGEST, _LARGEST)
        return np.floor(_STEP * octaves + 0.5).astype(np.int64)

    def go_on(self, known: int) -> None:
        """Begin the rates behind the first `known`, at least two: in octaves each is as far from the one before as the
        last two of those are."""
        for weights in self.weights:
            octaves = ops.convert_to_numpy(weights).copy()
            steps = np.arange(1, self.rates - known + 1, dtype=np.float32)[:, None]
            octaves[known:] = octaves[known - 1] + steps * (octaves[known - 1] - octaves[known - 2])
            weights.assign(octaves)

    def unscale(self, y: Any, rate: Any) -> Any:
        """Rounded latents as synthesis takes them.

        Parameters
        ----------
        y : [B, h, w, channels], float32
        rate : [B], float32
        """
        return y * ops.power(2.0, ops.matmul(shares(rate, self.rates), self.inverse))[:, None, None, :]

    def get_config(self) -> dict[str, Any]:
        own = {"rates": self.rates, "channels": self.channels, "octaves": self.octaves, "undone": self.undone}
        return {**own, "name": self.name}


def _just(values: np.ndarray) -> Any:
    return lambda shape, dtype=None: ops.convert_to_tensor(values, dtype)
