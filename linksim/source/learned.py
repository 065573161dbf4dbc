"""Learned image compression as a source codec: models, or rates of one model, from many bits to few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.source.base import MAX_PIXELS, SourceCodec

VERSION = 1
"""Raised whenever the same models make other bytes of a ladder; each model speaks for its own."""

_MOST_MODELS = 256


class Compressor(Protocol):
    """One model at one rate: pictures to bytes, and back.

    `linksim.codecs.lic.at_rate.AtRate` is one; docs/howto/source-codec.md makes one of a CompressAI network.
    """

    def compress(self, picture: np.ndarray) -> bytes:
        """The bytes of a picture, `uint8 [H, W, 3]`."""
        ...

    def size_of(self, stream: bytes) -> tuple[int, int]:
        """(H, W) that a stream says; asked before anything is allocated for it."""
        ...

    def decompress(self, stream: bytes) -> np.ndarray:
        """The picture of a stream, `uint8 [H, W, 3]`."""
        ...

    def fingerprint(self) -> str:
        """Hex digest of all that can change bytes or pixels, weights included."""
        ...


class Learned(SourceCodec):
    """Models of one kind for several rates, as a codec with a quality; the first byte of a stream says which.

    Parameters
    ----------
    models : sequence of Compressor
        From the one that spends most bits to the one that spends fewest; quality 0 is the first.
    name : str
        What legends show.

    Raises
    ------
    LinksimError
        If there is no model, or there are more than a byte can number.
    """

    def __init__(self, models: Sequence[Compressor], name: str) -> None:
        if not 0 < len(models) <= _MOST_MODELS:
            raise LinksimError(f"{name} has {len(models)} models; give 1 to {_MOST_MODELS}")
        self.models, self.name = tuple(models), name
        self.qualities = range(len(models))
        # One model may stand for several qualities.
        self.model_names = tuple(dict.fromkeys(model.title for model in models if hasattr(model, "title")))

    @cached_property
    def model_weights(self) -> Mapping[str, str]:  # type: ignore[override]
        known = {m.title: m for m in self.models if hasattr(m, "title") and hasattr(m, "stored_digest")}
        return {title: digest for title, model in known.items() if (digest := model.stored_digest())}

    def fingerprint(self) -> str:
        """Hex digest of the models in their order."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        # Every picture's file in the cache is found by it, and hashing weights takes a while.
        return fingerprint("learned", VERSION, parts=list(self.models))

    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        self.check_quality(quality)
        return bytes([quality]) + self.models[quality].compress(self.check_picture(picture))

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        if not data or data[0] not in self.qualities:
            raise LinksimError(
                f"{self.name} has no such quality as this stream says; it is damaged, or of another ladder"
            )
        model, stream = self.models[data[0]], data[1:]
        try:
            height, width = model.size_of(stream)
            if height * width > max_pixels:
                raise LinksimError(f"the stream says {height}x{width} pixels, more than {max_pixels}; it is damaged")
            return model.decompress(stream)
        except LinksimError:
            raise
        except Exception as error:  # of a model that is not ours, which meets bytes from a channel
            raise LinksimError(f"{self.name} cannot decode the stream ({error}); send it again") from error
