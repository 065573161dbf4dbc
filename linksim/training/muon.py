"""Muon for convolutions: orthogonalised momentum for kernels, Adam for everything else."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

_RMS = 0.2
"""Root mean square of an update at learning rate 1 (Liu et al. 2025, sec. 2.2): that of a typical Adam step."""

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration (Jordan et al. 2024), which drives singular values to about 1 in five rounds."""


def orthogonalize(matrix: Any) -> Any:
    """A matrix `[a, b]` of the same singular vectors whose singular values are all near 1 (0.7 to 1.2)."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else ops.transpose(matrix)
    x = x / (ops.norm(x) + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(5):
        square = x @ ops.transpose(x)
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else ops.transpose(x)


@keras.saving.register_keras_serializable("linksim")
class ConvMuon(keras.optimizers.Adam):
    """Muon (Jordan et al. 2024) for the kernels of convolutions, which Keras' own Muon leaves to Adam.

    A kernel `[kh, kw, a, b]` counts as a matrix of `kh*kw*a` rows and b columns; its update is its
    Nesterov momentum, orthogonalised. Kernels of three channels or fewer on a side (pixels, the thinnest latents),
    dense layers, biases and slopes are left to Adam. No weight decay: the task is a regression
    without a gap between training and test.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        For both; updates are scaled to the size of Adam's (Liu et al. 2025, eq. 4).
    momentum : float
        Of the kernels.
    """

    def __init__(self, learning_rate: Any = 1e-3, momentum: float = 0.95, **options: Any):
        super().__init__(learning_rate, **options)
        self.momentum = momentum

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if len(variable.shape) != 4 or min(variable.shape[2:]) <= 3:
            super().update_step(gradient, variable, learning_rate)
            return
        gradient = ops.cast(gradient, variable.dtype)
        average = self._momentums[self._get_variable_index(variable)]
        self.assign(average, self.momentum * average + gradient)
        matrix = ops.reshape(gradient + self.momentum * average, (-1, variable.shape[-1]))
        update = orthogonalize(matrix) * (_RMS * math.sqrt(max(matrix.shape)))
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * ops.reshape(update, variable.shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}
