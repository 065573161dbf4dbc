"""What codecs share whose parts are all symbols, a layer each, made from latents."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from keras import ops

from linksim.codecs.base import Codec
from linksim.codecs.layers.symbols import PowerNormalization, to_latent, to_symbols
from linksim.errors import LinksimError


def pad_to_multiple(pictures: Any, multiple: int) -> Any:
    """Repeat the last row and column until both sides are multiples of `multiple`: [B, H, W, C] in and out."""
    _, height, width, _ = pictures.shape
    rows, columns = -(-height // multiple) * multiple, -(-width // multiple) * multiple
    if rows != height:
        pictures = ops.take(pictures, [min(i, height - 1) for i in range(rows)], axis=1)
    if columns != width:
        pictures = ops.take(pictures, [min(i, width - 1) for i in range(columns)], axis=2)
    return pictures


class SymbolCodec(Codec):
    """A codec that sends a picture as L layers of symbols (Kurka and Gündüz 2019, sec. II).

    Layer i occupies k_i channel uses, one layer after the other, each of mean power 1 per picture; its
    conversation yields one `Symbols` and one `Shown` per layer. Pairing, power normalisation and
    cropping are helpers here: a picture whose sides are no multiple of `stride` is padded, and the
    padding is charged.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of the latent of each layer, even: k_i/n = `layer_channels[i] / (6 * stride**2)`.
    stride : int
        Picture pixels per latent cell along a side.
    name : str, optional
    **about
        `title` and `training_snr_db`, see `Codec`.

    Raises
    ------
    LinksimError
        If there is no layer, or one has an odd number of channels.
    """

    VERSION = 1

    def __init__(self, layer_channels: Sequence[int], stride: int, name: str | None = None, **about: Any):
        if not isinstance(layer_channels, Sequence) or isinstance(layer_channels, str):
            raise LinksimError(f"layer_channels is {layer_channels!r}; give a list, one number for each layer")
        if not layer_channels or any(not isinstance(c, Integral) or c < 2 or c % 2 for c in layer_channels):
            raise LinksimError(f"layer_channels is {list(layer_channels)}; give each layer a positive even number")
        super().__init__(name=name, **about)
        self.layer_channels = tuple(int(c) for c in layer_channels)
        self.latent_channels = sum(self.layer_channels)
        self.num_layers = len(self.layer_channels)
        self.stride = stride
        self.power_normalization = PowerNormalization(name="power_normalization")

    def layer_symbols(self, height: int, width: int) -> tuple[int, ...]:
        """Channel uses of each layer of a picture of `height` x `width` pixels, padding included."""
        rows, columns = self.cells((height, width))
        return tuple(rows * columns * c // 2 for c in self.layer_channels)

    def num_symbols(self, height: int, width: int) -> int:
        """Channel uses of a picture of `height` x `width` pixels: the sum of `layer_symbols`."""
        return sum(self.layer_symbols(height, width))

    def cells(self, size: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the latent of a picture of `size` (H, W)."""
        return -(-size[0] // self.stride), -(-size[1] // self.stride)

    def pad(self, pictures: Any) -> Any:
        """Pictures whose sides are multiples of the stride.

        Parameters
        ----------
        pictures : [B, H, W, 3]
        """
        return pad_to_multiple(pictures, self.stride)

    def crop(self, pictures: Any, size: tuple[int, int]) -> Any:
        """Pictures `[B, H, W, 3]`, float32, without the padding.

        Parameters
        ----------
        pictures : [B, H + .., W + .., 3]
            Padded.
        size : (int, int)
            (H, W) of the picture, in pixels.
        """
        return ops.cast(pictures, "float32")[:, : size[0], : size[1]]

    def told_snr(self, snr_db: Any) -> Any:
        """What a network that needs it hears of the SNR, `[1]` or `[B]` float32 in dB, of a number or `[B]`.

        Parameters
        ----------
        snr_db : float or [B]
            Es/N0 in dB.

        Raises
        ------
        LinksimError
            If there is none.
        """
        if snr_db is None:
            raise LinksimError("this codec needs the SNR at both ends; give snr_db, in dB")
        return ops.reshape(ops.cast(snr_db, "float32"), (-1,))

    def symbols_of(self, latent: Any) -> Any:
        """A latent `[B, h, w, c]` to symbols `[B, h*w*c/2, 2]` of mean power 1 per picture."""
        return self.power_normalization(to_symbols(latent))

    def latent_of(self, symbols: Any, size: tuple[int, int]) -> Any:
        """Received symbols `[B, k, 2]` of a picture of `size` to a latent `[B, h, w, c]`."""
        return to_latent(symbols, *self.cells(size))

    def layers_of(self, latent: Any) -> list[Any]:
        """The latents of all layers side by side, `[B, h, w, sum of c_i]`, to the symbols of each, `[B, k_i, 2]`.

        Parameters
        ----------
        latent : [B, h, w, sum of c_i]
        """
        ends = [sum(self.layer_channels[:i]) for i in range(self.num_layers + 1)]
        return [self.symbols_of(latent[..., a:b]) for a, b in zip(ends, ends[1:])]
