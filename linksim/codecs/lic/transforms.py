"""The transforms of Cheng et al. (2020): residual blocks, simplified attention, GDN where the resolution changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from linksim.codecs.layers.blocks import depth_to_space
from linksim.codecs.layers.gdn import Gdn

_SLOPE = 0.01


def _conv(filters: int, size: int = 3, strides: int = 1) -> layers.Layer:
    # Small weights: inverse GDN squares what it is given, and a fresh synthesis would explode.
    small = keras.initializers.VarianceScaling(1 / 3, distribution="uniform")
    return layers.Conv2D(filters, size, strides=strides, padding="same", kernel_initializer=small)


def _leaky() -> layers.Layer:
    return layers.LeakyReLU(negative_slope=_SLOPE)


class _Parts(layers.Layer):
    """A layer made of others, each built for the shape that the one before gives."""

    def _build(self, parts: Sequence[layers.Layer], shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        for part in parts:
            if not part.built:
                part.build(shape)
            shape = part.compute_output_shape(shape)
        return shape

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters, "name": self.name}


@keras.saving.register_keras_serializable("linksim")
class Upsample(_Parts):
    """3x3 to four times the channels, which become 2x2 pixels (Shi et al. 2016)."""

    def __init__(self, filters: int, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.conv = _conv(4 * filters)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.conv.build(input_shape)

    def call(self, x: Any) -> Any:
        return depth_to_space(self.conv(x), 2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        height, width = (None if n is None else 2 * n for n in input_shape[1:3])
        return (input_shape[0], height, width, self.filters)


@keras.saving.register_keras_serializable("linksim")
class ResidualBlock(_Parts):
    """Two 3x3 convolutions, each with leaky ReLU, beside the identity; or two that halve or double the resolution,
    leaky ReLU and GDN between and behind them, beside a convolution that does.

    Parameters
    ----------
    filters : int
    change : {"none", "down", "up"}
    """

    VERSION = 1

    def __init__(self, filters: int, change: str = "none", name: str | None = None):
        super().__init__(name=name)
        self.filters, self.change = filters, change
        if change == "none":
            self.main, self.beside = [_conv(filters), _leaky(), _conv(filters), _leaky()], []
        elif change == "down":
            self.main = [_conv(filters, strides=2), _leaky(), _conv(filters), Gdn()]
            self.beside = [_conv(filters, 1)]
        else:
            self.main = [Upsample(filters), _leaky(), _conv(filters), Gdn(inverse=True)]
            self.beside = [Upsample(filters)]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._build(self.main, input_shape)
        self._build(self.beside, input_shape)

    def call(self, x: Any) -> Any:
        y = x
        for layer in self.main:
            y = layer(y)
        if self.change == "down":
            # The gradient of a 1x1 convolution of stride 2 crashes TensorFlow 2.21 on CPUs; this is the same.
            x = x[:, ::2, ::2]
        for layer in self.beside:
            x = layer(x)
        return x + y

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        for layer in self.main:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "change": self.change}


class _Unit(_Parts):
    """1x1 to half the width, 3x3, 1x1 back, beside the identity."""

    def __init__(self, filters: int):
        super().__init__()
        self.filters = filters
        self.main = [
            _conv(filters // 2, 1), layers.ReLU(), _conv(filters // 2), layers.ReLU(), _conv(filters, 1),
        ]  # fmt: skip
        self.last = layers.ReLU()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._build(self.main, input_shape)

    def call(self, x: Any) -> Any:
        y = x
        for layer in self.main:
            y = layer(y)
        return self.last(x + y)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


@keras.saving.register_keras_serializable("linksim")
class Attention(_Parts):
    """The simplified attention module (Cheng et al. 2020, fig. 6): x + a(x) sigmoid(b(x)), three units each."""

    VERSION = 1

    def __init__(self, filters: int, name: str | None = None):
        super().__init__(name=name)
        self.filters = filters
        self.trunk = [_Unit(filters) for _ in range(3)]
        self.mask = [*(_Unit(filters) for _ in range(3)), _conv(filters, 1)]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._build(self.trunk, input_shape)
        self._build(self.mask, input_shape)

    def call(self, x: Any) -> Any:
        a, b = x, x
        for layer in self.trunk:
            a = layer(a)
        for layer in self.mask:
            b = layer(b)
        return x + a * keras.ops.sigmoid(b)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def analysis(filters: int, latent_channels: int) -> keras.Sequential:
    """g_a: pictures `[B, H, W, 3]` to latents `[B, H/16, W/16, latent_channels]`."""
    n, m = filters, latent_channels
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            ResidualBlock(n, "down"), ResidualBlock(n),
            ResidualBlock(n, "down"), Attention(n), ResidualBlock(n),
            ResidualBlock(n, "down"), ResidualBlock(n),
            _conv(m, strides=2), Attention(m),
        ],
        name="analysis",
    )  # fmt: skip


def synthesis(filters: int, latent_channels: int) -> keras.Sequential:
    """g_s: latents `[B, h, w, latent_channels]` to pictures `[B, 16 h, 16 w, 3]`."""
    n, m = filters, latent_channels
    return keras.Sequential(
        [
            keras.Input((None, None, m)),
            Attention(m), ResidualBlock(m), ResidualBlock(n, "up"),
            ResidualBlock(n), ResidualBlock(n, "up"), Attention(n),
            ResidualBlock(n), ResidualBlock(n, "up"),
            ResidualBlock(n), Upsample(3),
        ],
        name="synthesis",
    )  # fmt: skip


def hyper_analysis(filters: int, latent_channels: int) -> keras.Sequential:
    """h_a: latents, as `linksim.codecs.lic.units.signed_octaves` gives them, to `[B, H/64, W/64, filters]`."""
    n = filters
    return keras.Sequential(
        [
            keras.Input((None, None, 2 * latent_channels)),
            _conv(n), _leaky(), _conv(n), _leaky(), _conv(n, strides=2), _leaky(), _conv(n), _leaky(),
            _conv(n, strides=2),
        ],
        name="hyper_analysis",
    )  # fmt: skip
