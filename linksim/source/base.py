"""What every conventional image codec is: a picture to bytes within a budget, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.source import rd
from linksim.source.points import RdPoint, RdPoints

MAX_PIXELS = 1 << 26


class SourceCodec(ABC):
    """A conventional image codec with a ladder of qualities.

    `name` is what legends show. `qualities` is the ladder, best first. `has_streams` is False where a
    picture has a length and a reconstruction, but no bytes of its own that a link could send.

    The rate-distortion points and the streams of a picture are computed once and kept on disk
    (`linksim.source.rd`), keyed by its pixels and by `fingerprint()`: a second sweep encodes nothing.
    """

    name: str
    qualities: Sequence[int]
    has_streams: bool = True

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest of all that can change bytes or pixels: codec, options, versions of the libraries."""

    @abstractmethod
    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        """Code a picture at one quality, always anew.

        Parameters
        ----------
        picture : uint8 [H, W, 3]
        quality : int
            One of `qualities`.

        Raises
        ------
        LinksimError
            If the picture or the quality is none, or the encoder refuses.
        """

    @abstractmethod
    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """The picture of a stream; `uint8 [H, W, 3]`.

        Any bytes end in bounded time and memory, in a picture (perhaps a wrong one: integrity is
        for a CRC to tell) or in an error.

        Parameters
        ----------
        data : bytes
        max_pixels : int
            Streams that claim more pixels are refused before anything is allocated. A receiver
            that knows H * W gives it here.

        Raises
        ------
        LinksimError
            If the stream cannot be decoded or is larger than `max_pixels`.
        """

    def rd_points(self, picture: np.ndarray) -> RdPoints:
        """Every quality of a picture (`uint8 [H, W, 3]`); from the disk cache when it is there."""
        return rd.points(self, check_picture(picture))

    def best_within(self, picture: np.ndarray, max_bytes: int) -> RdPoint | None:
        """The best quality of a picture whose stream has at most `max_bytes` bytes; None is an outage."""
        return self.rd_points(picture).best_within(max_bytes)

    def stream(self, picture: np.ndarray, quality: int) -> bytes:
        """The stream of a picture at one quality; from the disk cache when it is there."""
        self.check_quality(quality)
        return rd.stream(self, check_picture(picture), quality)

    def reconstruction(self, picture: np.ndarray, quality: int) -> np.ndarray:
        """What a receiver of this quality shows of a picture, both `uint8 [H, W, 3]`."""
        return self.decode(self.stream(picture, quality))

    def header_bytes(self, data: bytes) -> int:
        """Bytes of a stream that only repeat what sender and receiver could agree on; 0 where none are told apart."""
        return 0

    def cache_file(self, picture: np.ndarray) -> Path:
        """The file that holds the points of a picture, which pictures may share."""
        return rd.cache_file(self, check_picture(picture))

    def is_cached(self, picture: np.ndarray) -> bool:
        """Whether the points of a picture are on disk."""
        return rd.is_cached(self, check_picture(picture))

    def encode(self, picture: np.ndarray, max_bytes: int) -> bytes:
        """The best stream of a picture within `max_bytes` bytes.

        Raises
        ------
        LinksimError
            If even the shortest stream is longer; the message says how long it is.
        """
        points = self.rd_points(picture)
        best = points.best_within(max_bytes)
        if best is None:
            height, width, _ = picture.shape
            raise LinksimError(
                f"{self.name} cannot code this {height}x{width} picture in {max_bytes} bytes: "
                f"its smallest stream has {points.num_bytes.min()}, so give it at least that"
            )
        return self.stream(picture, best.quality)

    def check_quality(self, quality: int) -> None:
        """Raise a LinksimError unless `quality` is on the ladder."""
        if quality not in self.qualities:
            low, high = min(self.qualities), max(self.qualities)
            raise LinksimError(f"{self.name} has no quality {quality!r}: use a whole number from {low} to {high}")


def check_picture(picture: np.ndarray) -> np.ndarray:
    """The picture itself, contiguous, or a LinksimError if it is not `uint8 [H, W, 3]` with H, W >= 1."""
    if (
        not isinstance(picture, np.ndarray)
        or picture.dtype != np.uint8
        or picture.ndim != 3
        or picture.shape[2] != 3
        or picture.size == 0
    ):
        got = f"{picture.dtype} {list(picture.shape)}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise LinksimError(f"the picture is {got}: pass a uint8 array [H, W, 3] with H, W >= 1")
    return np.ascontiguousarray(picture)
