"""What arrived of a picture's byte stream over some draws, and what the receiver shows then.

What can change a result here is spoken for by VERSION in `separation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Bandwidth, Outcomes
from linksim.links.concealment import conceal
from linksim.source import RateDistortion

END = b"\x80"
"""Closes a stream in its payload; the rest is zero, so that the receiver needs no length."""


class Arrivals(NamedTuple):
    """What became of one payload in some draws.

    Parameters
    ----------
    delivered : bool array [D]
        Whether all CRCs passed after the last transmission.
    transmissions : int array [D]
        How many it took, the first one included.
    forged : mapping of int to bytes
        Wrong payloads whose CRCs passed all the same, by the position of their draw, from 0.
    """

    delivered: np.ndarray
    transmissions: np.ndarray
    forged: Mapping[int, bytes]

    @classmethod
    def of_one(cls, delivered: np.ndarray) -> Arrivals:
        """Those of one transmission, none of them forged."""
        return cls(delivered, np.ones(len(delivered), np.int64), {})


def bandwidth_of(one: Bandwidth, transmissions: int) -> Bandwidth:
    """That of several transmissions, given that of one: its items, and what those after it took together."""
    again = (transmissions - 1) * one.channel_uses
    return Bandwidth(one.channel_uses + again, {**one.items, "retransmissions": float(again)}) if again else one


@dataclass(frozen=True, eq=False)
class Receiver:
    """The end at which a picture arrives, or does not.

    Parameters
    ----------
    source : RateDistortion
    source_id : str
        Its fingerprint.
    picture : Picture
    quality : int or None
        At which the picture is sent; None where not even the lowest fits.
    concealment : str
        What is shown of a lost picture, see `linksim.links.concealment`.
    bandwidth : Bandwidth or None
        That of one transmission, where draws may take several; None where each takes one.
    """

    source: RateDistortion
    source_id: str
    picture: Picture
    quality: int | None
    concealment: str
    bandwidth: Bandwidth | None

    def outcomes(self, index: int, arrivals: Arrivals) -> list[Outcomes]:
        """What is shown of picture number `index` after each number of transmissions, and how often."""
        known = np.ones(len(arrivals.delivered), bool)
        known[list(arrivals.forged)] = False
        made = []
        for number in np.unique(arrivals.transmissions):
            these = known & (arrivals.transmissions == number)
            if arrived := int(np.sum(these & arrivals.delivered)):
                made.append(self._decoded(index, arrived, int(number)))
            if lost := int(np.sum(these & ~arrivals.delivered)):
                made.append(self._lost(index, lost, int(number)))
        for draw, payload in arrivals.forged.items():
            made.append(self._forged(index, payload, int(arrivals.transmissions[draw])))
        return made

    def _decoded(self, index: int, count: int, transmissions: int) -> Outcomes:
        assert self.quality is not None  # what is not sent does not arrive
        quality, key = self.quality, f"{self.source_id}:{self.quality}"

        def pixels() -> np.ndarray:
            return self.source.reconstruction(self.picture.pixels, quality)[None]

        return self._outcome(index, count, transmissions, pixels, key, delivered=True)

    def _lost(self, index: int, count: int, transmissions: int) -> Outcomes:
        def pixels() -> np.ndarray:
            return conceal(self.picture, self.concealment)[None]

        key = f"concealed:{self.concealment}"
        return self._outcome(index, count, transmissions, pixels, key, delivered=False)

    def _forged(self, index: int, payload: bytes, transmissions: int) -> Outcomes:
        """A wrong payload with a right CRC, once in 16 million failures: the decoder gets what arrived."""
        height, width = self.picture.size
        try:
            pixels = self.source.decode(payload.rstrip(b"\0").removesuffix(END), max_pixels=height * width)
        except LinksimError:
            return self._lost(index, 1, transmissions)
        if pixels.shape != self.picture.pixels.shape:
            return self._lost(index, 1, transmissions)
        return self._outcome(index, 1, transmissions, pixels[None], None, delivered=True)

    def _outcome(
        self,
        index: int,
        count: int,
        transmissions: int,
        pixels: np.ndarray | Callable[[], np.ndarray],
        key: str | None,
        delivered: bool,
    ) -> Outcomes:
        uses, items = None, None
        if self.bandwidth is not None:
            spent = bandwidth_of(self.bandwidth, transmissions)
            uses = np.array([spent.channel_uses])
            items = {item: np.array([share]) for item, share in spent.items.items()}
        return Outcomes(
            picture=np.array([index]),
            count=np.array([count]),
            delivered=np.array([delivered]),
            pixels=pixels,
            keys=None if key is None else [key],
            channel_uses=uses,
            items=items,
        )
