"""One network for every SNR and every number of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from linksim.codecs.base import pad_to_multiple
from linksim.codecs.layers.upsampling import UpsamplingBlock
from linksim.codecs.layers.attention import ModulatedResidualBlock
from linksim.codecs.progressive import ProgressiveCodec
from linksim.errors import LinksimError


@keras.saving.register_keras_serializable("linksim")
class AdaptiveProgressive(ProgressiveCodec):
    """A residual network that is told the SNR, at both ends, and how many layers arrived.

    The single-decoder scheme of Kurka and Gunduz (2019) on a modern network: residual blocks of 3x3
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

    encodes_for_snr = True

    def __init__(
        self, layer_channels: Sequence[int] = (4,) * 6, filters: int = 128, blocks: int = 3, name: str | None = None
    ):
        super().__init__(layer_channels, stride=4, name=name)
        self.filters = filters
        self.blocks = blocks

        # === Encoder ===
        conv = {"padding": "same", "kernel_initializer": "he_normal"}
        self.stem = layers.Conv2D(filters // 2, 5, strides=2, activation="leaky_relu", **conv)
        self.fine_encoder = ModulatedResidualBlock(filters // 2)
        self.down = layers.Conv2D(filters, 3, strides=2, **conv)
        self.encoder_blocks = [ModulatedResidualBlock(filters) for _ in range(blocks)]
        self.to_channels = layers.Conv2D(self.latent_channels, 3, padding="same")

        # === Decoder ===
        self.from_channels = layers.Conv2D(filters, 3, **conv)
        self.decoder_blocks = [ModulatedResidualBlock(filters) for _ in range(blocks)]
        self.up = UpsamplingBlock(filters // 2)
        self.fine_decoder = ModulatedResidualBlock(filters // 2)
        self.to_pixels = UpsamplingBlock(3)

    def _condition(self, like: Any, snr_db: Any, arrived: Any) -> Any:
        """`[B, 1 + L]`: the SNR, 0 dB to 25 dB as about -1 to 1, and which layers arrived."""
        if snr_db is None:
            raise LinksimError("this codec needs the SNR at both ends; give snr_db, in dB")
        ones = ops.ones((ops.shape(like)[0], 1), dtype="float32")
        snr = ops.reshape(ops.cast(snr_db, "float32"), (-1, 1)) / 12.5 - 1.0
        return ops.concatenate([ones * ops.clip(snr, -1.5, 1.5), ones * arrived], axis=-1)

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        x = pad_to_multiple(pictures, self.stride)
        condition = self._condition(x, snr_db, ops.ones((1, self.num_layers)))
        x = self.fine_encoder(self.stem(x), condition)
        x = self.down(x)
        for block in self.encoder_blocks:
            x = block(x, condition)
        latent = ops.cast(self.to_channels(x), "float32")
        return self.normalize_layers(latent)

    def _show(self, latent: Any, snr_db: Any, arrived: Any, size: tuple[int, int], training: bool) -> Any:
        """A latent whose missing layers are zero, to pictures; `arrived` `[B or 1, L]` holds 1 for a layer that is there."""
        condition = self._condition(latent, snr_db, arrived)
        x = self.from_channels(latent)
        for block in self.decoder_blocks:
            x = block(x, condition)
        x = self.fine_decoder(self.up(x), condition)
        pictures = 0.5 + self._crop(self.to_pixels(x), size)
        # In training a value beyond black or white must keep its gradient.
        return pictures if training else ops.clip(pictures, 0.0, 1.0)

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        return self._decode(self.split(symbols, size), snr_db, size, training)

    def decode_layers(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> list[Any]:
        parts = self.split(symbols, size)
        return [self._decode(parts[: i + 1], snr_db, size, training) for i in range(len(parts))]

    def _decode(self, parts: list[Any], snr_db: Any, size: tuple[int, int], training: bool) -> Any:
        latent = ops.concatenate(parts, axis=-1)
        missing = self.latent_channels - latent.shape[-1]
        latent = ops.pad(latent, [(0, 0), (0, 0), (0, 0), (0, missing)])
        arrived = ops.array([[1.0] * len(parts) + [0.0] * (self.num_layers - len(parts))])
        return self._show(latent, snr_db, arrived, size, training)

    def reconstructions(
        self, pictures: Any, send: Callable[[Any], Any], snr_db: Any, training: bool = False, seed: Any = None
    ) -> list[Any]:
        if not training:
            return super().reconstructions(pictures, send, snr_db)
        size = pictures.shape[1:3]
        latent = ops.concatenate(self.split(send(self.encode(pictures, snr_db, training=True)), size), axis=-1)
        # Every picture has a number of layers of its own.
        count = keras.random.randint((ops.shape(pictures)[0], 1), 1, self.num_layers + 1, seed=seed)
        arrived = ops.cast(ops.arange(self.num_layers)[None] < count, "float32")
        kept = ops.take(arrived, [i for i, c in enumerate(self.layer_channels) for _ in range(c)], axis=1)
        return [self._show(latent * kept[:, None, None, :], snr_db, arrived, size, training=True)]

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        raise LinksimError("both networks need the SNR; use encode and decode")

    synthesize = analyze

    def get_config(self) -> dict[str, Any]:
        return {
            "layer_channels": list(self.layer_channels),
            "filters": self.filters,
            "blocks": self.blocks,
            "name": self.name,
        }
