"""Up-sampling without transposed convolutions."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("linksim")
class UpsamplingBlock(keras.layers.Layer):
    """Sub-pixel up-sampling by 2: a 3x3 convolution to 4*filters channels, then depth to space (Shi et al. 2016).

    Parameters
    ----------
    filters : int
        Channels that come out.
    kernel_initializer : str
        Of the convolution, by Keras' name.

    Input
    -----
    x : [B, h, w, c]

    Output
    ------
    y : [B, 2h, 2w, filters]
    """

    VERSION = 1
    """Raised whenever the same weights make something else of the same input."""

    def __init__(self, filters: int, kernel_initializer: str = "glorot_uniform", name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.kernel_initializer = kernel_initializer
        self.conv = keras.layers.Conv2D(4 * filters, 3, padding="same", kernel_initializer=kernel_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.conv.build(input_shape)

    def call(self, x: Any) -> Any:
        y = self.conv(x)
        _, h, w, _ = ops.shape(y)
        y = ops.reshape(y, (-1, h, w, 2, 2, self.filters))
        return ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, 2 * h, 2 * w, self.filters))

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "kernel_initializer": self.kernel_initializer, "name": self.name}
