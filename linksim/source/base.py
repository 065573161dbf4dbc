"""What every conventional image codec is: a picture to bytes at a quality, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from linksim.errors import LinksimError
from linksim.pixels import check_pixels
from linksim.scripts import code_of_others

MAX_PIXELS = 1 << 26
"""Largest picture, 67 megapixels. Coding takes up to 40 bytes a pixel beside it (JPEG 2000; BPG 24, JPEG 14)."""


class SourceCodec(ABC):
    """A conventional image codec with a ladder of qualities.

    `name` is what legends show. `qualities` is the ladder, best first. What it makes of a picture at every
    quality, and the best quality within a budget, are asked of `linksim.source.RdCurves`.
    """

    name: str
    qualities: Sequence[int]
    model_names: Sequence[str] = ()
    """Titles of the learned models in it, where there are any."""

    @property
    def model_weights(self) -> Mapping[str, str]:
        """Of those models that say so: title -> digest of the weights, `linksim.codecs.Codec.stored_digest`."""
        return {}

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
            If `picture` is not uint8 [H, W, 3] or has more than `MAX_PIXELS` pixels, `quality` is not in
            `qualities`, or the encoder refuses.
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

    def header_bytes(self, data: bytes) -> int:
        """Bytes of the container's header, on which sender and receiver could agree beforehand.

        0 for codecs whose streams have no header apart.

        Parameters
        ----------
        data : bytes
            The stream.
        """
        return 0

    def check_picture(self, picture: np.ndarray) -> np.ndarray:
        """The picture itself, contiguous; a LinksimError unless it is uint8 [H, W, 3] within `MAX_PIXELS`."""
        pixels = check_pixels(picture)
        height, width, _ = pixels.shape
        if height * width > MAX_PIXELS:
            raise LinksimError(
                f"a picture of {height}x{width} is more than the {MAX_PIXELS} pixels that {self.name} codes; "
                "crop or shrink it"
            )
        return pixels

    def check_quality(self, quality: int) -> None:
        """Raise a LinksimError unless `quality` is on the ladder."""
        if quality not in self.qualities:
            low, high = min(self.qualities), max(self.qualities)
            raise LinksimError(f"{self.name} has no quality {quality!r}; use a whole number from {low} to {high}")


def running(codec: SourceCodec, function: str) -> AbstractContextManager[None]:
    """Inside, a function of the codec is called: what goes wrong in one of a user's is one line.

    Parameters
    ----------
    codec : SourceCodec
    function : str
        Its name.
    """
    if type(codec).__module__.partition(".")[0] == "linksim":
        return nullcontext()
    return code_of_others(f"{function} of {getattr(codec, 'name', type(codec).__name__)}")
