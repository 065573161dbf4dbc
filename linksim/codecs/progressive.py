"""What codecs of several layers share: a picture that sharpens with every layer received."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from numbers import Integral
from typing import Any

from keras import ops

from linksim.codecs.base import Codec, pad_to_multiple
from linksim.codecs.layers.symbols import to_latent, to_symbols
from linksim.errors import LinksimError


class ProgressiveCodec(Codec):
    """A codec that sends a picture in L layers (Kurka and Gunduz 2019, sec. II).

    Layer i occupies k_i channel uses, one layer after the other, each of mean power 1 per picture.
    A receiver that has the first i layers shows a picture: `decode` takes any number of whole layers.

    A new codec gives `analyze`, pictures to the latents of all layers side by side; `synthesize`, the
    latents of the first i layers side by side to pictures; and `get_config` with its constructor's
    arguments, by which it travels to worker processes. A codec whose encoder reads the SNR sets
    `encodes_for_snr`; one that does not fit this form overrides `encode` and `decode_layers`.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of the latent of each layer, even: k_i/n = `layer_channels[i] / (6 * stride**2)`.
    stride : int
        Picture pixels per latent cell along a side.

    Raises
    ------
    LinksimError
        If there is no layer, or one has an odd number of channels.
    """

    def __init__(self, layer_channels: Sequence[int], stride: int, name: str | None = None):
        if not isinstance(layer_channels, Sequence) or isinstance(layer_channels, str):
            raise LinksimError(f"layer_channels is {layer_channels!r}; give a list, one number for each layer")
        if not layer_channels or any(not isinstance(c, Integral) or c < 2 or c % 2 for c in layer_channels):
            raise LinksimError(f"layer_channels is {list(layer_channels)}; give each layer a positive even number")
        layer_channels = tuple(int(c) for c in layer_channels)
        super().__init__(sum(layer_channels), stride, name=name)
        self.layer_channels = layer_channels
        self.num_layers = len(layer_channels)

    def layer_symbols(self, height: int, width: int) -> tuple[int, ...]:
        cells = -(-height // self.stride) * -(-width // self.stride)
        return tuple(cells * c // 2 for c in self.layer_channels)

    def split(self, symbols: Any, size: tuple[int, int]) -> list[Any]:
        """Symbols of the first i whole layers `[B, k_1 + .. + k_i, 2]` to their latents `[B, h, w, c_j]`.

        Raises
        ------
        LinksimError
            If the symbols end inside a layer.
        """
        ends = [0, *accumulate(self.layer_symbols(*size))]
        if symbols.shape[1] not in ends[1:]:
            raise LinksimError(f"{symbols.shape[1]} symbols are no whole number of layers; they end at {ends[1:]}")
        rows, columns = (-(-side // self.stride) for side in size)
        count = ends.index(symbols.shape[1])
        return [to_latent(symbols[:, ends[i] : ends[i + 1]], rows, columns) for i in range(count)]

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        return self.normalize_layers(self.analyze(pad_to_multiple(pictures, self.stride), training=training))

    def normalize_layers(self, latent: Any) -> Any:
        """The latents of all layers side by side `[B, h, w, sum of c_i]` to symbols `[B, k, 2]`, power 1 in every layer."""
        ends = [0, *accumulate(self.layer_channels)]
        layers = [to_symbols(latent[..., a:b]) for a, b in zip(ends, ends[1:])]
        return ops.concatenate([self.power_normalization(layer) for layer in layers], axis=1)

    def decode_layers(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> list[Any]:
        """Symbols of the first i layers to the pictures after layer 1 .. i, each `[B, H, W, 3]`, float32 in [0, 1]."""
        latents = self.split(symbols, size)
        parts = [ops.concatenate(latents[: i + 1], axis=-1) for i in range(len(latents))]
        return [self._crop(self.synthesize(part, training=training), size) for part in parts]

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        """The picture after the last of the layers that are in `symbols`, the last of `decode_layers`."""
        latent = ops.concatenate(self.split(symbols, size), axis=-1)
        return self._crop(self.synthesize(latent, training=training), size)
