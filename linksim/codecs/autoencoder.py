"""The common case of a codec: one latent, sent at once."""

from __future__ import annotations

from typing import Any

from linksim.codecs.conversation import Dialogue
from linksim.codecs.parts import Shown, Symbols
from linksim.codecs.symbol_codec import SymbolCodec
from linksim.errors import LinksimError


class Autoencoder(SymbolCodec):
    """A joint source-channel codec made of an analysis and a synthesis network.

    A new codec gives two networks, `analyze` and `synthesize`, the `stride` between picture and
    latent, and `get_config` with its constructor's arguments, by which it travels to worker
    processes. Padding, pairing, power normalisation and cropping are done here.

    Parameters
    ----------
    latent_channels : int
        Real channels of the latent, even. The bandwidth ratio of a picture that needs no padding
        is `latent_channels / (6 * stride**2)`.
    stride : int
        Picture pixels per latent cell along a side.
    name : str, optional
    **about
        `title` and `training_snr_db`, see `Codec`.

    Raises
    ------
    LinksimError
        If `latent_channels` is odd: a real would be left without a partner.
    """

    VERSION = 1

    def __init__(self, latent_channels: int, stride: int, name: str | None = None, **about: Any):
        if latent_channels < 2 or latent_channels % 2:
            raise LinksimError(f"latent_channels is {latent_channels}; give a positive even number")
        super().__init__((latent_channels,), stride, name=name, **about)

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        """Pictures `[B, H, W, 3]` in [0, 1] to a latent `[B, H/stride, W/stride, latent_channels]`.

        Sides are multiples of `stride`.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        training : bool
            Whether layers behave as in training.
        """
        raise NotImplementedError(f"{type(self).__name__} must define analyze")

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        """A received latent `[B, h, w, latent_channels]` to pictures `[B, h*stride, w*stride, 3]` in [0, 1].

        Parameters
        ----------
        latent : [B, h, w, latent_channels]
            As it was received.
        training : bool
            Whether layers behave as in training.
        """
        raise NotImplementedError(f"{type(self).__name__} must define synthesize")

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        """Pictures `[B, H, W, 3]`, float32 in [0, 1], to symbols `[B, k, 2]`, mean power 1 per picture.

        `snr_db` (Es/N0, dB; a number or `[B]`) is for codecs with `encodes_for_snr`.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        snr_db : float or [B]
            Es/N0 in dB.
        training : bool
            Whether layers behave as in training.
        """
        return self.symbols_of(self.analyze(self.pad(pictures), training=training))

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        """Received symbols `[B, k, 2]` to pictures `[B, H, W, 3]`, float32 in [0, 1].

        `snr_db` (Es/N0, dB) is for codecs that adapt to it; `size` is (H, W).

        Parameters
        ----------
        symbols : [B, k, 2], float32
            Real and imaginary parts, as they were received.
        snr_db : float or [B]
            Es/N0 in dB.
        size : (int, int)
            (H, W) of the picture, in pixels.
        training : bool
            Whether layers behave as in training.
        """
        return self.crop(self.synthesize(self.latent_of(symbols, size), training=training), size)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        received = yield Symbols(self.encode(pictures, snr_db if self.encodes_for_snr else None, training=training))
        yield Shown(self.decode(received, snr_db, size, training=training))
