"""Muon for convolutions: orthogonalised momentum for kernels, Adam for everything else."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

_RMS = 0.2
"""Root mean square of an update at learning rate 1 (Liu et al. 2025, sec. 2.2): that of a typical Adam step."""


@keras.saving.register_keras_serializable("linksim")
class ConvMuon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024), for the kernels of convolutions too.

    Keras applies Muon to matrices only and gives Adam the rest. Here a convolution kernel
    `[kh, kw, a, b]` counts as a matrix of `kh*kw*a` rows and b columns. Kernels that touch pixels
    (three channels or fewer on a side), biases and slopes are left to Adam. No weight decay: the
    task is a regression without a test-train gap.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        For both; updates are scaled to the size of Adam's (Liu et al. 2025, eq. 4).
    """

    def __init__(self, learning_rate: Any = 1e-3, name: str | None = None, **options: Any):
        options = {"weight_decay": None, "adam_weight_decay": None, **options}
        super().__init__(learning_rate, name=name, **options)

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4 or min(variable.shape[2:]) <= 3

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        g = ops.add(gradient, self.momentum * m) if self.nesterov else m
        matrix = ops.reshape(g, (-1, variable.shape[-1]))
        update = self.zeropower_via_newtonschulz5(matrix, self.ns_steps)
        update = update * (_RMS * math.sqrt(max(matrix.shape)))
        self.assign_sub(variable, lr * ops.reshape(update, variable.shape))
