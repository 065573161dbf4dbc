"""DeepJSCC-f's network without feedback: wide convolutions with GDN."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from linksim.codecs.autoencoder import Autoencoder
from linksim.codecs.layers.gdn import Gdn


def _activate(x: Any, inverse: bool) -> Any:
    x = Gdn(inverse=inverse)(x)
    return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])(x)


@keras.saving.register_keras_serializable("linksim")
class DeepJsccGdn(Autoencoder):
    """The network of DeepJSCC-f (Kurka and Gündüz 2020, fig. 4), without feedback.

    Encoder: 9x9/2, 5x5/2, 5x5, 5x5 convolutions of `filters` filters with GDN and PReLU, then 5x5
    to the latent. The decoder mirrors it with transposed convolutions, IGDN and PReLU, and a sigmoid last.

    Parameters
    ----------
    latent_channels : int
        Real channels at a quarter of the resolution: k/n = latent_channels / 96.
    filters : int
        Width; 256 in the paper.
    """

    VERSION = 1

    def __init__(self, latent_channels: int = 16, filters: int = 256, name: str | None = None, **about: Any):
        super().__init__(latent_channels, stride=4, name=name, **about)
        self.filters = filters

        # === Encoder ===
        x = picture = keras.Input((None, None, 3))
        for kernel, strides in [(9, 2), (5, 2), (5, 1), (5, 1)]:
            x = _activate(layers.Conv2D(filters, kernel, strides=strides, padding="same")(x), inverse=False)
        x = layers.Conv2D(latent_channels, 5, padding="same")(x)
        self.encoder = keras.Model(picture, x, name="encoder")

        # === Decoder ===
        x = latent = keras.Input((None, None, latent_channels))
        for kernel, strides in [(5, 1), (5, 1), (5, 1), (5, 2)]:
            x = _activate(layers.Conv2DTranspose(filters, kernel, strides=strides, padding="same")(x), inverse=True)
        x = layers.Conv2DTranspose(3, 9, strides=2, padding="same")(x)
        self.decoder = keras.Model(latent, layers.Activation("sigmoid", dtype="float32")(x), name="decoder")

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        return self.encoder(pictures, training=training)

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        return self.decoder(latent, training=training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "latent_channels": self.latent_channels, "filters": self.filters}
