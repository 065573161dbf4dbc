"""How large a picture learned compression takes."""

from __future__ import annotations

import math

from linksim.errors import LinksimError

STRIDE = 64
"""A hyper-latent stands for 64x64 pixels, and sides are padded to multiples of it."""

SIDE_BYTES = 2
"""Of a side in a stream."""

MAX_PIXELS = 1 << 23
"""Largest picture, its sides rounded up to multiples of 64: the networks work on the whole of it, at 540 bytes a pixel
with 64 filters, 880 with 128."""


def check_size(size: tuple[int, int]) -> None:
    """See that the networks can take a picture of (H, W) pixels.

    Raises
    ------
    LinksimError
        If it is too large.
    """
    height, width = size
    padded = math.prod(-(-side // STRIDE) * STRIDE for side in size)
    if padded > MAX_PIXELS or max(size) > 1 << (8 * SIDE_BYTES):
        raise LinksimError(
            f"a picture of {height}x{width} pixels is too large for this codec, which takes at most {MAX_PIXELS} "
            "at up to 880 bytes each; cut it into parts"
        )
