"""Successive refinement with one decoder for all numbers of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.analytic_start import start_networks
from linksim.codecs.conversation import Dialogue
from linksim.codecs.deepjscc import small_decoder, small_encoder
from linksim.codecs.parts import Shown
from linksim.codecs.progressive import ProgressiveCodec


@keras.saving.register_keras_serializable("linksim")
class SingleDecoder(ProgressiveCodec):
    """One encoder and one decoder; layers that are missing are zeros (Kurka and Gündüz 2019, sec. III-C).

    In training the received code is cut at a random layer boundary, one per batch, so that the one
    decoder learns every length. The size of the model does not depend on the number of layers, but
    for the kernels that touch the latent.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of each layer at a quarter of the resolution: 8 is k_i/n = 1/12.
    """

    VERSION = 1

    def __init__(self, layer_channels: Sequence[int] = (8, 8), name: str | None = None, **about: Any):
        super().__init__(layer_channels, stride=4, name=name, **about)
        self.encoder = small_encoder(self.latent_channels)
        self.decoder = small_decoder(self.latent_channels)

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: float) -> None:
        """Start from the best linear code for 4x4 blocks (see `DeepJscc`): each layer gets the next components.

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
        missing = self.latent_channels - latent.shape[-1]
        if missing:
            latent = ops.pad(latent, [(0, 0), (0, 0), (0, 0), (0, missing)])
        return self.decoder(latent, training=training)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        if not training:
            yield from super().converse(pictures, snr_db, size)
            return
        latents = yield from self.send_all(self.encode_layers(pictures, training=True), size)
        # One cut for the whole batch.
        layers = keras.random.randint((), 1, self.num_layers + 1, seed=seed)
        widths = ops.cumsum(ops.array(self.layer_channels, "int32"))
        kept = ops.arange(self.latent_channels, dtype="int32") < ops.take(widths, layers - 1)
        latent = ops.concatenate(latents, axis=-1)
        yield Shown(self.show([latent * ops.cast(kept, latent.dtype)], size, training=True))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer_channels": list(self.layer_channels)}
