"""The network of perceptual deep JSCC: wide convolutions with GDN that know the SNR."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from linksim.codecs.autoencoder import Autoencoder
from linksim.codecs.layers.attention import SnrAttention
from linksim.codecs.layers.gdn import Gdn
from linksim.errors import LinksimError

MAX_PIXELS = 1 << 23
"""Largest picture: the networks work on the whole of it, with 12 bytes a pixel and filter at half of the resolution."""


@keras.saving.register_keras_serializable("linksim")
class AttentionStage(keras.layers.Layer):
    """A convolution, (I)GDN, PReLU, and the attention to the SNR."""

    VERSION = 1

    def __init__(self, filters: int, kernel: int, strides: int, transposed: bool, name: str | None = None):
        super().__init__(name=name)
        make = layers.Conv2DTranspose if transposed else layers.Conv2D
        self.convolution = make(filters, kernel, strides=strides, padding="same")
        self.normalization = Gdn(inverse=transposed)
        self.activation = layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])
        self.attention = SnrAttention(filters)
        self.filters = filters

    def build(self, input_shape: Any, *_: Any) -> None:
        self.convolution.build(input_shape)
        for layer in (self.normalization, self.activation, self.attention):
            layer.build((None, None, None, self.filters))

    def call(self, x: Any, snr_db: Any) -> Any:
        return self.attention(self.activation(self.normalization(self.convolution(x))), snr_db)


@keras.saving.register_keras_serializable("linksim")
class DeepJsccAttention(Autoencoder):
    """The network of Wang et al. (2022), as in its authors' public code; one model for every SNR.

    Encoder: 9x9/2, 5x5/2, 5x5 and 5x5 convolutions to `filters`, each with GDN, PReLU and the attention feature module
    of ADJSCC (Xu et al. 2022), which is told the SNR; 5x5 to c and GDN. Decoder: transposed convolutions of 5x5 three
    times, 5x5/2 and 9x9/2 to `filters`, each with IGDN, PReLU and attention; 7x7 to 3, and a sigmoid.

    Parameters
    ----------
    latent_channels : int
        c, real channels at a quarter of the resolution: k/n = c / 96, so 2 is 1/48 and 6 is 1/16.
    filters : int
        F, the width; 256 in the paper.

    Raises
    ------
    LinksimError
        If `latent_channels` is odd; later, of a picture of more than `MAX_PIXELS` pixels, or without an SNR.
    """

    VERSION = 1
    encodes_for_snr = True

    def __init__(self, latent_channels: int = 2, filters: int = 256, name: str | None = None, **about: Any):
        super().__init__(latent_channels, stride=4, name=name, **about)
        self.filters = filters

        # === Encoder ===
        self.encoder = [
            AttentionStage(filters, kernel, strides, False) for kernel, strides in [(9, 2), (5, 2), (5, 1), (5, 1)]
        ]
        self.to_latent = layers.Conv2D(latent_channels, 5, padding="same")
        self.last_normalization = Gdn()

        # === Decoder ===
        shape = [(5, 1), (5, 1), (5, 1), (5, 2), (9, 2)]
        self.decoder = [AttentionStage(filters, kernel, strides, True) for kernel, strides in shape]
        self.to_pixels = layers.Conv2D(3, 7, padding="same")

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        height, width = pictures.shape[1:3]
        if height * width > MAX_PIXELS:
            raise LinksimError(f"a picture of {width}x{height} has more than {MAX_PIXELS} pixels; cut or shrink it")
        snr_db = self.told_snr(snr_db)
        x = ops.cast(self.pad(pictures), self.compute_dtype)
        for stage in self.encoder:
            x = stage(x, snr_db)
        return self.symbols_of(ops.cast(self.last_normalization(self.to_latent(x)), "float32"))

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        snr_db = self.told_snr(snr_db)
        x = ops.cast(self.latent_of(symbols, size), self.compute_dtype)
        for stage in self.decoder:
            x = stage(x, snr_db)
        return self.crop(ops.sigmoid(ops.cast(self.to_pixels(x), "float32")), size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "latent_channels": self.latent_channels, "filters": self.filters}
