"""The channel as a layer, for training only: evaluation goes through the Sionna chain."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from linksim.errors import LinksimError

CHANNELS = ("awgn", "rayleigh-slow", "rayleigh-fast")


@keras.saving.register_keras_serializable("linksim")
class TrainingChannel(keras.layers.Layer):
    """`y = h x + n` with `n ~ CN(0, N0)`, `N0 = 10**(-snr_db/10)`, `E|h|^2 = 1`, differentiable in x.

    Parameters
    ----------
    channel : {"awgn", "rayleigh-slow", "rayleigh-fast"}
        `rayleigh-slow` draws one h per picture, `rayleigh-fast` one per symbol. The receiver does
        not learn h.
    seed : int

    Input
    -----
    symbols : [B, k, 2], float32
        Mean power 1 per picture.
    snr_db : float or [B]
        Es/N0 before fading, in dB.

    Output
    ------
    received : [B, k, 2], float32

    Raises
    ------
    LinksimError
        If `channel` is not one of the three.
    """

    def __init__(self, channel: str = "awgn", seed: int = 0, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        if channel not in CHANNELS:
            raise LinksimError(f"unknown training channel {channel!r}; take one of {', '.join(CHANNELS)}")
        self.channel = channel
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, symbols: Any, snr_db: Any) -> Any:
        shape = ops.shape(symbols)
        sigma = ops.power(10.0, -ops.cast(snr_db, "float32") / 20.0) * 0.5**0.5
        if len(ops.shape(sigma)):
            sigma = ops.reshape(sigma, (-1, 1, 1))
        noise = sigma * keras.random.normal(shape, dtype="float32", seed=self.seed_generator)
        if self.channel == "awgn":
            return symbols + noise
        count = 1 if self.channel == "rayleigh-slow" else shape[1]
        h = keras.random.normal((shape[0], count, 2), stddev=0.5**0.5, dtype="float32", seed=self.seed_generator)
        re = h[..., 0] * symbols[..., 0] - h[..., 1] * symbols[..., 1]
        im = h[..., 0] * symbols[..., 1] + h[..., 1] * symbols[..., 0]
        return ops.stack([re, im], axis=-1) + noise

    def get_config(self) -> dict[str, Any]:
        return {"channel": self.channel, "seed": self.seed, "name": self.name}
