"""DeepJSCC, the small PReLU network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from linksim.codecs.analytic_start import start_networks
from linksim.codecs.autoencoder import Autoencoder


def _prelu(x: Any) -> Any:
    # One slope per channel, so that the network takes any picture size. Zero, Keras' default,
    # would start as a ReLU and kill half of the latent.
    return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])(x)


def small_encoder(latent_channels: int, name: str = "encoder") -> keras.Model:
    """5x5 convolutions of 16/2, 32/2, 32, 32, c filters (/stride), each with PReLU: pictures to a latent."""
    x = picture = keras.Input((None, None, 3))
    for filters, strides in [(16, 2), (32, 2), (32, 1), (32, 1), (latent_channels, 1)]:
        x = _prelu(layers.Conv2D(filters, 5, strides=strides, padding="same", kernel_initializer="he_normal")(x))
    return keras.Model(picture, x, name=name)


def small_decoder(latent_channels: int, activation: str = "sigmoid", name: str = "decoder") -> keras.Model:
    """Transposed 5x5 convolutions 32, 32, 32, 16/2, 3/2 with PReLU, `activation` last: a latent to pictures."""
    x = latent = keras.Input((None, None, latent_channels))
    for filters, strides in [(32, 1), (32, 1), (32, 1), (16, 2)]:
        x = _prelu(
            layers.Conv2DTranspose(filters, 5, strides=strides, padding="same", kernel_initializer="he_normal")(x)
        )
    x = layers.Conv2DTranspose(3, 5, strides=2, padding="same", kernel_initializer="glorot_normal")(x)
    return keras.Model(latent, layers.Activation(activation, dtype="float32")(x), name=name)


@keras.saving.register_keras_serializable("linksim")
class DeepJscc(Autoencoder):
    """The five-layer network of Bourtsoulatze, Kurka and Gündüz (2019), fig. 2; used by Kurka and Gündüz (2019).

    Encoder: 5x5 convolutions of 16/2, 32/2, 32, 32, c filters (/stride), each with PReLU. The
    decoder mirrors it with transposed convolutions 32, 32, 32, 16/2, 3/2, PReLU, and a sigmoid last.

    Parameters
    ----------
    latent_channels : int
        c, real channels at a quarter of the resolution: k/n = c / 96, so 8 is 1/12 and 16 is 1/6.

    Examples
    --------
    >>> codec = DeepJscc(latent_channels=8)
    >>> codec.num_symbols(32, 32) / (3 * 32 * 32) == 1 / 12
    True
    """

    VERSION = 1

    def __init__(self, latent_channels: int = 16, name: str | None = None, **about: Any):
        super().__init__(latent_channels, stride=4, name=name, **about)
        self.encoder = small_encoder(latent_channels)
        self.decoder = small_decoder(latent_channels)

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: float) -> None:
        """Start from the best linear code for the 4x4 blocks of pictures, uint8 `[H, W, 3]` each, at an Es/N0 in dB.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Pictures to learn from.
        snr_db : float
            Es/N0 in dB.
        """
        start_networks(pictures, snr_db, self.layer_channels, self.encoder, [self.decoder])

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        return self.encoder(pictures, training=training)

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        return self.decoder(latent, training=training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "latent_channels": self.latent_channels}
