"""Many rates from one network: what latents are multiplied by before they are rounded, and divided by afterwards."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

_OCTAVES = 0.5
"""Between the first gains of neighbouring rates: a lambda of the double wants a quantiser step 1 / sqrt(2) times as
wide."""


def shares(rate: Any, count: int) -> Any:
    """Weights of linear interpolation between `count` points, float32 `[B, count]`, at `rate` `[B]`, 0 to count - 1."""
    apart = ops.abs(rate[:, None] - ops.arange(count, dtype="float32"))
    return ops.maximum(1.0 - apart, 0.0)


@keras.saving.register_keras_serializable("linksim")
class Gains(keras.layers.Layer):
    """Asymmetric gains (Cui et al. 2021, "Asymmetric gained deep image compression with continuous rate adaptation").

    Each rate has a vector of gains for an encoder and one for a decoder; between two rates their logarithms are
    interpolated, as there.

    Parameters
    ----------
    rates : int
        From the one that spends most bits to the one that spends fewest.
    channels : int
        Of the latents.
    """

    VERSION = 1

    def __init__(self, rates: int, channels: int, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        self.rates, self.channels = rates, channels

    def build(self, input_shape: Any = None) -> None:
        # float32 in mixed precision, too: what is rounded must be what will be rounded.
        of_both = {"shape": (self.rates, self.channels), "dtype": "float32", "autocast": False}
        self.gains = self.add_weight(name="gains", initializer=_first_gains, **of_both)
        self.inverse = self.add_weight(name="inverse", initializer=_first_inverse, **of_both)

    def scale(self, y: Any, rate: Any) -> Any:
        """Latents as an encoder rounds them.

        Parameters
        ----------
        y : [B, h, w, channels], float32
        rate : [B], float32
            0 (most bits) to rates - 1.
        """
        return y * self._factors(self.gains, rate)

    def unscale(self, y: Any, rate: Any) -> Any:
        """Rounded latents as synthesis takes them; shapes as of `scale`."""
        return y * self._factors(self.inverse, rate)

    def _factors(self, octaves: Any, rate: Any) -> Any:
        return ops.power(2.0, ops.matmul(shares(rate, self.rates), octaves))[:, None, None, :]

    def get_config(self) -> dict[str, Any]:
        return {"rates": self.rates, "channels": self.channels, "name": self.name}


def _first_gains(shape: tuple[int, int], dtype: Any = None) -> Any:
    """Their logarithms to the base 2: 0 in the middle."""
    rates, channels = shape
    octaves = _OCTAVES * (rates // 2 - np.arange(rates, dtype=np.float32))
    return ops.convert_to_tensor(np.repeat(octaves[:, None], channels, axis=1), dtype)


def _first_inverse(shape: tuple[int, int], dtype: Any = None) -> Any:
    return -_first_gains(shape, dtype)
