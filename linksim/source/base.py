"""What every conventional image codec is: a picture to bytes at a quality, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from linksim.errors import LinksimError

MAX_PIXELS = 1 << 26


class SourceCodec(ABC):
    """A conventional image codec with a ladder of qualities.

    `name` is what legends show. `qualities` is the ladder, best first. What it makes of a picture at every
    quality, and the best quality within a budget, are asked of `linksim.source.RdCurves`.
    """

    name: str
    qualities: Sequence[int]
    model_names: Sequence[str] = ()
    """Titles of the learned models in it, where there are any."""

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
            If `picture` is not uint8 [H, W, 3], `quality` is not in `qualities`, or the encoder refuses.
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

    def check_quality(self, quality: int) -> None:
        """Raise a LinksimError unless `quality` is on the ladder."""
        if quality not in self.qualities:
            low, high = min(self.qualities), max(self.qualities)
            raise LinksimError(f"{self.name} has no quality {quality!r}; use a whole number from {low} to {high}")
