"""Blocks of a network that knows the state of the channel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("linksim")
class SnrAttentionBlock(keras.layers.Layer):
    """Two 3x3 convolutions around a shortcut; each channel scaled by what the picture and the condition call for.

    The scaling is the attention feature module of ADJSCC (Xu et al. 2022, fig. 4): the mean of each
    channel, beside the SNR, goes through two dense layers. Here they start at a scale of 1.

    Parameters
    ----------
    filters : int
        Channels in and out.
    hidden : int
        Width of the dense layer between.

    Input
    -----
    x : [B, h, w, filters]
    condition : [B, d]
        For instance the SNR, scaled to about [-1, 1].

    Output
    ------
    y : [B, h, w, filters]
    """

    VERSION = 1
    """Raised whenever the same weights make something else of the same input."""

    def __init__(self, filters: int, hidden: int = 32, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.hidden = hidden

        # === Layers ===
        self.conv1 = keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")
        self.activation = keras.layers.LeakyReLU(negative_slope=0.1)
        # Starts as the shortcut alone: a deep stack then trains without normalisation.
        self.conv2 = keras.layers.Conv2D(
            filters, 3, padding="same", kernel_initializer=keras.initializers.RandomNormal(stddev=1e-2)
        )
        self.squeeze = keras.layers.Dense(hidden, activation="relu")
        self.scale = keras.layers.Dense(filters, kernel_initializer="zeros")

    def build(self, input_shape: Any, *_: Any) -> None:
        shape = (None, None, None, self.filters)
        self.conv1.build(shape)
        self.conv2.build(shape)
        # The condition's width shows at the first call only; Dense builds itself there.

    def call(self, x: Any, condition: Any) -> Any:
        y = self.conv2(self.activation(self.conv1(x)))
        context = ops.concatenate([ops.mean(y, axis=(1, 2)), ops.cast(condition, y.dtype)], axis=-1)
        scale = self.scale(self.squeeze(context))
        return x + y * (1 + scale[:, None, None, :])

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "hidden": self.hidden, "name": self.name}


@keras.saving.register_keras_serializable("linksim")
class SnrAttention(keras.layers.Layer):
    """The attention feature module of ADJSCC alone (Xu et al. 2022, fig. 4): channels scaled from 0 to 1.

    The mean of each channel, beside the SNR, goes through a dense layer with ReLU and one with a sigmoid.

    Parameters
    ----------
    filters : int
        Channels in and out; a sixteenth of them, at least 4, is the width of the dense layer between.

    Input
    -----
    x : [B, h, w, filters]
    snr_db : [B] or number
        Es/N0 in dB; clipped to -10 to 35.

    Output
    ------
    y : [B, h, w, filters], dtype of x
    """

    VERSION = 1

    def __init__(self, filters: int, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.squeeze = keras.layers.Dense(max(filters // 16, 4), activation="relu")
        self.scale = keras.layers.Dense(filters, activation="sigmoid")

    def build(self, input_shape: Any, *_: Any) -> None:
        self.squeeze.build((None, self.filters + 1))
        self.scale.build((None, self.squeeze.units))

    def call(self, x: Any, snr_db: Any) -> Any:
        # 0 dB to 25 dB as about -1 to 1, one for each picture.
        snr = ops.clip(ops.reshape(ops.cast(snr_db, "float32"), (-1, 1)), -10.0, 35.0) / 12.5 - 1.0
        snr = snr + ops.zeros((ops.shape(x)[0], 1), dtype="float32")
        context = ops.concatenate([ops.mean(x, axis=(1, 2)), ops.cast(snr, x.dtype)], axis=-1)
        return x * self.scale(self.squeeze(context))[:, None, None, :]

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "name": self.name}
