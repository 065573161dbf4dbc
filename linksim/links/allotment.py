"""How many channel uses a picture gets, and what the receiver shows when nothing arrived."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.source import Curves

if TYPE_CHECKING:
    from linksim.phy.channels.base import Channel

CONCEALMENTS = ("mid-grey", "mean-colour")
MEAN_COLOUR_BITS = 24


def exact_cbr(cbr: float) -> Fraction:
    """The bandwidth ratio as a fraction: 1/48, which is no float, is meant where a float is as near as can be.

    Raises
    ------
    LinksimError
        If it is not a positive finite number.
    """
    if not (isinstance(cbr, (int, float, Fraction)) and math.isfinite(cbr) and cbr > 0):
        raise LinksimError(f"cbr is {cbr!r}; give channel uses per picture value, k/n, such as 1/16")
    near = Fraction(cbr).limit_denominator(10_000)
    return near if abs(near - Fraction(cbr)) <= 1e-12 * near else Fraction(cbr)


def channel_uses(cbr: Fraction, picture: Picture) -> int:
    """`floor(cbr * 3 * H * W)`: the budget is never exceeded, so it is rounded down.

    Raises
    ------
    LinksimError
        If the picture gets no channel use at all.
    """
    height, width = picture.size
    uses = math.floor(cbr * 3 * height * width)
    if uses < 1:
        raise LinksimError(
            f"picture {picture.name!r} of {height}x{width} pixels gets 0 channel uses at cbr {cbr_label(cbr)}; raise cbr"
        )
    return uses


def cbr_label(cbr: float) -> str:
    """A bandwidth ratio as papers write it: "1/16"; a long decimal where it is no short fraction."""
    exact = exact_cbr(cbr)
    return str(exact) if exact.denominator <= 10_000 else f"{float(exact):.9g}"


def legend_of(channel: Channel) -> str:
    """What a name adds where the channel fades: which law, and that the receiver knows h."""
    return f", {channel.label}" if channel.fades else ""


def check_concealment(concealment: str) -> str:
    """The name, if it is one of `CONCEALMENTS`."""
    if concealment not in CONCEALMENTS:
        raise LinksimError(f"unknown concealment {concealment!r}; take one of {', '.join(CONCEALMENTS)}")
    return concealment


def conceal(picture: Picture, concealment: str) -> np.ndarray:
    """What the receiver shows of a picture that was not delivered: `uint8 [H, W, 3]` of one colour."""
    colour = np.full(3, 128.0) if concealment == "mid-grey" else np.rint(picture.pixels.mean(axis=(0, 1)))
    return np.broadcast_to(colour.astype(np.uint8), picture.pixels.shape)


def warm_source(source: Curves, pictures: Sequence[Picture], workers: int) -> None:
    """Fill the source codec's disk cache with these pictures, once per process for all links that share it."""
    wanted = source.fingerprint(), tuple(p.sha256 for p in pictures)
    if wanted not in _WARMED:
        source.warm([p.pixels for p in pictures], workers, names=[p.name for p in pictures])
        _WARMED.add(wanted)


_WARMED: set[tuple[str, tuple[str, ...]]] = set()


def digest(**parts: Any) -> str:
    """Hex digest of plain values, whatever their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
