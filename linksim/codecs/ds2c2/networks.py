"""The networks of the base layer: what is seen, what is sent, what is painted."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

NORMALIZATIONS = ("instance", "none")


def segnet(classes: int, filters: int = 16) -> keras.Model:
    """SegNet: pictures `[B, H, W, 3]` to the score of each class for each pixel, `[B, H, W, classes]`; sides are
    multiples of 8.

    An encoder of four scales and a decoder with skips (Badrinarayanan et al. 2017; Ronneberger et al. 2015), the last
    step up bilinear.
    """
    x = picture = keras.Input((None, None, 3))
    skips = []
    for scale in range(1, 4):
        x = layers.ReLU()(_conv(x, filters * 2**scale, 3, strides=2))
        x = layers.ReLU()(_conv(x, filters * 2**scale, 3))
        skips.append(x)
    for _ in range(2):  # the receptive field grows to most of a street scene
        x = layers.ReLU()(_conv(x, filters * 8, 3, dilation_rate=4))
    for scale in (2, 1):
        x = layers.UpSampling2D(2, interpolation="bilinear")(layers.ReLU()(_conv(x, filters * 2**scale, 3)))
        x = layers.Concatenate()([x, skips[scale - 1]])
    x = layers.ReLU()(_conv(x, filters * 2, 3))
    x = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")(layers.Conv2D(classes, 1)(x))
    return keras.Model(picture, x, name="segnet")


def compnet(filters: int, normalization: str) -> keras.Model:
    """CompNet: pictures `[B, H, W, 3]` from -1 to 1 to an eighth of the sides, 3 channels from -1 to 1.

    7x7 to `filters`, three 3x3/2 to 2, 4 and 8 times as many, 7x7 to 3, tanh (Akbari, Liang and Han 2019).
    """
    x = picture = keras.Input((None, None, 3))
    x = _block(x, filters, 7, normalization)
    for scale in (2, 4, 8):
        x = _block(x, scale * filters, 3, normalization, strides=2)
    x = layers.Conv2D(3, 7, padding="same")(x)
    return keras.Model(picture, layers.Activation("tanh", dtype="float32")(x), name="compnet")


def finenet(channels: int, filters: int, blocks: int, normalization: str, name: str) -> keras.Model:
    """FineNet: `[B, H, W, channels]` to what is missing in the picture, `[B, H, W, 3]` from -1 to 1.

    The global generator of pix2pixHD (Wang et al. 2018): 7x7, three 3x3/2, residual blocks of two 3x3, three
    transposed 3x3/2, 7x7, tanh. The last layer starts at zero: what is missing is then nothing.
    """
    x = given = keras.Input((None, None, channels))
    x = _block(x, filters, 7, normalization)
    for scale in (2, 4, 8):
        x = _block(x, scale * filters, 3, normalization, strides=2)
    for _ in range(blocks):
        y = _block(x, 8 * filters, 3, normalization)
        x = layers.Add()([x, _normalized(_conv(y, 8 * filters, 3), normalization)])
    for scale in (4, 2, 1):
        x = layers.Conv2DTranspose(
            scale * filters, 3, strides=2, padding="same", kernel_initializer="he_normal", use_bias=True
        )(x)
        x = layers.ReLU()(_normalized(x, normalization))
    x = layers.Conv2D(3, 7, padding="same", kernel_initializer="zeros")(x)
    return keras.Model(given, layers.Activation("tanh", dtype="float32")(x), name=name)


def _conv(x: Any, filters: int, size: int, **options: Any) -> Any:
    return layers.Conv2D(filters, size, padding="same", kernel_initializer="he_normal", **options)(x)


def _block(x: Any, filters: int, size: int, normalization: str, **options: Any) -> Any:
    return layers.ReLU()(_normalized(_conv(x, filters, size, **options), normalization))


def _normalized(x: Any, normalization: str) -> Any:
    """Instance normalisation is one group for each channel."""
    return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x) if normalization == "instance" else x
