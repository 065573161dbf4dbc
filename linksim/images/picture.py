"""A picture with a name, and an ordered list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from linksim.errors import LinksimError
from linksim.pixels import check_pixels, pixel_digest


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
        check_pixels(self.pixels, f"picture {self.name!r}")

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @cached_property
    def sha256(self) -> str:
        """Hex digest of shape and pixels: the identity of the picture, whatever its name."""
        return pixel_digest(self.pixels)


class PictureSet(Sequence[Picture]):
    """An ordered, immutable list of pictures whose sizes may differ."""

    def __init__(self, name: str, pictures: Iterable[Picture]):
        self.name = name
        self._pictures = tuple(pictures)
        if not self._pictures:
            raise LinksimError(f"picture set {name!r} holds no picture; give at least one")

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self._pictures)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> PictureSet: ...
    def __getitem__(self, index: int | slice) -> Picture | PictureSet:
        if isinstance(index, slice):
            return PictureSet(self.name, self._pictures[index])
        return self._pictures[index]


def indices_by_size(pictures: Sequence[Picture]) -> dict[tuple[int, int], list[int]]:
    """Positions of the pictures of each size (H, W), in order: what may be stacked into one array."""
    found: dict[tuple[int, int], list[int]] = {}
    for i, picture in enumerate(pictures):
        found.setdefault(picture.size, []).append(i)
    return found
