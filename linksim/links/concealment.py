"""What the receiver shows of a picture that was not delivered."""

from __future__ import annotations

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture

CONCEALMENTS = ("mid-grey", "mean-colour")
MEAN_COLOUR_BITS = 24

VERSION = 1
"""Raised whenever something else is shown."""


def check_concealment(concealment: str) -> str:
    """The name, if it is one of `CONCEALMENTS`."""
    if concealment not in CONCEALMENTS:
        raise LinksimError(f"unknown concealment {concealment!r}; take one of {', '.join(CONCEALMENTS)}")
    return concealment


def conceal(picture: Picture, concealment: str) -> np.ndarray:
    """What the receiver shows of a picture that was not delivered: `uint8 [H, W, 3]` of one colour."""
    colour = np.full(3, 128.0) if concealment == "mid-grey" else np.rint(picture.pixels.mean(axis=(0, 1)))
    return np.broadcast_to(colour.astype(np.uint8), picture.pixels.shape)
