"""Counts and moments that add, and the confidence intervals that follow from them.

The interval is for *the given picture set*: it says how far the curve could move if the channel
were drawn anew, not if other photographs were taken. Draws are stratified by picture, so with
n_p draws of picture p out of P pictures and s_p the standard deviation over the draws of p,

    var(mean) = 1 / P**2 * sum_p s_p**2 / n_p,

and the half width is Student's 97.5 % quantile times its root, with the degrees of freedom of
Welch and Satterthwaite. `psnr_of_mean_mse` has the interval of the mean MSE carried through the
logarithm by the delta method. A link that always gives the same picture has variance zero; what
`psnr` adds to an interval for failures that were not seen yet is in `stopping`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from linksim.errors import LinksimError
from linksim.pixels import psnr_of_mse

VERSION = 1
"""Raised whenever the same units add up to other means or intervals."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and sum of squared deviations from it, per picture.

    Not sum and sum of squares: their difference would lose the small variance of a large mean, and
    draws that are all equal would not give exactly zero.

    Parameters
    ----------
    mean : float64 [P]
    m2 : float64 [P]
        Sum over the draws of (value - mean)**2.
    """

    mean: np.ndarray
    m2: np.ndarray


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """What one layer of a link gave, per picture.

    Parameters
    ----------
    n : int64 [P]
        Draws.
    delivered : int64 [P]
        Draws in which the layer arrived.
    channel_uses : int64 [P]
        Complex symbols, added up over the draws.
    metrics : mapping of str to Moments
    sums : mapping of str to float64 [S]
        Of metrics of whole sets (`linksim.metrics.SetMetric`): their statistics, added up over pictures and draws.
    items : mapping of str to float
        What the channel uses were spent on, added up over pictures and draws; empty where a link does not itemise.
    certain : bool
        Whether no draw can give anything else (`Outcomes.certain`).
    """

    n: np.ndarray
    delivered: np.ndarray
    channel_uses: np.ndarray
    metrics: Mapping[str, Moments]
    sums: Mapping[str, np.ndarray] = field(default_factory=dict)
    items: Mapping[str, float] = field(default_factory=dict)
    certain: bool = False


@dataclass(frozen=True, eq=False)
class UnitStatistics:
    """What one work unit measured.

    Parameters
    ----------
    layers : tuple of LayerStatistics
    """

    layers: tuple[LayerStatistics, ...]

    def agrees_with(self, other: UnitStatistics) -> bool:
        """Whether counts, and the metrics that both have, are the very same numbers."""
        return len(self.layers) == len(other.layers) and all(map(_same_layer, self.layers, other.layers))


def _same_layer(a: LayerStatistics, b: LayerStatistics) -> bool:
    """Whether counts, and the metrics that both have, are the very same numbers."""
    pairs = [(a.n, b.n), (a.delivered, b.delivered), (a.channel_uses, b.channel_uses)]
    for name in a.metrics.keys() & b.metrics.keys():
        pairs += [(a.metrics[name].mean, b.metrics[name].mean), (a.metrics[name].m2, b.metrics[name].m2)]
    pairs += [(a.sums[name], b.sums[name]) for name in a.sums.keys() & b.sums.keys()]
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in pairs)


def only(statistics: UnitStatistics, metrics: Collection[str]) -> UnitStatistics:
    """The same counts with some of the metrics."""
    return UnitStatistics(
        tuple(
            replace(
                layer,
                metrics={name: m for name, m in layer.metrics.items() if name in metrics},
                sums={name: s for name, s in layer.sums.items() if name in metrics},
            )
            for layer in statistics.layers
        )
    )


def unite(a: UnitStatistics, b: UnitStatistics) -> UnitStatistics:
    """Metrics of both, measured on the same draws.

    Raises
    ------
    LinksimError
        If counts, or a metric that both have, differ: then they are not of the same draws.
    """
    if not a.agrees_with(b):
        raise LinksimError(
            "a unit had other counts when it was run again; a link gives something else under one fingerprint"
        )
    return UnitStatistics(
        tuple(
            replace(x, metrics={**x.metrics, **y.metrics}, sums={**x.sums, **y.sums})
            for x, y in zip(a.layers, b.layers, strict=True)
        )
    )


def moments(picture: np.ndarray, count: np.ndarray, value: np.ndarray, num_pictures: int) -> Moments:
    """Moments per picture of values that occurred `count` times each.

    Deviations are taken from the picture's first value, so that values that are all equal give
    exactly that mean and exactly m2 = 0.

    Parameters
    ----------
    picture : int [M]
    count : int [M]
    value : float64 [M]
    num_pictures : int
        P; every picture occurs.
    """
    first = np.empty(num_pictures)
    first[picture[::-1]] = value[::-1]
    n = np.bincount(picture, count, num_pictures)
    mean = first + np.bincount(picture, count * (value - first[picture]), num_pictures) / n
    m2 = np.bincount(picture, count * (value - mean[picture]) ** 2, num_pictures)
    return Moments(mean, m2)


def add_moments(a: Moments, n_a: np.ndarray, b: Moments, n_b: np.ndarray) -> Moments:
    """Moments of the draws of both (Chan, Golub and LeVeque 1979); where n_a is 0, those of b."""
    n = np.maximum(n_a + n_b, 1)
    delta = b.mean - a.mean
    mean = np.where(n_a == 0, b.mean, np.where(n_b == 0, a.mean, a.mean + delta * (n_b / n)))
    # where one side has no draws, the product is zero and the other side's m2 stays as it is
    return Moments(mean, a.m2 + b.m2 + delta**2 * (n_a * n_b / n))


def add_layers(a: LayerStatistics, b: LayerStatistics) -> LayerStatistics:
    """Statistics of the draws of both, picture by picture.

    Raises
    ------
    LinksimError
        If they hold different metrics or numbers of pictures.
    """
    if a.metrics.keys() != b.metrics.keys() or a.sums.keys() != b.sums.keys() or a.n.shape != b.n.shape:
        raise LinksimError("statistics of different metrics or pictures do not add up; run them as separate sweeps")
    return LayerStatistics(
        a.n + b.n,
        a.delivered + b.delivered,
        a.channel_uses + b.channel_uses,
        {name: add_moments(a.metrics[name], a.n, b.metrics[name], b.n) for name in a.metrics},
        {name: a.sums[name] + b.sums[name] for name in a.sums},
        # Units from before there were items would make the sums too small.
        {name: a.items.get(name, 0.0) + b.items.get(name, 0.0) for name in {**a.items, **b.items}}
        if a.items and b.items
        else {},
        a.certain and b.certain,
    )


def side_by_side(parts: Sequence[LayerStatistics]) -> LayerStatistics:
    """Statistics of the pictures of all parts, one after the other; the parts hold the same metrics."""

    def joined(metric: str) -> Moments:
        of_parts = [part.metrics[metric] for part in parts]
        return Moments(np.concatenate([m.mean for m in of_parts]), np.concatenate([m.m2 for m in of_parts]))

    first = parts[0]
    itemised = all(part.items for part in parts)
    return LayerStatistics(
        np.concatenate([part.n for part in parts]),
        np.concatenate([part.delivered for part in parts]),
        np.concatenate([part.channel_uses for part in parts]),
        {metric: joined(metric) for metric in first.metrics},
        {name: reduce(np.add, (part.sums[name] for part in parts)) for name in first.sums},
        {
            name: sum(part.items.get(name, 0.0) for part in parts)
            for name in dict.fromkeys(name for part in parts for name in part.items)
            if itemised
        },
        all(part.certain for part in parts),
    )


@dataclass(frozen=True)
class Estimate:
    """A mean and the half width of its 95 % confidence interval."""

    mean: float
    half_width: float

    @property
    def low(self) -> float:
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        return self.mean + self.half_width


def estimate(m: Moments, n: np.ndarray) -> Estimate:
    """Mean over the pictures, and its interval from the draws (see the head of this file).

    The half width is infinite where a picture has a single draw.
    """
    mean = float(np.mean(m.mean))
    if np.min(n) < 2:
        return Estimate(mean, math.inf)
    of_picture = m.m2 / (n - 1) / n
    total = float(np.sum(of_picture))
    if total == 0:
        return Estimate(mean, 0.0)
    from scipy.special import stdtrit

    # scaled, because the squares of small variances would underflow
    weights = of_picture / total
    freedom = 1.0 / float(np.sum(weights**2 / (n - 1)))
    return Estimate(mean, float(stdtrit(freedom, 0.975)) * math.sqrt(total) / len(n))


def psnr_slope(mse: float) -> float:
    """How many dB the PSNR gains per unit of MSE, at a mean MSE above 0: negative."""
    return -10 / math.log(10) / mse


def psnr_of_mean(mse: Estimate) -> Estimate:
    """PSNR in dB of a mean MSE on the scale 0..255.

    Delta method: d(10 log10 m) = 10 / ln 10 * dm / m.
    """
    relative = mse.half_width / mse.mean if mse.mean else 0.0
    return Estimate(float(psnr_of_mse(mse.mean)), 10 / math.log(10) * relative)
