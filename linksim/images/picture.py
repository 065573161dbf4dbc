"""A picture with a name, and an ordered list of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from linksim.errors import LinksimError


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: `uint8 [H, W, 3]` sRGB, H and W at least 1, and the name it is reported under.

    Raises
    ------
    LinksimError
        If `pixels` is not a `uint8` array of shape [H, W, 3] with H, W >= 1.
    """

    name: str
    pixels: np.ndarray

    def __post_init__(self) -> None:
        p = self.pixels
        if not isinstance(p, np.ndarray) or p.dtype != np.uint8 or p.ndim != 3 or p.shape[2] != 3 or p.size == 0:
            got = f"{p.dtype} {list(p.shape)}" if isinstance(p, np.ndarray) else type(p).__name__
            raise LinksimError(f"picture {self.name!r} is {got}; a picture is a uint8 array [H, W, 3] with H, W >= 1")

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @cached_property
    def sha256(self) -> str:
        """Hex digest of shape and pixels: the identity of the picture, whatever its name."""
        h = hashlib.sha256(repr(self.pixels.shape).encode())
        h.update(np.ascontiguousarray(self.pixels))
        return h.hexdigest()


class PictureSet(Sequence[Picture]):
    """An ordered, immutable list of pictures whose sizes may differ."""

    def __init__(self, name: str, pictures: Iterable[Picture]):
        self.name = name
        self._pictures = tuple(pictures)
        if not self._pictures:
            raise LinksimError(f"picture set {name!r} holds no picture")

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self._pictures)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> "PictureSet": ...
    def __getitem__(self, index):
        if isinstance(index, slice):
            return PictureSet(self.name, self._pictures[index])
        return self._pictures[index]
