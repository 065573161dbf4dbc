"""Generalised divisive normalisation."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# Ballé's reparametrisation: weights are kept as square roots, bounded away from zero, so that a
# gradient step can never make the normalisation negative.
_PEDESTAL = 2.0**-36
_BETA_MIN = 1e-6


def _at_least(x: Any, bound: float) -> Any:
    """The larger of both; where that is the bound, x may still learn to get larger, and only that, as Ballé has it."""

    @ops.custom_gradient
    def bounded(x: Any) -> Any:
        def gradient(*given: Any, upstream: Any = None) -> Any:
            upstream = given[0] if upstream is None else upstream  # as the backend hands it over
            return ops.where(ops.logical_or(x >= bound, upstream < 0), upstream, ops.zeros_like(upstream))

        return ops.maximum(x, bound), gradient

    return bounded(1.0 * x)  # a tensor: TensorFlow wants to be told of variables


@keras.saving.register_keras_serializable("linksim")
class Gdn(keras.layers.Layer):
    """y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2) (Ballé, Laparra and Simoncelli 2016, eq. 5).

    Parameters
    ----------
    inverse : bool
        Multiply by the root instead (IGDN), for decoders.
    gamma_init : float
        Diagonal that gamma starts from.

    Input
    -----
    x : [..., c]

    Output
    ------
    y : [..., c], dtype of x
    """

    VERSION = 1
    """Raised whenever the same weights make something else of the same input."""

    def __init__(self, inverse: bool = False, gamma_init: float = 0.1, name: str | None = None):
        super().__init__(name=name)
        self.inverse = inverse
        self.gamma_init = gamma_init

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        c = input_shape[-1]

        def start(scale: float) -> Any:
            def initial(shape: tuple[int, ...], dtype: Any) -> Any:
                ones = ops.eye(c, dtype=dtype) if len(shape) == 2 else ops.ones(shape, dtype=dtype)
                return ops.sqrt(scale * ones + _PEDESTAL)

            return initial

        self.beta = self.add_weight(shape=(c,), initializer=start(1.0), name="beta", dtype="float32", autocast=False)
        self.gamma = self.add_weight(
            shape=(c, c), initializer=start(self.gamma_init), name="gamma", dtype="float32", autocast=False
        )

    def call(self, x: Any) -> Any:
        beta = ops.square(_at_least(self.beta, (_BETA_MIN + _PEDESTAL) ** 0.5)) - _PEDESTAL
        gamma = ops.square(_at_least(self.gamma, _PEDESTAL**0.5)) - _PEDESTAL
        energy = ops.matmul(ops.square(x), ops.cast(ops.transpose(gamma), x.dtype))
        root = ops.sqrt(ops.cast(energy, "float32") + beta)
        scaled = ops.cast(x, "float32") * root if self.inverse else ops.cast(x, "float32") / root
        return ops.cast(scaled, x.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {"inverse": self.inverse, "gamma_init": self.gamma_init, "name": self.name}
