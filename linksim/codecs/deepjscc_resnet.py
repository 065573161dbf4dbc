"""DeepJSCC on a small residual network over blocks of pixels."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from linksim.codecs.autoencoder import Autoencoder
from linksim.codecs.layers.blocks import depth_to_space, space_to_depth
from linksim.codecs.layers.snr_scale import SnrScale


@keras.saving.register_keras_serializable("linksim")
class _Trunk(keras.layers.Layer):
    """3x3 to `filters`, residual blocks of two 3x3, 3x3 to `channels_out`; told the SNR where `adaptive`."""

    VERSION = 1

    def __init__(self, channels_out: int, filters: int, blocks: int, adaptive: bool, last: str, name: str):
        super().__init__(name=name)
        conv = {"padding": "same", "kernel_initializer": "he_normal"}
        self.filters = filters
        self.first = layers.Conv2D(filters, 3, **conv)
        self.blocks = [
            [_prelu(), layers.Conv2D(filters, 3, **conv), _prelu(), layers.Conv2D(filters, 3, **conv)]
            for _ in range(blocks)
        ]
        self.scales = [SnrScale(filters) for _ in range(blocks + 1)] if adaptive else []
        self.activation = _prelu()
        self.last = layers.Conv2D(channels_out, 3, padding="same", kernel_initializer=last)

    def build(self, input_shape: Any, *_: Any) -> None:
        wide = (None, None, None, self.filters)
        self.first.build(input_shape)
        for layer in [layer for block in self.blocks for layer in block] + self.scales:
            layer.build(wide)
        self.activation.build(wide)
        self.last.build(wide)

    def call(self, x: Any, snr_db: Any = None) -> Any:
        x = self.first(x)
        for i, block in enumerate(self.blocks):
            y = x if not self.scales else self.scales[i](x, snr_db)
            for layer in block:
                y = layer(y)
            x = x + y
        if self.scales:
            x = self.scales[-1](x, snr_db)
        return self.last(self.activation(x))


def _prelu() -> layers.Layer:
    # One slope per channel, so that the network takes any picture size.
    return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])


@keras.saving.register_keras_serializable("linksim")
class DeepJsccResNet(Autoencoder):
    """A residual network of 3x3 convolutions, all of them over blocks of 4x4 pixels, or 8x8.

    Encoder: the pixels of a block side by side (Shi et al. 2016), 3x3 to `filters`, residual blocks
    of two 3x3 convolutions before which PReLU stands (He et al. 2016, pre-activation), PReLU, 3x3 to c. The
    decoder mirrors it, ends in the pixels of the block, and adds mid-grey.
    More PSNR for the same arithmetic than the network of `DeepJscc`, which spends most of it at full and
    half resolution.

    Parameters
    ----------
    latent_channels : int
        c, real channels for each block: k/n = c / (6 block^2), so with blocks of 4x4 6 is 1/16 and 16 is 1/6.
    filters : int
        Width.
    blocks : int
        Residual blocks in the encoder, and in the decoder.
    adaptive : bool
        Whether both ends are told the SNR, so that one set of weights serves them all.
    block : int
        Side of a block in pixels. Fewer than 4 channels for a block of 4x4 leave no room for its colour: take 8.

    Examples
    --------
    >>> codec = DeepJsccResNet(latent_channels=6)
    >>> codec.num_symbols(512, 768) / (3 * 512 * 768) == 1 / 16
    True
    """

    VERSION = 1

    def __init__(
        self,
        latent_channels: int = 16,
        filters: int = 64,
        blocks: int = 1,
        adaptive: bool = False,
        block: int = 4,
        name: str | None = None,
        **about: Any,
    ):
        super().__init__(latent_channels, stride=block, name=name, **about)
        self.filters = filters
        self.blocks = blocks
        self.adaptive = adaptive
        self.block = block
        self.encodes_for_snr = adaptive
        shape = (filters, blocks, adaptive)
        self.encoder = _Trunk(latent_channels, *shape, last="he_normal", name="encoder")
        # The last layer starts at zero, mid-grey: the first gradients then teach the decoder alone.
        self.decoder = _Trunk(3 * block**2, *shape, last="zeros", name="decoder")

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        blocks = space_to_depth(ops.cast(self.pad(pictures), "float32") - 0.5, self.block)
        return self.symbols_of(ops.cast(self.encoder(blocks, self._told(snr_db)), "float32"))

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        x = self.decoder(self.latent_of(symbols, size), self._told(snr_db))
        x = 0.5 + self.crop(depth_to_space(x, self.block), size)
        # In training not clipped: beyond black and white a value must keep its gradient.
        return x if training else ops.clip(x, 0.0, 1.0)

    def _told(self, snr_db: Any) -> Any:
        """What the networks hear of the SNR."""
        return self.told_snr(snr_db) if self.adaptive else None

    def get_config(self) -> dict[str, Any]:
        own = {"latent_channels": self.latent_channels, "filters": self.filters, "blocks": self.blocks}
        # Left out where it is what it was before it could be chosen: results of then stay valid.
        block = {} if self.block == 4 else {"block": self.block}
        return {**super().get_config(), **own, "adaptive": self.adaptive, **block}
