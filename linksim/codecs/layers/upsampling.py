"""Building blocks of the larger networks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from linksim.codecs.layers.gdn import Gdn


@keras.saving.register_keras_serializable("linksim")
class ResidualBlock(keras.layers.Layer):
    """Two 3x3 convolutions around a shortcut, the second one followed by (I)GDN (Cheng et al. 2020, fig. 5).

    Parameters
    ----------
    filters : int
        Output channels; where the input has another number, or `strides` is 2, the shortcut is a
        1x1 convolution.
    strides : {1, 2}
    normalize : {None, "gdn", "igdn"}

    Input
    -----
    x : [B, h, w, c]

    Output
    ------
    y : [B, h/strides, w/strides, filters]
    """

    def __init__(self, filters: int, strides: int = 1, normalize: str | None = None, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.strides = strides
        self.normalize = normalize

        # === Layers ===
        self.conv1 = keras.layers.Conv2D(filters, 3, strides=strides, padding="same")
        self.act1 = keras.layers.LeakyReLU(negative_slope=0.2)
        self.conv2 = keras.layers.Conv2D(filters, 3, padding="same")
        self.act2 = Gdn(inverse=normalize == "igdn") if normalize else keras.layers.LeakyReLU(negative_slope=0.2)
        self.shortcut: keras.layers.Layer | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.strides != 1 or input_shape[-1] != self.filters:
            self.shortcut = keras.layers.Conv2D(self.filters, 1, strides=self.strides)
            self.shortcut.build(input_shape)
        inner = self.conv1.compute_output_shape(input_shape)
        self.conv1.build(input_shape)
        self.conv2.build(inner)
        self.act2.build(inner)

    def call(self, x: Any) -> Any:
        y = self.act2(self.conv2(self.act1(self.conv1(x))))
        return y + (x if self.shortcut is None else self.shortcut(x))

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "strides": self.strides, "normalize": self.normalize, "name": self.name}


@keras.saving.register_keras_serializable("linksim")
class UpsamplingBlock(keras.layers.Layer):
    """Sub-pixel up-sampling by 2: a 3x3 convolution to 4*filters channels, then depth to space (Shi et al. 2016).

    Input
    -----
    x : [B, h, w, c]

    Output
    ------
    y : [B, 2h, 2w, filters]
    """

    def __init__(self, filters: int, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.conv = keras.layers.Conv2D(4 * filters, 3, padding="same")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.conv.build(input_shape)

    def call(self, x: Any) -> Any:
        y = self.conv(x)
        b, h, w, _ = ops.shape(y)
        y = ops.reshape(y, (-1, h, w, 2, 2, self.filters))
        return ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, 2 * h, 2 * w, self.filters))

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "name": self.name}
