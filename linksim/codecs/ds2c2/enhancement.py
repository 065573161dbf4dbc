"""The networks of the enhancement layer: a residual to bits, bits to a residual, and the sum."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from linksim.codecs.layers.gdn import Gdn
from linksim.codecs.layers.upsampling import UpsamplingBlock


def residual_encoder(channels: int, filters: int) -> keras.Model:
    """The encoder of BResNet: `[B, H, W, 3]` to an eighth of the sides, `channels` numbers from -1 to 1.

    Three times a strided convolution, GDN and a residual sub-block, of `filters`, twice and four times as many;
    3x3 to `channels`, tanh.
    """
    x = residual = keras.Input((None, None, 3))
    for scale, size in ((1, 5), (2, 3), (4, 3)):
        x = Gdn()(_conv(x, scale * filters, size, strides=2))
        x = _sub_block(x, scale * filters, inverse=False)
    x = _conv(x, channels, 3)
    return keras.Model(residual, layers.Activation("tanh", dtype="float32")(x), name="residual_encoder")


def residual_decoder(channels: int, filters: int) -> keras.Model:
    """The decoder of BResNet, which mirrors the encoder: `[B, h, w, channels]` to `[B, 8h, 8w, 3]`.

    IGDN, and sub-pixel convolutions on the way up (Shi et al. 2016), of which the last starts at zero, as no residual.
    """
    x = bits = keras.Input((None, None, channels))
    x = _conv(x, 4 * filters, 3)
    for scale in (4, 2, 1):
        x = _sub_block(x, scale * filters, inverse=True)
        if scale > 1:
            x = Gdn(inverse=True)(UpsamplingBlock(scale // 2 * filters)(x))
    return keras.Model(
        bits, layers.Activation("linear", dtype="float32")(UpsamplingBlock(3, "zeros")(x)), name="residual_decoder"
    )


def sumnet(channels: int, filters: int) -> keras.Model:
    """SumNet: what the plain sum lacks, `[B, h, w, channels / 2]` from base and residual side by side.

    3x3 to `filters`, three residual sub-blocks, 3x3. The last layer starts at zero, as the plain sum.
    """
    x = both = keras.Input((None, None, channels))
    x = layers.ReLU()(_conv(x, filters, 3))
    for _ in range(3):
        y = layers.ReLU()(_conv(x, filters, 3))
        x = layers.Add()([x, _conv(y, filters, 3)])
    x = layers.Conv2D(channels // 2, 3, padding="same", kernel_initializer="zeros")(x)
    return keras.Model(both, layers.Activation("linear", dtype="float32")(x), name="sumnet")


def _sub_block(x: Any, filters: int, inverse: bool) -> Any:
    # Starts as the identity: IGDN multiplies, and a chain of random ones explodes.
    y = Gdn(inverse=inverse)(_conv(x, filters, 3))
    return layers.Add()([x, layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(y)])


def _conv(x: Any, filters: int, size: int, **options: Any) -> Any:
    return layers.Conv2D(filters, size, padding="same", kernel_initializer="he_normal", **options)(x)
