"""Successive refinement by sending what the layers before left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.analytic_start import start_networks
from linksim.codecs.conversation import Dialogue
from linksim.codecs.deepjscc import small_decoder, small_encoder
from linksim.codecs.parts import Shown, Symbols
from linksim.codecs.symbol_codec import SymbolCodec


@keras.saving.register_keras_serializable("linksim")
class ResidualTransmission(SymbolCodec):
    """One encoder and decoder per layer; a layer sends the picture minus what came before.

    The residual scheme of Kurka and Gündüz (2019), sec. III-B.

    The receiver adds up the outputs of its decoders. The transmitter subtracts what it is told of
    them: what the receiver really has where there is feedback, as in training, else an estimate
    (see `linksim.links.AnalogLink`).

    The pairs are trained one after another: only the last one is trainable, and a codec of more
    layers takes the pairs of one of fewer as they are.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of each layer at a quarter of the resolution: 8 is k_i/n = 1/12.
    """

    VERSION = 1
    needs_reception = True

    def __init__(self, layer_channels: Sequence[int] = (8, 8), name: str | None = None, **about: Any):
        super().__init__(layer_channels, stride=4, name=name, **about)
        # In the order of the layers, so that one more layer leaves the names of all before as they are.
        self.pairs = []
        for i, c in enumerate(self.layer_channels):
            pair = [small_encoder(c, f"encoder_{i + 1}")]
            pair.append(small_decoder(c, "tanh" if i else "sigmoid", f"decoder_{i + 1}"))
            self.pairs.append(pair)
            for network in pair:
                network.trainable = i == self.num_layers - 1

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: float) -> None:
        """Start the pair that learns from the best linear code for 4x4 blocks (see `DeepJscc`): the components
        behind those of the layers before.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Pictures to learn from.
        snr_db : float
            Es/N0 in dB.
        """
        encoder, decoder = self.pairs[-1]
        before = sum(self.layer_channels[:-1])
        start_networks(pictures, snr_db, self.layer_channels, encoder, [decoder], before, centred=not before)

    def encode_layer(self, layer: int, pictures: Any, estimate: Any = None, training: bool = False) -> Any:
        """Symbols `[B, k_i, 2]` of one layer (0 is the first).

        From pictures, and what the receiver is thought to have of them, both `[B, H, W, 3]`.

        Parameters
        ----------
        layer : int
            0 is the first.
        pictures : [B, H, W, 3], float32 in [0, 1]
        estimate : [B, H, W, 3], optional
            What the receiver is thought to have.
        training : bool
            Whether layers behave as in training.
        """
        # In float32 whatever the policy: a small difference of large numbers.
        residual = pictures if estimate is None else ops.cast(pictures, "float32") - estimate
        return self.symbols_of(self.pairs[layer][0](self.pad(residual), training=training))

    def layer_output(self, layer: int, symbols: Any, size: tuple[int, int], training: bool = False) -> Any:
        """What one layer adds `[B, H, W, 3]` from its received symbols `[B, k_i, 2]`: the first a picture in
        [0, 1], the others a correction in [-1, 1].

        Parameters
        ----------
        layer : int
            0 is the first.
        symbols : [B, k_i, 2]
            As they were received.
        size : (int, int)
            (H, W) of the picture, in pixels.
        training : bool
            Whether layers behave as in training.
        """
        return self.crop(self.pairs[layer][1](self.latent_of(symbols, size), training=training), size)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        total = None
        for layer in range(self.num_layers):
            last = layer == self.num_layers - 1
            learns = training and last  # only the last pair has a gradient
            symbols = self.encode_layer(layer, pictures, total, training=learns)

            def decode(received: Any, layer: int = layer, learns: bool = learns) -> Any:
                return self.layer_output(layer, received, size, training=learns)

            output = yield Symbols(symbols, decode)
            total = output if total is None else total + output
            if not training:
                yield Shown(ops.clip(total, 0.0, 1.0))
            elif last:
                yield Shown(total)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer_channels": list(self.layer_channels)}
