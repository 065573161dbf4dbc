"""From real latents to complex symbols and back, at mean power 1."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from linksim.errors import LinksimError


def to_symbols(latent: Any) -> Any:
    """Pair the real values of a latent: two reals to one complex symbol.

    Parameters
    ----------
    latent : [B, h, w, c], float32
        `c` even, so that every real finds its partner.

    Returns
    -------
    [B, h*w*c/2, 2], float32
        Real and imaginary parts.
    """
    _, h, w, c = latent.shape
    if c % 2:
        raise LinksimError(f"a latent of {c} channels leaves reals without a partner; take an even number")
    return ops.reshape(latent, (-1, h * w * c // 2, 2))


def to_latent(symbols: Any, height: int, width: int) -> Any:
    """The inverse of `to_symbols`: `[B, k, 2]` to `[B, height, width, 2*k/(height*width)]`."""
    channels = 2 * symbols.shape[1] // (height * width)
    return ops.reshape(symbols, (-1, height, width, channels))


@keras.saving.register_keras_serializable("linksim")
class PowerNormalization(keras.layers.Layer):
    """Scale the symbols of each picture to mean power 1 (Bourtsoulatze et al. 2019, eq. 3).

    The mean runs over the symbols of one picture, never over the batch: what a picture sends may
    not depend on the pictures beside it.

    Input
    -----
    symbols : [B, k, 2], float32

    Output
    ------
    symbols : [B, k, 2], float32
        `mean_k(re**2 + im**2) = 1`.
    """

    VERSION = 1
    """Raised whenever the same weights make something else of the same input."""

    def __init__(self, name: str | None = None):
        # Whatever the policy: in bfloat16 the power would be off by up to a percent.
        super().__init__(name=name, dtype="float32")

    def call(self, symbols: Any) -> Any:
        power = ops.mean(ops.sum(ops.square(symbols), axis=-1, keepdims=True), axis=1, keepdims=True)
        return symbols * ops.rsqrt(ops.maximum(power, 1e-12))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}
