"""Convolutions with the same result on every machine: what decides a decoder's symbols must not be floating-point luck.

Activations are multiples of 1/16 and weights multiples of 1/256, as in integer networks (Ballé, Johnston and Minnen,
"Integer networks for data compression with latent-variable models", ICLR 2019). Their products and sums are then whole
numbers below 2**53, and float64 has all of those: however a library orders, fuses or splits them among threads, the sum
is exact. In training the same layer runs in float32 with straight-through gradients, which differs now and then by one
step; that costs a little rate and never a symbol.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

STEP = 16
"""An activation is a whole number of 1/STEP."""

_WEIGHT_STEP = 256
ACTIVATION = 2.0**15 - 1
"""Largest activation, in steps; and largest weight."""

_SLOPE = 1 / 8
"""Of the leaky ReLU below zero: a shift by three bits."""


@keras.saving.register_keras_serializable("linksim")
class ExactConv(keras.layers.Layer):
    """A convolution of stride 1 over whole numbers of 1/16, "same" padding by zeros, rounded to whole numbers of 1/16.

    Parameters
    ----------
    filters : int
    size : int
        Of the kernel.
    leaky : bool
        Whether a leaky ReLU of slope 1/8 follows.

    Input
    -----
    x : [B, H, W, c], float32, multiples of 1/16

    Output
    ------
    y : [B, H, W, filters], float32, multiples of 1/16
    """

    VERSION = 1

    def __init__(self, filters: int, size: int, leaky: bool = True, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        self.filters, self.size, self.leaky = filters, size, leaky

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (self.size, self.size, input_shape[-1], self.filters)
        initial = keras.initializers.VarianceScaling(2.0 / (1 + _SLOPE**2))
        self.kernel = self.add_weight(shape=shape, initializer=initial, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        kernel, bias = (rounded(w, 1 / _WEIGHT_STEP) for w in (self.kernel, self.bias))
        y = rounded(ops.conv(x, kernel, padding="same") + bias, 1 / STEP)
        if self.leaky:
            y = ops.where(y < 0, _down(y * _SLOPE, 1 / STEP), y)
        return ops.clip(y, -ACTIVATION / STEP, ACTIVATION / STEP)

    def exactly(self, x: np.ndarray) -> np.ndarray:
        """The same of one picture, exact.

        Parameters
        ----------
        x : float64 [H, W, c]
            Whole numbers: activations in units of 1/16.

        Returns
        -------
        float64 [H, W, filters]
            Likewise.
        """
        kernel, bias = (
            np.clip(np.floor(ops.convert_to_numpy(w).astype(np.float64) * _WEIGHT_STEP + 0.5), -ACTIVATION, ACTIVATION)
            for w in (self.kernel, self.bias)
        )
        height, width, _ = x.shape
        edge = self.size // 2
        padded = np.pad(x, ((edge, edge), (edge, edge), (0, 0)))
        total = np.tile(bias * STEP, (height * width, 1))
        for i in range(self.size):
            for j in range(self.size):
                part = padded[i : i + height, j : j + width].reshape(height * width, -1)
                total += part @ kernel[i, j]
        y = np.floor(total / _WEIGHT_STEP + 0.5)
        if self.leaky:
            y = np.where(y < 0, np.floor(y * _SLOPE), y)
        return np.clip(y, -ACTIVATION, ACTIVATION).reshape(height, width, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "size": self.size, "leaky": self.leaky, "name": self.name}


def rounded(x: Any, step: float) -> Any:
    """The nearest multiple of a step, halves upwards; the gradient goes straight through."""
    return ops.stop_gradient(ops.floor(x / step + 0.5) * step - x) + x


def _down(x: Any, step: float) -> Any:
    """The multiple of a step below, with the gradient of x."""
    return ops.stop_gradient(ops.floor(x / step) * step - x) + x
