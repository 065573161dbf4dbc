"""What a transmitter hands over, one part at a time, and what a receiver has to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Symbols:
    """Complex symbols for a radio channel.

    Parameters
    ----------
    values : [B, k, 2], float32
        Real and imaginary parts, mean power 1 per picture.
    decode : function, optional
        What the receiver makes of the received symbols `[B, k, 2]`, where the transmitter needs to know it: the
        part is then answered with `decode(what arrived)`. Without feedback the transmitter is answered with the
        mean of `decode` over channel realisations of its own.
    """

    values: Any
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Bits:
    """Bits for a bit-level channel, or for code blocks.

    Parameters
    ----------
    values : [B, n], float32
        0. or 1. They arrive as 0., 1., or -1. where erased.
    decode : function, optional
        As in `Symbols`.
    """

    values: Any
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Bytes:
    """Bytes for a protected transport block, one string per picture.

    Parameters
    ----------
    values : sequence of bytes, B of them
        Each arrives whole, or as None.
    """

    values: Sequence[bytes]
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Shown:
    """What the receiver shows from now on; answered with None.

    Parameters
    ----------
    pictures : [B, H, W, 3], float32
        In [0, 1]; in training also beyond, where a clipped value would have no gradient.
    """

    pictures: Any


Part = Symbols | Bits | Bytes
