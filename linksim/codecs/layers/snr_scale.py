"""A network that is told the SNR: one factor and one offset per channel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("linksim")
class SnrScale(keras.layers.Layer):
    """Feature-wise linear modulation by the SNR (Perez et al. 2018): `x * (1 + a(snr)) + b(snr)`.

    `a` and `b` come from the SNR through two dense layers and start at zero. Beside the attention module of
    ADJSCC (Xu et al. 2022) it does not look at the picture, and costs next to nothing.

    Parameters
    ----------
    filters : int
        Channels in and out.
    hidden : int
        Width of the dense layer between.

    Input
    -----
    x : [B, h, w, filters]
    snr_db : [B] or number
        Es/N0 in dB; clipped to -10 to 35.

    Output
    ------
    y : [B, h, w, filters]
    """

    VERSION = 1
    """Raised whenever the same weights make something else of the same input."""

    def __init__(self, filters: int, hidden: int = 16, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.hidden = hidden
        self.features = keras.layers.Dense(hidden, activation="tanh")
        self.scale = keras.layers.Dense(2 * filters, kernel_initializer="zeros")

    def build(self, input_shape: Any, *_: Any) -> None:
        self.features.build((None, 1))
        self.scale.build((None, self.hidden))

    def call(self, x: Any, snr_db: Any) -> Any:
        snr = ops.reshape(ops.cast(snr_db, "float32"), (-1, 1))
        # 0 dB to 25 dB as about -1 to 1.
        features = self.features(ops.clip(snr, -10.0, 35.0) / 12.5 - 1.0)
        factor, offset = ops.split(ops.cast(self.scale(features), x.dtype)[:, None, None, :], 2, axis=-1)
        return x * (1 + factor) + offset

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "hidden": self.hidden, "name": self.name}
