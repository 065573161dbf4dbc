"""One point of a curve, one link at one value of the axis: its rounds of units, and what they add up to."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Link
from linksim.montecarlo.statistics import LayerStatistics, Moments, UnitStatistics, add_layers
from linksim.montecarlo.stopping import psnr_estimate, reason_to_stop
from linksim.montecarlo.unit import MIN_DRAWS, Place, WorkUnit, digest_of, draw_chunks, next_round_end, picture_chunks


class Chunks:
    """How a picture set is cut into units, with the digest and the pixels of every chunk."""

    def __init__(self, pictures: Sequence[Picture]):
        self._pictures = pictures
        self._cut: dict[int, list[tuple[tuple[int, int], str, int]]] = {}

    @property
    def num_pictures(self) -> int:
        return len(self._pictures)

    def of(self, max_pixels: int) -> list[tuple[tuple[int, int], str, int]]:
        """(first picture, one past the last), digest, pixels of every chunk of at most `max_pixels`."""
        if max_pixels not in self._cut:
            sizes = [p.size for p in self._pictures]
            self._cut[max_pixels] = [
                ((a, b), digest_of(self._pictures[a:b]), sum(h * w for h, w in sizes[a:b]))
                for a, b in picture_chunks(sizes, max_pixels)
            ]
        return self._cut[max_pixels]


@dataclass(frozen=True)
class Rules:
    """What all points of a sweep have in common.

    Parameters
    ----------
    axis : str
        Name of the axis.
    chunks : Chunks
    seed : int
    metrics : tuple of (name, version)
    ci_half_width : float or None
        Target of the half width of the 95 % interval of the PSNR, in dB.
    max_draws : int
        Limit of the draws per picture.
    """

    axis: str
    chunks: Chunks
    seed: int
    metrics: tuple[tuple[str, str], ...]
    ci_half_width: float | None
    max_draws: int


class Point:
    """The state of one link at one value of the axis.

    A round is a list of units; the next one is laid out only when all of them are in, by what they
    showed. Units are added in the order in which they were laid out, whatever order they finish in,
    so the sums are the same to the last bit.

    Parameters
    ----------
    link : Link
        For what it says of itself (`max_pixels`, `first_draws`); it is not run here.
    fingerprint : str
        Of the link.
    value : float
        On the axis of the sweep.
    rules : Rules

    Attributes
    ----------
    layers : tuple of LayerStatistics
        Of all completed rounds; empty before the first.
    is_cheap : bool
        Whether a draw costs next to nothing, by what the link says.
    stopped : str or None
        "target" or "limit" once the point is done.
    """

    def __init__(self, link: Link, fingerprint: str, value: float, rules: Rules):
        self.fingerprint = fingerprint
        self.value = value
        self.layers: tuple[LayerStatistics, ...] = ()
        self.stopped: str | None = None
        self.num_draws = 0
        self._rules = rules
        self._max_pixels = link.max_pixels
        self._first_draws = max(link.first_draws, MIN_DRAWS)
        self.is_cheap = self._first_draws > MIN_DRAWS
        self._round: list[WorkUnit] = []
        self._finished: dict[Place, UnitStatistics] = {}

    @property
    def max_draws(self) -> int:
        """The limit of the draws per picture."""
        return self._rules.max_draws

    def next_round(self) -> list[WorkUnit]:
        """Lay out the units that are to be run now; all of them before the next call.

        A unit has at most as many pictures as the link wants at a time, and reconstructs at most as
        many pixels as `first_draws` of that many pictures.
        """
        end = next_round_end(self.num_draws, self._first_draws, self._rules.max_draws)
        self._round = [
            self._unit(chunk, digest, draws)
            for chunk, digest, pixels in self._rules.chunks.of(self._max_pixels)
            for draws in draw_chunks(self.num_draws, end, self._most_draws(pixels))
        ]
        return list(self._round)

    def beyond_limit(self) -> Iterator[WorkUnit]:
        """Of every chunk of pictures, the first unit with draws beyond `max_draws`.

        As a run without a limit lays it out. One whose own limit cut this very round short, and left it one unit, has
        another in its place.
        """
        limit, start, end = self._rules.max_draws, 0, 0
        while end <= limit:
            start, end = end, next_round_end(end, self._first_draws, sys.maxsize)
        for chunk, digest, pixels in self._rules.chunks.of(self._max_pixels):
            most = self._most_draws(pixels)
            first = start + (limit - start) // most * most
            yield self._unit(chunk, digest, (first, min(first + most, end)))

    def _most_draws(self, pixels: int) -> int:
        """Draws of a unit whose pictures have so many pixels, at most."""
        return self._first_draws * max(1, self._max_pixels // pixels)

    def _unit(self, pictures: tuple[int, int], digest: str, draws: tuple[int, int]) -> WorkUnit:
        rules = self._rules
        return WorkUnit(
            self.fingerprint, rules.axis, self.value, pictures, digest, draws, rules.seed, rules.metrics
        )  # fmt: skip

    def finish(self, unit: WorkUnit, statistics: UnitStatistics) -> bool:
        """Take in a unit of this round; True if that completed the round."""
        self._finished[unit.place] = statistics
        if len(self._finished) < len(self._round):
            return False
        add = [(unit, self._finished[unit.place]) for unit in self._round]
        for unit, statistics in add:
            self._add(unit, statistics)
        self.num_draws = max(unit.draws[1] for unit in self._round)
        self._round, self._finished = [], {}
        self.stopped = reason_to_stop(self.layers, self._rules.ci_half_width, self._rules.max_draws)
        return True

    def _add(self, unit: WorkUnit, statistics: UnitStatistics) -> None:
        rules = self._rules
        mine = (self.fingerprint, rules.axis, self.value, rules.seed, rules.metrics)
        if (unit.fingerprint, unit.axis, unit.value, unit.seed, unit.metrics) != mine:
            raise LinksimError("statistics of different links, axis values, seeds or metrics do not add up")
        if self.layers and len(self.layers) != len(statistics.layers):
            raise LinksimError("a link returned different numbers of layers for different pictures or draws")
        so_far = self.layers or (None,) * len(statistics.layers)
        pictures = rules.chunks.num_pictures
        self.layers = tuple(
            _with(whole, layer, unit.pictures, pictures) for whole, layer in zip(so_far, statistics.layers, strict=True)
        )

    @property
    def progress(self) -> float:
        """Estimated share of the work that is done, 0 to 1."""
        if self.stopped:
            return 1.0
        if not self.layers:
            return 0.0
        done = self.num_draws / self._rules.max_draws
        if self._rules.ci_half_width:
            width = max(psnr_estimate(layer).half_width for layer in self.layers)
            if width > 0:
                # the width falls with the root of the draws
                done = max(done, (self._rules.ci_half_width / width) ** 2)
        return min(done, 0.95)


def _with(
    whole: LayerStatistics | None, part: LayerStatistics, where: tuple[int, int], num_pictures: int
) -> LayerStatistics:
    """The statistics of the whole set with those of some pictures added: in its own arrays, so that a unit costs by
    its pictures and not by those of the set."""
    if whole is None:
        return padded(part, where, num_pictures)
    here = slice(*where)
    before = replace(
        whole,
        n=whole.n[here],
        delivered=whole.delivered[here],
        channel_uses=whole.channel_uses[here],
        metrics={name: Moments(m.mean[here], m.m2[here]) for name, m in whole.metrics.items()},
    )
    after = add_layers(before, part)
    whole.n[here], whole.delivered[here], whole.channel_uses[here] = after.n, after.delivered, after.channel_uses
    for name, moments in after.metrics.items():
        whole.metrics[name].mean[here], whole.metrics[name].m2[here] = moments.mean, moments.m2
    return replace(whole, sums=after.sums, items=after.items, certain=after.certain)


def padded(layer: LayerStatistics, where: tuple[int, int], num_pictures: int) -> LayerStatistics:
    """Statistics of some pictures as those of the whole set, in arrays of their own, with no draws of the others."""
    start, stop = where

    def pad(array: np.ndarray) -> np.ndarray:
        whole = np.zeros(num_pictures, array.dtype)
        whole[start:stop] = array
        return whole

    return replace(
        layer,
        n=pad(layer.n),
        delivered=pad(layer.delivered),
        channel_uses=pad(layer.channel_uses),
        metrics={name: Moments(pad(m.mean), pad(m.m2)) for name, m in layer.metrics.items()},
    )
