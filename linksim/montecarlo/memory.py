"""Whether learned codecs have the memory for the largest picture, said before anything is encoded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Link

LEAST = 30
"""Bytes a pixel that any codec takes: a picture goes in and comes out as float32, and both are kept as bytes."""

USUAL = 70, 160
"""Bytes a pixel at the peak: about what the narrowest codec of the zoo takes, and somewhat more than its widest does
(65 and 140 on pictures of 6 and 24 megapixels, `docs/memory.py`). A picture is never cut: its symbols have power 1 as a
whole."""

_GIB = 1 << 30
_CGROUP = Path("/sys/fs/cgroup/memory.max")


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
        If the picture alone, in one process, is more than the machine has.
    """
    learned = next((link for link in links if link.models), None)
    total = _machine_bytes()
    if learned is None or not pictures or total is None:
        return []
    largest = max(pictures, key=lambda picture: picture.size[0] * picture.size[1])
    height, width = largest.size
    least, low, high = (each * height * width / _GIB for each in (LEAST, *USUAL))
    has = total / _GIB
    what = f"picture {largest.name!r} of {height}x{width} pixels"
    if least > has:
        raise LinksimError(
            f"{what} takes {least:.1f} GiB and more in {learned.name}, and this machine has {has:.1f} GiB; "
            "crop it, or cut it into several"
        )
    if high * workers <= has:
        return []
    each = f" in each of {workers} processes" if workers > 1 else ""
    advice = "; use fewer workers" if workers > 1 else ""
    return [
        f"{what} may take {low:.1f} to {high:.1f} GiB in {learned.name}{each}, as the codecs of the zoo do, "
        f"and this machine has {has:.1f} GiB{advice}"
    ]


def _machine_bytes() -> int | None:
    """Memory of this machine or of its container, None where neither says."""
    found = []
    try:
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        pass
    try:
        found.append(int(_CGROUP.read_text()))  # "max" where there is no limit
    except (OSError, ValueError):
        pass
    return min(found, default=None)
