"""What every conventional image codec is: a picture to bytes within a budget, and back."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linksim.errors import LinksimError

MAX_PIXELS = 1 << 26


@dataclass(frozen=True)
class RdPoint:
    """One quality of one picture: length of the stream and error of what it decodes to.

    Parameters
    ----------
    quality : int
        The codec's own number for it.
    num_bytes : int
    mse : float
        Mean squared error over all RGB samples, 0 to 65025.
    """

    quality: int
    num_bytes: int
    mse: float

    @property
    def psnr(self) -> float:
        """In dB against 255; infinite where the picture comes back exactly."""
        return 10 * math.log10(255**2 / self.mse) if self.mse else math.inf


@dataclass(frozen=True, eq=False)
class RdPoints:
    """All qualities of one picture, in the order of the codec's ladder.

    Parameters
    ----------
    quality : int array [N]
    num_bytes : int array [N]
    mse : float array [N]
    """

    quality: np.ndarray
    num_bytes: np.ndarray
    mse: np.ndarray

    def __len__(self) -> int:
        return len(self.quality)

    def __getitem__(self, index: int) -> RdPoint:
        return RdPoint(int(self.quality[index]), int(self.num_bytes[index]), float(self.mse[index]))

    @property
    def psnr(self) -> np.ndarray:
        """float array [N], in dB."""
        with np.errstate(divide="ignore"):
            return 10 * np.log10(255**2 / self.mse)

    def best_within(self, max_bytes: int) -> RdPoint | None:
        """The point of highest PSNR that fits, the shortest among equals; None where nothing fits.

        All points are looked at: on small pictures more bytes are not always better.
        """
        fitting = np.flatnonzero(self.num_bytes <= max_bytes)
        if not len(fitting):
            return None
        best = np.lexsort((self.num_bytes[fitting], self.mse[fitting]))[0]
        return self[int(fitting[best])]


class SourceCodec(ABC):
    """A conventional image codec with a ladder of qualities.

    `name` is what legends show. `qualities` is the ladder, best first. The rate-distortion points
    and the streams of a picture are computed once and kept on disk (`linksim.source.rd`), keyed by
    its pixels and by `fingerprint()`: a second sweep encodes nothing.
    """

    name: str
    qualities: Sequence[int]

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
        from linksim.source import rd

        return rd.points(self, check_picture(picture))

    def best_within(self, picture: np.ndarray, max_bytes: int) -> RdPoint | None:
        """The best quality of a picture whose stream has at most `max_bytes` bytes; None is an outage."""
        return self.rd_points(picture).best_within(max_bytes)

    def stream(self, picture: np.ndarray, quality: int) -> bytes:
        """The stream of a picture at one quality; from the disk cache when it is there."""
        from linksim.source import rd

        self.check_quality(quality)
        return rd.stream(self, check_picture(picture), quality)

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


def mean_squared_error(a: np.ndarray, b: np.ndarray) -> float:
    """Of two `uint8` arrays of one shape, exact up to the last division."""
    difference = np.subtract(a, b, dtype=np.int16).astype(np.float64).ravel()
    return float(difference @ difference) / difference.size
