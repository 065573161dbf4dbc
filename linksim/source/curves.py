"""Rate-distortion curves of pictures: what a link asks of a source codec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from linksim.errors import LinksimError
from linksim.files import num_cores
from linksim.identity import fingerprint
from linksim.pixels import check_pixels
from linksim.source import rd
from linksim.source.base import MAX_PIXELS, SourceCodec
from linksim.source.points import RdPoint, RdPoints
from linksim.source.pool import for_each

VERSION = 1
"""Raised whenever other points, or another choice among them, come of the same codec and picture."""


class RateDistortion(ABC):
    """Points and reconstructions of pictures at every quality.

    `name` is what legends show, `qualities` the ladder, best first. `has_streams` says whether a picture
    has bytes of its own that a link can send; those are `RdCurves`.
    """

    name: str
    qualities: Sequence[int]
    model_names: Sequence[str] = ()
    has_streams: ClassVar[bool]

    @property
    def model_weights(self) -> Mapping[str, str]:
        """See `SourceCodec.model_weights`."""
        return {}

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest of all that can change points or pixels."""

    def of(self, codec: SourceCodec) -> RateDistortion:
        """Curves of the same kind of another codec.

        Parameters
        ----------
        codec : SourceCodec

        Raises
        ------
        LinksimError
            If there are none.
        """
        raise LinksimError(f"{self.name} has no curves of another codec; take it out of the sweep, or define `of`")

    @abstractmethod
    def points(self, pixels: np.ndarray) -> RdPoints:
        """Every quality of a picture, `uint8 [H, W, 3]`; computed once and kept on disk.

        Raises
        ------
        LinksimError
            If `pixels` is no picture, or the codec refuses it.
        """

    @abstractmethod
    def reconstruction(self, pixels: np.ndarray, quality: int) -> np.ndarray:
        """What a receiver of this quality shows of a picture, both `uint8 [H, W, 3]`.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        quality : int
            One of `qualities`.
        """

    @abstractmethod
    def cache_file(self, pixels: np.ndarray) -> Path:
        """The file that holds the points of a picture; pictures may share one.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        """

    @abstractmethod
    def is_cached(self, pixels: np.ndarray) -> bool:
        """Whether the points of a picture are on disk.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        """

    def best_within(self, pixels: np.ndarray, max_bytes: float) -> RdPoint | None:
        """The best quality of a picture whose stream has at most `max_bytes` bytes; None is an outage.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        max_bytes : float
            The budget.
        """
        return self.points(pixels).best_within(max_bytes)

    def warm(
        self,
        pictures: Sequence[np.ndarray],
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        names: Sequence[str] | None = None,
    ) -> int:
        """Compute the points of all pictures that are not on disk yet.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
        workers : int, optional
            Processes; as many as there are cores by default. They are spawned, not forked, so a script
            that calls this needs its `if __name__ == "__main__":`. With 1, all is done in this process,
            as it is where the program was read from a pipe.
        progress : function of (done, total), optional
            Called in this process after every picture, counting those that had to be computed.
        names : sequence of str, optional
            Of the pictures, so that an error says which one was refused.

        Returns
        -------
        int
            Number of pictures computed; 0 also where the cache cannot be written (there is a warning).

        Raises
        ------
        LinksimError
            If a picture or `workers` is bad, or a process died.
        """
        if workers is not None and workers < 1:
            raise LinksimError(f"workers={workers}; use 1 or more")
        missing = {}  # by cache file: a picture that comes twice is computed once
        for index, picture in enumerate(pictures):
            pixels = check_pixels(picture)
            if not self.is_cached(pixels):
                missing[self.cache_file(pixels)] = self, pixels, names[index] if names else None
        if not missing or not rd.is_writable():
            return 0
        # The file is what is wanted: who needs the points reads them there.
        by_size = sorted(missing.values(), key=lambda each: each[1].size)
        for_each(_compute, by_size, workers or num_cores(), progress)
        return len(missing)


class RdCurves(RateDistortion):
    """Curves of a `SourceCodec`: every picture is coded by itself and has streams.

    Points and streams are computed once per picture and kept on disk (`linksim.source.rd`), keyed by its
    pixels and by the codec's `fingerprint()`: a second sweep encodes nothing.

    Parameters
    ----------
    codec : SourceCodec

    Examples
    --------
    >>> curves = RdCurves(Bpg())
    >>> best = curves.best_within(pixels, max_bytes=24_576)
    >>> data = curves.stream(pixels, best.quality)
    """

    has_streams = True

    def __init__(self, codec: SourceCodec):
        self.codec, self.name, self.qualities = codec, codec.name, codec.qualities
        self.model_names = codec.model_names

    @property
    def model_weights(self) -> Mapping[str, str]:
        return self.codec.model_weights

    def fingerprint(self) -> str:
        """Hex digest of the codec and of the choice among its points."""
        return fingerprint("rate-distortion curves", VERSION, codec=self.codec)

    def of(self, codec: SourceCodec) -> RdCurves:
        """Curves of another codec."""
        return RdCurves(codec)

    def points(self, pixels: np.ndarray) -> RdPoints:
        """Every quality of a picture (`uint8 [H, W, 3]`); from the disk cache when it is there."""
        return rd.points(self.codec, check_pixels(pixels))

    def stream(self, pixels: np.ndarray, quality: int) -> bytes:
        """The stream of a picture at one quality; from the disk cache when it is there.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        quality : int
            One of `qualities`.
        """
        self.codec.check_quality(quality)
        return rd.stream(self.codec, check_pixels(pixels), quality)

    def reconstruction(self, pixels: np.ndarray, quality: int) -> np.ndarray:
        """What a receiver of this quality shows of a picture, both `uint8 [H, W, 3]`."""
        return self.decode(self.stream(pixels, quality))

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """The picture of a stream, as `SourceCodec.decode` gives it.

        Parameters
        ----------
        data : bytes
            The stream.
        max_pixels : int
            A stream that claims more is refused.
        """
        return rd.decode(self.codec, data, max_pixels)

    def encode(self, pixels: np.ndarray, max_bytes: float) -> bytes:
        """The best stream of a picture within `max_bytes` bytes.

        Parameters
        ----------
        pixels : uint8 [H, W, 3]
            The picture.
        max_bytes : float
            The budget.

        Raises
        ------
        LinksimError
            If even the shortest stream is longer; the message says how long it is.
        """
        points = self.points(pixels)
        best = points.best_within(max_bytes)
        if best is None:
            height, width, _ = pixels.shape
            raise LinksimError(
                f"{self.name} cannot code this {height}x{width} picture in {max_bytes} bytes: "
                f"its smallest stream has {points.num_bytes.min()}; give it at least that"
            )
        return self.stream(pixels, best.quality)

    def cache_file(self, pixels: np.ndarray) -> Path:
        """The file that holds points and streams of a picture."""
        return rd.cache_file(self.codec, check_pixels(pixels))

    def is_cached(self, pixels: np.ndarray) -> bool:
        """Whether the points of a picture are on disk."""
        return rd.is_cached(self.codec, check_pixels(pixels))


def as_curves(source: SourceCodec | RateDistortion) -> RateDistortion:
    """The curves of a source codec; curves are passed through.

    Raises
    ------
    LinksimError
        If it is neither.
    """
    if isinstance(source, RateDistortion):
        return source
    if isinstance(source, SourceCodec):
        return RdCurves(source)
    raise LinksimError(f"{source!r} is no source codec; give one such as Bpg(), or curves such as Tiled(...)")


def warm(
    source: SourceCodec | RateDistortion,
    pictures: Sequence[np.ndarray],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    names: Sequence[str] | None = None,
) -> int:
    """`RateDistortion.warm` of a source codec or of curves.

    Parameters
    ----------
    source : SourceCodec or RateDistortion
    pictures, workers, progress, names
        As for `RateDistortion.warm`.
    """
    return as_curves(source).warm(pictures, workers, progress, names)


def _compute(curves: RateDistortion, pixels: np.ndarray, name: str | None) -> None:
    try:
        curves.points(pixels)
    except LinksimError as error:
        raise error if name is None else LinksimError(f"picture {name!r}: {error}") from None
