"""The parts of a conversation on their way over bearers: what arrives, what it takes, and what got lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from linksim.codecs.parts import Bytes
from linksim.errors import LinksimError
from linksim.links.bearers import Bearer


@dataclass(frozen=True, eq=False)
class Tally:
    """What some rows have taken so far.

    Parameters
    ----------
    items : dict of str to array [B]
        Channel uses of each part, item by item. They may be fractions; those of a part add up to whole ones.
    delivered : bool array [B]
        Whether all bytes so far arrived.
    certain : bool
        Whether every draw gives this.
    """

    items: dict[str, np.ndarray]
    delivered: np.ndarray
    certain: bool

    @property
    def uses(self) -> np.ndarray:
        """Channel uses in all, whole numbers `[B]`."""
        return np.broadcast_to(_sum(self.items.values()), len(self.delivered))


@dataclass(eq=False)
class Crossing:
    """Parts that are sent one after the other, for some rows: pictures, each over some draws.

    Parameters
    ----------
    bearers : mapping of {Symbols, Bits, Bytes} to Bearer
    name : str
        Of the link, for messages.
    keys : mapping of str to array [B, 2]
        Random keys of the rows, by the bearers' `noise_identity`.
    rows : int
        B.
    value : float
        On the axis of the link.
    """

    bearers: Mapping[type, Bearer]
    name: str
    keys: Mapping[str, np.ndarray]
    rows: int
    value: float
    kinds: list[type] = field(default_factory=list)
    """Of the parts that were sent."""
    arrived: list[Any] = field(default_factory=list)
    """Of every part, row by row."""
    tallies: list[Tally] = field(default_factory=list)
    """After none of the parts, after one .."""

    def __post_init__(self) -> None:
        self._positions = {identity: np.zeros(self.rows, np.int64) for identity in self.keys}
        self.tallies.append(Tally({}, np.ones(self.rows, bool), True))

    def send(self, kind: type, values: Any) -> Any:
        """What arrives of the next part.

        Parameters
        ----------
        kind : type
            Of the part.
        values : array or sequence, [B, ...]

        Raises
        ------
        LinksimError
            If there is no bearer for such parts.
        """
        bearer = self.bearers.get(kind)
        if bearer is None:
            raise LinksimError(f"{self.name} sends {kind.__name__}, for which there is no bearer; give one")
        value = self.value if bearer.at is None else bearer.at
        charges = bearer.charges(values)
        arrived = self._carried(bearer, values, value)
        self._positions[bearer.noise_identity] += _sum(charges.values())
        before, name = self.tallies[-1], f"part {len(self.tallies)}, {kind.__name__.lower()}"
        items = before.items | {f"{name}: {item}": cost for item, cost in charges.items()}
        whole = np.array([a is not None for a in arrived]) if kind is Bytes else np.ones(self.rows, bool)
        self.tallies.append(Tally(items, before.delivered & whole, before.certain and bearer.certain(value)))
        self.kinds.append(kind)
        self.arrived.append(arrived)
        return arrived

    def arrival(self, number: int, kind: type) -> Any:
        """What arrived of the part of a number, counted from 1.

        Raises
        ------
        LinksimError
            If so many parts were not sent, or that one was of another kind.
        """
        sent = self.kinds[number - 1].__name__ if number <= len(self.kinds) else "nothing"
        if sent != kind.__name__:
            raise LinksimError(
                f"{self.name}: the receiver asks for {kind.__name__} as part {number}, and {sent} was sent; "
                "converse() must yield the same parts whatever the picture"
            )
        return self.arrived[number - 1]

    def _carried(self, bearer: Bearer, values: Any, value: float) -> Any:
        """What arrives; rows whose transmissions have come equally far together."""
        keys, positions = self.keys[bearer.noise_identity], self._positions[bearer.noise_identity]
        starts = np.unique(positions)
        if len(starts) == 1:
            return bearer.send(values, value, keys, int(starts[0]))
        arrived: list[Any] = [None] * len(positions)
        for start in starts:
            rows = np.flatnonzero(positions == start)
            for row, got in zip(rows, bearer.send(take(values, rows), value, keys[rows], int(start)), strict=True):
                arrived[row] = got
        return arrived if isinstance(values, Sequence) else np.stack(arrived)

    def digest(self) -> bytes:
        """Of all that arrived."""
        told = sha256()
        for arrived in self.arrived:
            for row in arrived:
                if row is None:
                    told.update(b"lost")
                    continue
                whole = row if isinstance(row, bytes) else np.ascontiguousarray(row).tobytes()
                told.update(b"here" + len(whole).to_bytes(8, "big") + whole)
        return told.digest()


def take(values: Any, rows: np.ndarray) -> Any:
    """Rows of the values of a part."""
    return [values[i] for i in rows] if isinstance(values, Sequence) else np.asarray(values)[rows]


def _sum(costs: Iterable[np.ndarray]) -> np.ndarray:
    """Whole channel uses of items that may be parts of one."""
    return np.rint(np.sum(list(costs), axis=0)).astype(np.int64)
