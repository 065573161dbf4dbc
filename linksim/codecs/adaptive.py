"""One network for every SNR and every number of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from linksim.codecs.conversation import Dialogue
from linksim.codecs.layers.attention import SnrAttentionBlock
from linksim.codecs.layers.upsampling import UpsamplingBlock
from linksim.codecs.parts import Shown, Symbols
from linksim.codecs.symbol_codec import SymbolCodec


@keras.saving.register_keras_serializable("linksim")
class AdaptiveProgressive(SymbolCodec):
    """A residual network that is told the SNR, at both ends, and how many layers arrived.

    The single-decoder scheme of Kurka and Gündüz (2019) on a modern network: residual blocks of 3x3
    convolutions whose channels are scaled by an attention feature module (ADJSCC, Xu et al. 2022).
    In training every picture draws its SNR and the number of its layers that arrive, as in
    DeepJSCC-l++ (Bian et al. 2023), so that one set of weights serves them all.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of each layer at a quarter of the resolution: 4 is k_i/n = 1/24.
    filters : int
        Width at a quarter of the resolution; half of it at half.
    blocks : int
        Residual blocks at a quarter of the resolution, in the encoder and in the decoder.
    """

    VERSION = 1
    encodes_for_snr = True

    def __init__(
        self,
        layer_channels: Sequence[int] = (4,) * 6,
        filters: int = 128,
        blocks: int = 3,
        name: str | None = None,
        **about: Any,
    ):
        super().__init__(layer_channels, stride=4, name=name, **about)
        self.filters = filters
        self.blocks = blocks

        # === Encoder ===
        conv = {"padding": "same", "kernel_initializer": "he_normal"}
        self.stem = layers.Conv2D(filters // 2, 5, strides=2, activation="leaky_relu", **conv)
        self.fine_encoder = SnrAttentionBlock(filters // 2)
        self.down = layers.Conv2D(filters, 3, strides=2, **conv)
        self.encoder_blocks = [SnrAttentionBlock(filters) for _ in range(blocks)]
        self.to_channels = layers.Conv2D(self.latent_channels, 3, padding="same")

        # === Decoder ===
        self.from_channels = layers.Conv2D(filters, 3, **conv)
        self.decoder_blocks = [SnrAttentionBlock(filters) for _ in range(blocks)]
        self.up = UpsamplingBlock(filters // 2)
        self.fine_decoder = SnrAttentionBlock(filters // 2)
        self.to_pixels = UpsamplingBlock(3)

    def _condition(self, like: Any, snr_db: Any, arrived: Any) -> Any:
        """`[B, 1 + L]`: the SNR, 0 dB to 25 dB as about -1 to 1, and which layers arrived."""
        ones = ops.ones((ops.shape(like)[0], 1), dtype="float32")
        snr = self.told_snr(snr_db)[:, None] / 12.5 - 1.0
        return ops.concatenate([ones * ops.clip(snr, -1.5, 1.5), ones * arrived], axis=-1)

    def encode_layers(self, pictures: Any, snr_db: Any) -> list[Any]:
        """Pictures `[B, H, W, 3]` to the symbols of each layer, `[B, k_i, 2]`, for an Es/N0 in dB.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        snr_db : float or [B]
            Es/N0 in dB.
        """
        x = self.pad(pictures)
        condition = self._condition(x, snr_db, ops.ones((1, self.num_layers)))
        x = self.fine_encoder(self.stem(x), condition)
        x = self.down(x)
        for block in self.encoder_blocks:
            x = block(x, condition)
        return self.layers_of(ops.cast(self.to_channels(x), "float32"))

    def show(self, latent: Any, snr_db: Any, arrived: Any, size: tuple[int, int]) -> Any:
        """A latent whose missing layers are zero, to pictures that are not clipped.

        `arrived` `[B or 1, L]` holds 1 for a layer that is there.

        Parameters
        ----------
        snr_db : float or [B]
            Es/N0 in dB.
        size : (int, int)
            (H, W) of the picture, in pixels.
        """
        condition = self._condition(latent, snr_db, arrived)
        x = self.from_channels(latent)
        for block in self.decoder_blocks:
            x = block(x, condition)
        x = self.fine_decoder(self.up(x), condition)
        return 0.5 + self.crop(self.to_pixels(x), size)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        latents: list[Any] = []
        for symbols in self.encode_layers(pictures, snr_db):
            latents.append(self.latent_of((yield Symbols(symbols)), size))
            if not training:
                latent = ops.concatenate(latents, axis=-1)
                missing = self.latent_channels - latent.shape[-1]
                latent = ops.pad(latent, [(0, 0), (0, 0), (0, 0), (0, missing)])
                arrived = ops.array([[1.0] * len(latents) + [0.0] * (self.num_layers - len(latents))])
                yield Shown(ops.clip(self.show(latent, snr_db, arrived, size), 0.0, 1.0))
        if training:
            yield Shown(self._show_some(ops.concatenate(latents, axis=-1), snr_db, size, seed))

    def _show_some(self, latent: Any, snr_db: Any, size: tuple[int, int], seed: Any) -> Any:
        """Every picture after a number of layers of its own. Not clipped: beyond black and white a value must
        keep its gradient."""
        count = keras.random.randint((ops.shape(latent)[0], 1), 1, self.num_layers + 1, seed=seed)
        arrived = ops.cast(ops.arange(self.num_layers)[None] < count, "float32")
        kept = ops.take(arrived, [i for i, c in enumerate(self.layer_channels) for _ in range(c)], axis=1)
        return self.show(latent * kept[:, None, None, :], snr_db, arrived, size)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layer_channels": list(self.layer_channels),
            "filters": self.filters,
            "blocks": self.blocks,
        }
