"""What every learned codec is: pictures to symbols and back, for any picture size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from linksim.codecs.layers.symbols import PowerNormalization, to_latent, to_symbols


def pad_to_multiple(pictures: Any, multiple: int) -> Any:
    """Repeat the last row and column until both sides are multiples of `multiple`: [B, H, W, C] in and out."""
    _, height, width, _ = pictures.shape
    rows, columns = -(-height // multiple) * multiple, -(-width // multiple) * multiple
    if rows != height:
        pictures = ops.take(pictures, [min(i, height - 1) for i in range(rows)], axis=1)
    if columns != width:
        pictures = ops.take(pictures, [min(i, width - 1) for i in range(columns)], axis=2)
    return pictures


class Codec(keras.Model):
    """A joint source-channel codec made of an analysis and a synthesis network.

    A new codec gives two networks, `analyze` and `synthesize`, and the `stride` between picture
    and latent. Padding, pairing, power normalisation and cropping are done here, once: a picture
    whose sides are no multiple of `stride` is padded, and the padding is charged. What a codec of
    several layers adds is in `ProgressiveCodec`.

    Parameters
    ----------
    latent_channels : int
        Real channels of the latent, even. The bandwidth ratio of a picture that needs no padding
        is `latent_channels / (6 * stride**2)`.
    stride : int
        Picture pixels per latent cell along a side.
    """

    num_layers: int = 1
    encodes_for_snr: bool = False
    """Whether `encode` looks at the SNR; where it does not, a picture is encoded once for all of them."""

    def __init__(self, latent_channels: int, stride: int, name: str | None = None):
        super().__init__(name=name)
        self.latent_channels = latent_channels
        self.stride = stride
        self.power_normalization = PowerNormalization(name="power_normalization")

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        """Pictures `[B, H, W, 3]` in [0, 1], sides multiples of `stride`, to a latent `[B, H/stride, W/stride, latent_channels]`."""
        raise NotImplementedError(f"{type(self).__name__} must define analyze")

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        """A received latent `[B, h, w, latent_channels]` to pictures `[B, h*stride, w*stride, 3]` in [0, 1]."""
        raise NotImplementedError(f"{type(self).__name__} must define synthesize")

    def num_symbols(self, height: int, width: int) -> int:
        """Channel uses of a picture of `height` x `width` pixels, padding included."""
        cells = -(-height // self.stride) * -(-width // self.stride)
        return cells * self.latent_channels // 2

    def layer_symbols(self, height: int, width: int) -> tuple[int, ...]:
        """Channel uses of each layer; they add up to `num_symbols`."""
        return (self.num_symbols(height, width),)

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        """Pictures `[B, H, W, 3]`, float32 in [0, 1], to symbols `[B, k, 2]`, mean power 1 per picture and layer.

        `snr_db` (Es/N0, dB; a number or `[B]`) is for codecs with `encodes_for_snr`.
        """
        latent = self.analyze(pad_to_multiple(pictures, self.stride), training=training)
        return self.power_normalization(to_symbols(latent))

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        """Received symbols `[B, k, 2]` to pictures `[B, H, W, 3]`, float32 in [0, 1].

        `snr_db` (Es/N0, dB) is for codecs that adapt to it; `size` is (H, W).
        """
        rows, columns = (-(-side // self.stride) for side in size)
        pictures = self.synthesize(to_latent(symbols, rows, columns), training=training)
        return self._crop(pictures, size)

    def _crop(self, pictures: Any, size: tuple[int, int]) -> Any:
        return ops.cast(pictures, "float32")[:, : size[0], : size[1]]

    def decode_layers(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> list[Any]:
        """What the receiver shows after each layer: a list of `[B, H, W, 3]`, the last from all symbols."""
        return [self.decode(symbols, snr_db, size, training=training)]

    def reconstructions(
        self, pictures: Any, send: Callable[[Any], Any], snr_db: Any, training: bool = False, seed: Any = None
    ) -> list[Any]:
        """Encode, send, decode: the forward pass of training and validation.

        Parameters
        ----------
        pictures : [B, H, W, 3]
        send : function
            The channel: symbols `[B, k, 2]` to what is received of them.
        snr_db : float or [B]
        training : bool
        seed : keras.random.SeedGenerator, optional
            For codecs whose training draws something beside the noise.

        Returns
        -------
        list of [B, H, W, 3]
            Where `training`, the pictures whose mean squared errors the loss averages; else one per layer.
        """
        symbols = self.encode(pictures, snr_db, training=training)
        return self.decode_layers(send(symbols), snr_db, pictures.shape[1:3], training=training)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Encode and decode over a perfect channel; builds every layer."""
        snr_db = 100.0
        symbols = self.encode(pictures, snr_db, training=training)
        return self.decode_layers(symbols, snr_db, pictures.shape[1:3], training=training)[-1]

    def __reduce__(self) -> tuple[Any, ...]:
        # For worker processes: the constructor's arguments and the weights are all there is.
        weights = [ops.convert_to_numpy(w) for w in self.weights]
        return _rebuild, (type(self), self.get_config(), getattr(self, "title", None), weights)


def _rebuild(kind: type[Codec], config: dict[str, Any], title: str | None, weights: list[Any]) -> Codec:
    codec = kind(**config)
    codec(ops.zeros((1, 2 * codec.stride, 2 * codec.stride, 3)))
    codec.set_weights(weights)
    codec.title = title
    return codec
