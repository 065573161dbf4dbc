"""The stream of a source codec that nothing protects: what it takes, and what some wrong bits do to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.images.picture import Picture
from linksim.links.allotment import warm_source
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.links.concealment import VERSION as CONCEALMENT_VERSION
from linksim.links.concealment import conceal
from linksim.links.source_link import SourceLink
from linksim.phy.rng import Stream, draw_keys, picture_key, uniform
from linksim.phy.rng import fingerprint as rng_fingerprint
from linksim.source import RateDistortion, RdCurves, SourceCodec, as_curves

if TYPE_CHECKING:
    from typing_extensions import Self

VERSION = 1
"""Raised whenever a change of this file can change a result."""

_IDENTITY = "wrong bits"


class UnprotectedLink(SourceLink):
    """The stream of a source codec as it is, of which some bits arrive inverted and nobody notices.

    At 0 wrong bits this is the codec alone: its rate and distortion. Which bits are wrong is drawn anew for each draw,
    without replacement, each bit as likely; with more of them, the same ones are wrong as with fewer. The receiver
    decodes what it has. Where the decoder refuses the stream, or makes a picture of another size of it, mid-grey is
    shown and the picture counts as not delivered; so it is, too, where even the shortest stream is longer than `bpp`.
    A bit is a channel use, so that three times the bandwidth ratio are bits per pixel.

    Parameters
    ----------
    source : SourceCodec
    bpp : float, optional
        The best stream within so many bits per pixel.
    quality : int, optional
        Instead: the stream of this quality of the codec.
    name : str, optional
    tags : mapping, optional
        Added to its own, "scheme" and "role".

    Raises
    ------
    LinksimError
        If not one of `bpp` and `quality` is given, they are not possible, or the source has no streams of single
        pictures; when sending, if a stream has fewer bits than shall be wrong.
    """

    axis = "wrong_bits"
    source: RdCurves

    def __init__(
        self,
        source: SourceCodec | RateDistortion,
        bpp: float | None = None,
        quality: int | None = None,
        name: str | None = None,
        tags: Mapping[str, str | float] | None = None,
    ):
        curves = as_curves(source)
        if not isinstance(curves, RdCurves):
            raise LinksimError(f"{curves.name} makes no streams of single pictures; give a source codec that does")
        if (bpp is None) == (quality is None):
            raise LinksimError(f"{curves.name} needs either bits per pixel or a quality; give bpp, or quality")
        if bpp is not None and not 0 < bpp < math.inf:
            raise LinksimError(f"{bpp} bits per pixel are not possible; give a number above 0")
        if quality is not None:
            curves.codec.check_quality(quality)
        self.bpp, self.quality = bpp if bpp is None else float(bpp), quality if quality is None else int(quality)
        rate = f"{bpp:g} bpp" if quality is None else f"quality {quality}"
        self.name = name or f"{curves.name}, {rate}"
        self.tags = {"scheme": curves.name, "role": "baseline", **(tags or {})}
        self._take(curves)

    @property
    def source_names(self) -> Sequence[str]:
        # A quality of one codec means nothing to another.
        return super().source_names if self.quality is None else ()

    def with_source(self, source: SourceCodec) -> Self:
        return super().with_source(source) if self.quality is None else self

    def _forget(self) -> None:
        self._streams: dict[str, bytes | None] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_streams": {}}

    def fingerprint(self) -> str:
        shown = [CONCEALMENT_VERSION, rng_fingerprint()]
        rate = {"bpp": self.bpp, "quality": self.quality}
        return fingerprint("unprotected link", VERSION, source=self._source_id, shown=shown, **rate)

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)  # all qualities, of which other links of a sweep have theirs

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        """Send every picture once per draw, with `value` wrong bits.

        Raises
        ------
        LinksimError
            If that is no whole number, or more than a stream has.
        """
        if not (value >= 0 and float(value).is_integer()):
            raise LinksimError(f"{value:g} wrong bits are not possible; give whole numbers from 0 on")
        outcomes, bandwidth = [], []
        for index, picture in enumerate(pictures):
            stream = self._stream(picture)
            shown = [None] if stream is None else self._arrived(picture, stream, int(value), draws, seed)
            each = np.ones(len(shown), np.int64)
            alike = len(draws) if stream is None or not value else 1
            pixels = np.stack([conceal(picture, "mid-grey") if one is None else one for one in shown])
            decoded = np.array([one is not None for one in shown])
            outcomes.append(Outcomes(each * index, alike * each, decoded, pixels, certain=stream is None or not value))
            bits = self._budget(picture) if stream is None else 8 * len(stream)
            bandwidth.append(Bandwidth(bits, {"unused" if stream is None else "picture stream": float(bits)}))
        return Reception(layers=[outcomes], bandwidth=[bandwidth])

    def _arrived(
        self, picture: Picture, stream: bytes, wrong: int, draws: range, seed: int
    ) -> Sequence[np.ndarray | None]:
        """What is shown in each draw; of draws that are all alike in one."""
        size = 8 * len(stream)
        if wrong > size:
            raise LinksimError(f"{self.name} of {picture.name} has {size} bits; let no more than these be wrong")
        if not wrong:
            height, width = picture.size
            return [self.source.decode(stream, height * width)]
        keys = draw_keys(picture_key(_IDENTITY, picture.sha256, seed)[None], draws)[0]
        # The first numbers do not depend on how many there are, and each other number is compiled anew.
        coins = np.asarray(uniform(keys, 1 << (size - 1).bit_length(), Stream.BIT_ERROR))[:, :size]
        return [self._shown(picture, stream, _smallest(row, wrong)) for row in coins]

    def _budget(self, picture: Picture) -> int:
        height, width = picture.size
        return 0 if self.bpp is None else math.floor(self.bpp * height * width)

    def _stream(self, picture: Picture) -> bytes | None:
        """None where not even the lowest quality fits."""
        if picture.sha256 not in self._streams:
            quality = self.quality
            if quality is None:
                best = self.source.best_within(picture.pixels, self._budget(picture) / 8)
                quality = None if best is None else best.quality
            stream = None if quality is None else self.source.stream(picture.pixels, quality)
            self._streams[picture.sha256] = stream
        return self._streams[picture.sha256]

    def _shown(self, picture: Picture, stream: bytes, wrong: np.ndarray) -> np.ndarray | None:
        """What a decoder makes of a stream with wrong bits; None where it makes no such picture of it."""
        bits = np.unpackbits(np.frombuffer(stream, np.uint8))
        bits[wrong] ^= 1
        height, width = picture.size
        try:
            decoded = self.source.decode(np.packbits(bits).tobytes(), height * width)
        except LinksimError:
            return None
        return decoded if decoded.shape == picture.pixels.shape else None


def _smallest(coins: np.ndarray, count: int) -> np.ndarray:
    """Where the `count` smallest of them are, the smallest first and of equal ones the first."""
    most = np.partition(coins, count - 1)[count - 1]
    near = np.flatnonzero(coins <= most)
    return near[np.argsort(coins[near], kind="stable")][:count]
