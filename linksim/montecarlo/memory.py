"""Whether learned codecs have the memory for the largest picture, said before anything is encoded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Link

LEAST, MOST = 70, 160
"""Bytes a pixel at the peak, of the narrowest and the widest convolutional codec of the zoo, on pictures of up to 24
megapixels. A picture is never cut: its symbols have power 1 as a whole."""

_GIB = 1 << 30


def check_memory(links: Iterable[Link], pictures: Sequence[Picture], workers: int) -> list[str]:
    """What is to be said of the memory that the largest picture takes in a learned codec.

    Parameters
    ----------
    links : iterable of Link
        Those that run a Keras codec name it in `models`; others are not looked at.
    pictures : sequence of Picture
    workers : int
        Processes on this machine.

    Returns
    -------
    list of str
        One line where it may be more than the machine has, else nothing.

    Raises
    ------
    LinksimError
        If one process alone certainly needs more than the machine has.
    """
    learned = next((link for link in links if link.models), None)
    total = _machine_bytes()
    if learned is None or not pictures or total is None:
        return []
    largest = max(pictures, key=lambda picture: picture.size[0] * picture.size[1])
    height, width = largest.size
    least, most = (each * height * width / _GIB for each in (LEAST, MOST))
    has = total / _GIB
    what = f"picture {largest.name!r} of {height}x{width} pixels takes {least:.1f} to {most:.1f} GiB in {learned.name}"
    if least > has:
        raise LinksimError(f"{what}, and this machine has {has:.1f}; crop it, or cut it into several")
    if most * workers <= has:
        return []
    each = f" in each of {workers} processes" if workers > 1 else ""
    return [f"{what}{each}, and this machine has {has:.1f} GiB" + ("; use fewer workers" if workers > 1 else "")]


def _machine_bytes() -> int | None:
    """Memory of this machine, None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
