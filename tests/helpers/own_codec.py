"""A codec as a user writes one."""

import keras
from keras import layers, ops

from linksim.codecs import Autoencoder


class Small(Autoencoder):
    """Two layers each way; `bend` is what its code could be changed to without a change of its weights."""

    VERSION = 1
    bend = staticmethod(ops.sigmoid)

    def __init__(self, latent_channels=4, filters=8, name=None, **about):
        super().__init__(latent_channels, stride=4, name=name, **about)
        self.filters = filters
        kind = layers.Conv2D
        self.encoder = keras.Sequential([kind(filters, 4, 4, "same", activation="relu"), kind(latent_channels, 1)])
        up = layers.Conv2DTranspose
        self.decoder = keras.Sequential([kind(filters, 3, padding="same", activation="relu"), up(3, 4, 4, "same")])

    def analyze(self, pictures, training=False):
        return self.encoder(pictures)

    def synthesize(self, latent, training=False):
        return self.bend(self.decoder(latent))

    def get_config(self):
        return {**super().get_config(), "latent_channels": self.latent_channels, "filters": self.filters}
