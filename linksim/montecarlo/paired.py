"""The difference of two links that met the same pictures and the same draws of the channel, with its interval.

Draw d of picture p gives a_pd over the one link and b_pd over the other, under the same noise and fades. What they
have in common cancels in the difference, so its interval is narrower than the two intervals say. Stored are not
single draws but the means of groups of them, the units. With n_g draws in group g and d_pg the difference of its means,

    s_p**2 = sum_g n_g (d_pg - d_p)**2 / (G - 1)

estimates the variance over draws of the difference on picture p without bias, with G - 1 degrees of freedom; the
interval of the mean over the pictures follows as in `statistics` (Welch and Satterthwaite). Like every interval here it
is for the given pictures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from linksim.montecarlo.statistics import LayerStatistics, add_layers, psnr_slope
from linksim.montecarlo.stopping import unseen_db

MIN_FREEDOM = 8.0
"""Degrees of freedom below which the two single intervals say more. Fixed before any difference is looked at."""


@dataclass(frozen=True)
class Difference:
    """A mean difference, b - a.

    Parameters
    ----------
    mean : float
    half_width : float
        Of its 95 % interval over draws of the channel.
    freedom : float
        Degrees of freedom; infinite where no draw gave another difference than the others.
    over_pictures : float
        Half width if the pictures were a random sample of many: Student's interval of the differences of the single
        pictures. nan for a single picture.
    better : float
        Share of the pictures on which b is better than a; equal ones count half. nan where neither high nor low
        values are better.
    """

    mean: float
    half_width: float
    freedom: float
    over_pictures: float
    better: float


def paired(draws: Sequence[int], a: np.ndarray, b: np.ndarray, higher_is_better: bool | None) -> Difference:
    """The difference b - a from the means of groups of draws.

    Parameters
    ----------
    draws : sequence of int
        n_g, draws of each group.
    a, b : float64 [G, P]
        Mean of each group and picture.
    higher_is_better : bool or None
        Of the metric (`linksim.metrics`); None where neither is.
    """
    from scipy.special import stdtrit

    n = np.asarray(draws, np.float64)[:, None]
    each = b - a
    of_picture = np.sum(n * each, axis=0) / n.sum()
    pictures = len(of_picture)
    freedom, half_width = 0.0, math.inf
    if len(each) > 1:
        variance = np.sum(n * (each - of_picture) ** 2, axis=0) / (len(each) - 1) / n.sum()
        total = float(variance.sum())
        freedom, half_width = math.inf, 0.0
        if total > 0:
            freedom = (len(each) - 1) / float(np.sum((variance / total) ** 2))
            half_width = float(stdtrit(freedom, 0.975)) * math.sqrt(total) / pictures
    over = math.nan
    if pictures > 1:
        over = float(stdtrit(pictures - 1, 0.975)) * float(np.std(of_picture, ddof=1)) / math.sqrt(pictures)
    better = math.nan
    if higher_is_better is not None:
        better = float(np.mean((of_picture > 0 if higher_is_better else of_picture < 0) + 0.5 * (of_picture == 0)))
    return Difference(float(of_picture.mean()), half_width, freedom, over, better)


def _group_means(groups: Sequence[LayerStatistics], metric: str) -> np.ndarray:
    """Means of a metric, float64 [G, P]."""
    return np.stack([group.metrics[metric].mean for group in groups])


def difference_of(
    a: Sequence[LayerStatistics],
    b: Sequence[LayerStatistics],
    sizes: Sequence[int],
    metric: str,
    same_link: bool,
    higher_is_better: bool | None,
) -> Difference | None:
    """The paired difference of a metric.

    Parameters
    ----------
    a, b : sequence of LayerStatistics
        One for each group of draws.
    sizes : sequence of int
        n_g, draws of each group.
    metric : str
    same_link : bool
        Whether a and b are of one fingerprint, so that what was not seen of the one was not of the other.
    higher_is_better : bool or None
        Of the metric; for the PSNR of a mean MSE that of the MSE.

    Returns
    -------
    Difference or None
        None where it cannot be had from single pictures, or says too little.
    """
    of_mean = metric == "psnr_of_mean_mse"
    name = "mse" if of_mean else metric
    if name not in a[0].metrics or name not in b[0].metrics:
        return None
    means = [_group_means(groups, name) for groups in (a, b)]
    found = paired(sizes, *means, higher_is_better)
    if of_mean:
        # To first order the PSNR of a mean moves with each single MSE (delta method).
        weights = np.asarray(sizes, np.float64)[:, None]
        totals = [float(np.mean(np.sum(weights * m, axis=0) / weights.sum())) for m in means]
        if min(totals) <= 0:
            return None
        exact = 10 * math.log10(totals[0] / totals[1])
        # Each side has a slope of its own: widths are of these, which picture is better is said by its MSEs.
        scaled = paired(sizes, *(psnr_slope(total) * m for total, m in zip(totals, means, strict=True)), True)
        found = Difference(exact, scaled.half_width, scaled.freedom, scaled.over_pictures, found.better)
    if found.freedom < MIN_FREEDOM:
        return None
    if metric == "psnr" and not same_link:
        unseen = [unseen_db(reduce(add_layers, groups)) for groups in (a, b)]
        half = math.hypot(found.half_width, *unseen)
        found = Difference(found.mean, half, found.freedom, found.over_pictures, found.better)
    return found
