"""Perceptual deep JSCC: deep features and pixels, and a discriminator that knows what was sent."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from linksim.errors import LinksimError
from linksim.metrics.lpips import Lpips
from linksim.training.objectives.base import Objective

_HINTS = 12
"""Channels that the discriminator makes of the latent."""


def _spectral(filters: int, strides: int = 1) -> layers.Layer:
    """A 4x4 convolution whose largest singular value is 1 (Miyato et al. 2018)."""
    conv = layers.Conv2D(filters, 4, strides=strides, padding="same", kernel_initializer="glorot_uniform")
    return layers.SpectralNormalization(conv)


@keras.saving.register_keras_serializable("linksim")
class LatentDiscriminator(keras.layers.Layer):
    """f_d of Wang et al. (2022), after HiFiC (Mentzer et al. 2020): is this picture what was sent, on each patch?

    The latent goes through 3x3 to 12 and LeakyReLU and is repeated to the size of the picture; beside it, 4x4/2
    convolutions to f, 2f, 4f, 4x4 to 8f and 4x4 to 1, with spectral normalisation and LeakyReLU 0.2.

    Parameters
    ----------
    stride : int
        Pixels of the picture for a cell of the latent, along a side.
    filters : int
        f; 64 in the paper.

    Input
    -----
    pictures : [B, H, W, 3]
        In [0, 1].
    latent : [B, H/stride, W/stride, c]

    Output
    ------
    verdict : [B, H/8, W/8, 1], float32
        A logit, positive for true.
    """

    def __init__(self, stride: int, filters: int = 64, name: str = "discriminator"):
        super().__init__(name=name)
        self.stride, self.filters = stride, filters
        self.hint = layers.Conv2D(_HINTS, 3, padding="same")
        self.convolutions = [_spectral(filters, 2), _spectral(2 * filters, 2), _spectral(4 * filters, 2)]
        self.convolutions.append(_spectral(8 * filters))
        self.verdict = _spectral(1)

    def call(self, pictures: Any, latent: Any, training: bool = False) -> Any:
        hint = ops.leaky_relu(self.hint(latent), 0.2)
        hint = ops.repeat(ops.repeat(hint, self.stride, axis=1), self.stride, axis=2)
        x = ops.concatenate([2.0 * ops.cast(pictures, hint.dtype) - 1.0, hint], axis=-1)
        for convolution in self.convolutions:
            x = ops.leaky_relu(convolution(x, training=training), 0.2)
        return ops.cast(self.verdict(x, training=training), "float32")

    def get_config(self) -> dict[str, Any]:
        return {"stride": self.stride, "filters": self.filters, "name": self.name}


class Perceptual(Objective):
    """beta_p LPIPS + beta_m MSE + beta_g GAN, eq. (1) and (2) of Wang et al. (2022); the mean over layers.

    For codecs that send one layer of symbols. The GAN's loss is the non-saturating one (Goodfellow et al. 2014); its
    discriminator sees the clean latent that was sent, through which no gradient goes.

    Parameters
    ----------
    beta_p, beta_m, beta_g : float
        Weights; 1, 1e-5 and 1e-3 in the paper; 1, 0.01 and 5 in its authors' public configuration.
        The MSE counts values from 0 to 255. With a `beta_g` of 0 there is no discriminator.
    network : {"alex", "squeeze"}
        Of LPIPS.
    filters : int
        Width of the discriminator; 64 in the paper.
    learning_rate, beta_1 : float
        Of the discriminator's Adam.

    Raises
    ------
    LinksimError
        If a weight is negative, or the weights of LPIPS cannot be had.
    """

    def __init__(
        self,
        beta_p: float = 1.0,
        beta_m: float = 1e-5,
        beta_g: float = 0.0,
        network: str = "alex",
        filters: int = 64,
        learning_rate: float = 1e-4,
        beta_1: float = 0.5,
    ):
        if min(beta_p, beta_m, beta_g) < 0:
            raise LinksimError(f"weights {beta_p}, {beta_m}, {beta_g}: give numbers of at least 0")
        self.beta_p, self.beta_m, self.beta_g = beta_p, beta_m, beta_g
        self.filters = filters
        self.rival_learning_rate, self.rival_beta_1 = learning_rate, beta_1
        self.sees_sent = beta_g > 0
        self.judge = Lpips(network)

    def attach(self, codec: Any) -> None:
        if not self.sees_sent:
            return
        if codec.num_layers != 1 or not hasattr(codec, "latent_of"):
            raise LinksimError(f"{codec.title} does not send one layer of symbols; leave out beta_g")
        self._latent_of, self._channels = codec.latent_of, codec.latent_channels
        self.rival = LatentDiscriminator(codec.stride, self.filters)

    def build_rival(self, pictures: Any) -> None:
        height, width = (n // self.rival.stride for n in pictures.shape[1:3])
        self.rival(pictures, np.zeros((1, height, width, self._channels), np.float32))

    def shares_rival(self, other: Objective) -> bool:
        return isinstance(other, Perceptual) and other.filters == self.filters

    def loss(self, pictures: Any, shown: Any) -> Any:
        shown, sent = shown if self.sees_sent else (shown, None)
        total: Any = 0.0
        reference = self.judge.features(pictures)
        for i in range(shown.shape[1]):
            picture = ops.cast(shown[:, i], "float32")
            total = total + self.beta_p * ops.mean(self.judge.between(reference, self.judge.features(picture)))
            total = total + self.beta_m * 255.0**2 * ops.mean(ops.square(pictures - picture))
            if self.sees_sent:
                total = total + self.beta_g * ops.mean(ops.softplus(-self._verdict(picture, sent)))
        return total / shown.shape[1]

    def rival_loss(self, pictures: Any, shown: Any) -> Any:
        shown, sent = shown
        total = ops.mean(ops.softplus(-self._verdict(pictures, sent, training=True)))
        for i in range(shown.shape[1]):
            false = self._verdict(ops.cast(shown[:, i], "float32"), sent, training=True)
            total = total + ops.mean(ops.softplus(false)) / shown.shape[1]
        return total

    def _verdict(self, pictures: Any, sent: Any, training: bool = False) -> Any:
        latent = self._latent_of(ops.stop_gradient(sent[0]), tuple(pictures.shape[1:3]))
        return self.rival(pictures, latent, training=training)
