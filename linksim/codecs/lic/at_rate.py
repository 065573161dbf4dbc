"""One quality of a model that has many, as `linksim.source.Learned` takes models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from linksim.identity import fingerprint

if TYPE_CHECKING:
    from linksim.codecs.lic.codec import LicGmm
    from linksim.codecs.lic.refine import Refiner

VERSION = 1
"""Raised whenever the same codec and quality make other bytes for a reason that stands here."""


class AtRate:
    """A `LicGmm` at one of its qualities.

    Parameters
    ----------
    codec : LicGmm
        Its weights do not change any more.
    quality : int
        0 (most bits) to `codec.num_qualities - 1`.
    of_codec : str, optional
        Fingerprint of the codec, where it is known: that takes a while.
    refiner : Refiner, optional
        Searches latents for each picture.
    """

    def __init__(
        self, codec: LicGmm, quality: int, of_codec: str | None = None, refiner: Refiner | None = None
    ) -> None:
        self.refiner = refiner
        self.codec, self.quality, self.title = codec, quality, codec.title
        self._of_codec = of_codec or codec.fingerprint()

    def compress(self, picture: np.ndarray) -> bytes:
        """The bytes of a picture, `uint8 [H, W, 3]`."""
        return self.codec.compress(picture, self.quality, self.refiner)

    def size_of(self, stream: bytes) -> tuple[int, int]:
        """(H, W) that a stream of any quality says; errors as of `LicGmm.size_of`."""
        return self.codec.size_of(stream)

    def decompress(self, stream: bytes) -> np.ndarray:
        """The picture of a stream of any quality, `uint8 [H, W, 3]`; errors as of `LicGmm.decompress`."""
        return self.codec.decompress(stream)

    def fingerprint(self) -> str:
        """Hex digest of the codec, the quality and the search."""
        refined = {} if self.refiner is None else {"refiner": self.refiner}
        return fingerprint("lic at rate", VERSION, quality=self.quality, codec=self._of_codec, **refined)

    def stored_digest(self) -> str:
        """Of the codec's weights, see `linksim.identity.stored_digest`."""
        return self.codec.stored_digest()
