"""How many channel uses a picture gets, and what a source codec makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.messages import Ticker
from linksim.source import RateDistortion

if TYPE_CHECKING:
    from linksim.phy.channels.base import Channel


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
            f"picture {picture.name!r} of {height}x{width} pixels gets 0 channel uses at cbr {cbr_label(cbr)}; "
            "raise cbr"
        )
    return uses


def cbr_label(cbr: float) -> str:
    """A bandwidth ratio as papers write it: "1/16"; a long decimal where it is no short fraction."""
    exact = exact_cbr(cbr)
    return str(exact) if exact.denominator <= 10_000 else f"{float(exact):.9g}"


def legend_of(channel: Channel) -> str:
    """What a name adds where the channel fades: which law, and that the receiver knows h."""
    return f", {channel.label}" if channel.fades else ""


def data_symbols(channel: Channel, uses: int) -> int:
    """Symbols that a transmission can carry in that many channel uses, of which the channel takes some for itself."""
    symbols = max(uses - channel.overhead(uses), 0)
    while symbols < uses and symbols + 1 + channel.overhead(symbols + 1) <= uses:
        symbols += 1
    return symbols


def warm_source(source: RateDistortion, pictures: Sequence[Picture], workers: int) -> None:
    """Fill the source codec's disk cache with these pictures, once per process for all links that share it."""
    wanted = source.fingerprint(), tuple(p.sha256 for p in pictures)
    if wanted not in _WARMED:
        shown = Ticker(f"coding pictures with {source.name}, once")
        source.warm([p.pixels for p in pictures], workers, shown, [p.name for p in pictures])
        _WARMED.add(wanted)


_WARMED: set[tuple[str, tuple[str, ...]]] = set()
