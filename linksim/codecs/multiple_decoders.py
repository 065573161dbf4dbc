"""Successive refinement with one decoder per number of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from linksim.codecs.analytic_start import start_networks
from linksim.codecs.deepjscc import small_decoder, small_encoder
from linksim.codecs.progressive import ProgressiveCodec


@keras.saving.register_keras_serializable("linksim")
class MultipleDecoders(ProgressiveCodec):
    """One encoder, L decoders: decoder i sees the first i layers (Kurka and Gündüz 2019, sec. III-A).

    Trained together for the mean over layers of the MSE (eq. 1).

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of each layer at a quarter of the resolution: 8 is k_i/n = 1/12.

    Examples
    --------
    >>> codec = MultipleDecoders([8, 8])
    >>> codec.layer_symbols(32, 32)
    (256, 256)
    """

    VERSION = 1

    def __init__(self, layer_channels: Sequence[int] = (8, 8), name: str | None = None, **about: Any):
        super().__init__(layer_channels, stride=4, name=name, **about)
        self.encoder = small_encoder(self.latent_channels)
        widths = [sum(self.layer_channels[: i + 1]) for i in range(self.num_layers)]
        self.decoders = [small_decoder(width, name=f"decoder_{i + 1}") for i, width in enumerate(widths)]

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: float) -> None:
        """Start from the best linear code for 4x4 blocks (see `DeepJscc`): each layer gets the next components.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Pictures to learn from.
        snr_db : float
            Es/N0 in dB.
        """
        start_networks(pictures, snr_db, self.layer_channels, self.encoder, self.decoders)

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        return self.encoder(pictures, training=training)

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        by_width = {decoder.input_shape[-1]: decoder for decoder in self.decoders}
        return by_width[latent.shape[-1]](latent, training=training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer_channels": list(self.layer_channels)}
