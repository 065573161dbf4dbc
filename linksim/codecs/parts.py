"""What a transmitter hands over, one part at a time, and what a receiver has to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class _OnDemand:
    """A field that may be given as a function without arguments, which is called when somebody first asks."""

    def __init__(self, optional: bool = False):
        self._optional = optional

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, part: Any, owner: type | None = None) -> Any:
        if part is None:  # asked by dataclass for the default
            if self._optional:
                return None
            raise AttributeError(self._name)
        value = part.__dict__[self._name]
        if callable(value):
            value = part.__dict__[self._name] = value()
        return value

    def __set__(self, part: Any, value: Any) -> None:
        part.__dict__[self._name] = value


@dataclass(frozen=True, eq=False)
class Symbols:
    """Complex symbols for a radio channel.

    Parameters
    ----------
    values : [B, k, 2], float32, or a function without arguments that makes them
        Real and imaginary parts, mean power 1 per picture. A function is called by who sends; a receiver, which only
        needs what arrived, never calls it.
    decode : function, optional
        What the receiver makes of the received symbols `[B, k, 2]`, where the transmitter needs to know it: the
        part is then answered with `decode(what arrived)`. Without feedback the transmitter is answered with the
        mean of `decode` over channel realisations of its own.
    """

    values: Any = _OnDemand()
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Bits:
    """Bits for a bit-level channel, or for code blocks.

    Parameters
    ----------
    values : [B, n], float32, or a function that makes them
        0. or 1. They arrive as 0., 1., or -1. where erased; as the probability of a one, where a bearer says how sure
        it is.
    decode : function, optional
        As in `Symbols`.
    """

    values: Any = _OnDemand()
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Bytes:
    """Bytes for a protected transport block, one string per picture.

    Parameters
    ----------
    values : sequence of bytes, B of them, or a function that makes them
        Each arrives whole, or as None.
    decode : function, optional
        As in `Symbols`; each row from its own bytes alone, so that one result serves all draws.
    intact : [B, ...], or a function that makes it, optional
        What `decode` makes of bytes that all arrive, where the transmitter has it without them: training and
        transmitters then need not code and decode.
    """

    values: Sequence[bytes] = _OnDemand()
    decode: Callable[[Any], Any] | None = None
    intact: Any = _OnDemand(optional=True)


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
