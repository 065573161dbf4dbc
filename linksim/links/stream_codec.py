"""An image codec that makes bytes, as a codec of one part, for links that take their parts apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linksim.codecs.conversation import Dialogue
from linksim.codecs.parts import Bytes, Shown
from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.pixels import pixel_digest
from linksim.remembered import Remembered
from linksim.source.base import SourceCodec
from linksim.source.curves import RdCurves

VERSION = 1
"""Raised whenever the same picture is sent or shown otherwise; the image codec speaks for itself."""

_GREY = 128 / 255

_REMEMBERED = 1 << 26
"""Bytes of pictures, and of streams: draw after draw sends the same few, and an image codec is slow."""


class StreamCodec:
    """The best stream of an image codec within a number of bits per pixel; mid-grey is shown where it is lost.

    Parameters
    ----------
    source : SourceCodec
    bpp : float
        Bits per pixel, at most.
    title : str, optional

    Raises
    ------
    LinksimError
        If `bpp` is not positive; when sending, if even the shortest stream is longer.
    """

    num_layers = 1
    needs_reception = False
    encodes_for_snr = False

    def __init__(self, source: SourceCodec, bpp: float, title: str | None = None):
        if not bpp > 0:
            raise LinksimError(f"{bpp} bits per pixel are not possible; give a number above 0")
        self.curves, self.bpp = RdCurves(source), float(bpp)
        self.title = title or f"{source.name}, {bpp:g} bpp"
        self._streams, self._decoded = Remembered(_REMEMBERED), Remembered(_REMEMBERED)

    @property
    def source_names(self) -> tuple[str]:
        """The name of the image codec."""
        return (self.curves.name,)

    def with_source(self, source: SourceCodec) -> StreamCodec:
        """Another image codec within the same number of bits per pixel.

        Parameters
        ----------
        source : SourceCodec
        """
        return StreamCodec(source, self.bpp, self.title.replace(self.curves.name, source.name))

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        """See `linksim.codecs.Codec.converse`.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        snr_db : float or [B]
            Es/N0 in dB.
        size : (int, int)
            (H, W) of the picture, in pixels.
        training : bool
            Whether layers behave as in training.
        seed : keras.random.SeedGenerator, optional
        """
        max_pixels = size[0] * size[1]

        def streams() -> list[bytes]:
            pixels = np.rint(np.asarray(pictures) * 255).astype(np.uint8)
            return [self._stream(np.ascontiguousarray(p)) for p in pixels]

        def decode(arrived: Sequence[bytes | None]) -> np.ndarray:
            shown = np.full((len(arrived), *size, 3), _GREY, np.float32)
            for i, stream in enumerate(arrived):
                if stream is not None:
                    shown[i] = self._picture(stream, max_pixels) / np.float32(255)
            return shown

        yield Shown((yield Bytes(streams, decode)))

    def _stream(self, pixels: np.ndarray) -> bytes:
        budget = self.bpp * pixels.shape[0] * pixels.shape[1] / 8
        return self._streams(pixel_digest(pixels), lambda: self.curves.encode(pixels, budget))

    def _picture(self, stream: bytes, max_pixels: int) -> np.ndarray:
        return self._decoded(stream, lambda: self.curves.decode(stream, max_pixels))

    def fingerprint(self) -> str:
        """Hex digest of the image codec and the budget."""
        return fingerprint("stream codec", VERSION, curves=self.curves, bpp=self.bpp)
