"""The work unit: the smallest piece of a sweep that is run, stored and recognised again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from linksim.errors import LinksimError
from linksim.identity import digest, digest_bytes
from linksim.images.picture import Picture

STORE_FORMAT = 2
"""Version of what a unit measures and how it is stored; part of every unit's identity."""

MIN_DRAWS = 2
"""Draws per picture below which no variance shows."""

Place = tuple[str, tuple[int, int]]
"""A unit's id, and which pictures of the set it sends."""


@dataclass(frozen=True)
class WorkUnit:
    """Some pictures, sent over some draws of the channel, through one link at one value of the axis.

    Parameters
    ----------
    fingerprint : str
        `Link.fingerprint()`; the name of the link is no part of the identity.
    axis : str
        Name of the axis of the sweep.
    value : float
        On that axis.
    pictures : (int, int)
        First picture and the one past the last, as positions in the picture set of the sweep. The
        positions only say where the numbers belong; the identity is in `pictures_digest`.
    pictures_digest : str
        `digest_of` these pictures.
    draws : (int, int)
        First draw and the one past the last.
    seed : int
        Seed of the whole sweep.
    metrics : tuple of (name, version)
        What is to be measured. No part of the identity: metrics are stored each for itself.
    """

    fingerprint: str
    axis: str
    value: float
    pictures: tuple[int, int]
    pictures_digest: str
    draws: tuple[int, int]
    seed: int
    metrics: tuple[tuple[str, str], ...]

    @property
    def num_pictures(self) -> int:
        return self.pictures[1] - self.pictures[0]

    @property
    def num_draws(self) -> int:
        return self.draws[1] - self.draws[0]

    def identity(self) -> dict[str, object]:
        """All that determines what is received, as plain JSON values."""
        return {
            "format": STORE_FORMAT,
            "fingerprint": self.fingerprint,
            "axis": self.axis,
            "value": self.value,
            "pictures": [self.num_pictures, self.pictures_digest],
            "draws": list(self.draws),
            "seed": self.seed,
        }

    @property
    def place(self) -> Place:
        """What no other unit of a sweep shares. Where a set holds the same pictures twice, two units have one id."""
        return self.id, self.pictures

    @cached_property
    def id(self) -> str:
        """SHA-256 of `identity()`: equal exactly for units in which the same is received."""
        return identity_hash(self.identity())


def identity_hash(identity: dict[str, object]) -> str:
    """SHA-256 of plain JSON values, independent of the order of keys."""
    return digest(identity)


def digest_of(pictures: Sequence[Picture]) -> str:
    """SHA-256 over the hashes of some pictures, in order."""
    return digest_bytes(p.sha256.encode() for p in pictures)


def picture_chunks(sizes: Sequence[tuple[int, int]], max_pixels: int) -> list[tuple[int, int]]:
    """Cut a picture set into runs of at most `max_pixels` pixels, at least one picture each.

    Filled from the front, so that the first pictures of a set are cut as the whole set is and a
    run on a few pictures leaves units that the run on all can use.
    """
    chunks, start, pixels = [], 0, 0
    for i, (height, width) in enumerate(sizes):
        if i > start and pixels + height * width > max_pixels:
            chunks.append((start, i))
            start, pixels = i, 0
        pixels += height * width
    chunks.append((start, len(sizes)))
    return chunks


def next_round_end(done: int, first_draws: int, max_draws: int) -> int:
    """Draws per picture at the end of the round that follows `done` draws per picture.

    The first round takes `first_draws`, every later one as many again as there are.

    Raises
    ------
    LinksimError
        If `max_draws` is below 2: one draw shows no variance.
    """
    if max_draws < MIN_DRAWS:
        raise LinksimError(f"max_draws is {max_draws}; a confidence interval needs at least {MIN_DRAWS} draws")
    return min(2 * done if done else max(first_draws, MIN_DRAWS), max_draws)


def draw_chunks(start: int, stop: int, max_draws: int) -> list[tuple[int, int]]:
    """Cut a round's draws into runs of at most `max_draws`, at least 1."""
    step = max(1, max_draws)
    return [(a, min(a + step, stop)) for a in range(start, stop, step)]
