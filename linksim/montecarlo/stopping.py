"""When a point has been simulated enough.

A point (one link at one SNR) is simulated in rounds, and only after a completed round it is decided
whether another one follows; so the decision does not depend on which units happened to finish first.
It stops when the half width of the 95 % interval of its PSNR, of the layer where it is widest, is at
most the target, or when the draw limit is reached.

**Failures that were not seen.** Where all draws gave the same picture, the variance is zero, and
that is no certainty: a scheme that fails once in a hundred transmissions shows none of it in two
draws per picture. Wilson's score interval for a share of 0 in N trials still reaches up to
z**2 / (N + z**2), about z**2 / N with z = 1.96, four failures' worth. So as soon as any picture has
shown only one outcome, the half width is

    sqrt((t * s)**2 + (z**2 * gap / N)**2),

N being the draws over all pictures and `gap` what an unseen outcome would change: the observed
difference between delivered and concealed pictures where both occurred, else 20 dB, which is about
what lies between a decoded photograph (33 dB) and a grey one (13 dB). When failures are common the
second term vanishes beside the first. Links whose every draw is different (analog ones), and layers of
which nothing can get lost (`Outcomes.certain`), are judged by their variance alone.
"""

from __future__ import annotations

import math

import numpy as np

from linksim.montecarlo.statistics import Estimate, LayerStatistics, estimate

Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""

UNSEEN_GAP_DB = 20.0
"""PSNR that an outcome not seen yet is taken to differ by, where nothing is known of it."""

MIN_TOTAL_DRAWS = 32
"""Draws over all pictures before a variance is believed enough to stop on it."""


def psnr_estimate(layer: LayerStatistics) -> Estimate:
    """Mean PSNR in dB with its interval, failures that were not seen allowed for."""
    psnr = layer.metrics["psnr"]
    sampled = estimate(psnr, layer.n)
    return Estimate(sampled.mean, math.hypot(sampled.half_width, unseen_db(layer)))


def unseen_db(layer: LayerStatistics) -> float:
    """The part of the half width, in dB, that stands for failures that were not seen; 0 where none is to be feared."""
    if layer.certain or not np.any(layer.metrics["psnr"].m2 == 0):
        return 0.0
    return Z**2 * _gap_db(layer) / float(np.sum(layer.n))


def _gap_db(layer: LayerStatistics) -> float:
    """Difference between a delivered and a concealed picture, from pictures that show both.

    With a share d delivered at a and the rest concealed at b, the variance is d (1 - d) (a - b)**2.
    """
    both = (layer.delivered > 0) & (layer.delivered < layer.n)
    if not np.any(both):
        return UNSEEN_GAP_DB
    n = layer.n[both]
    share = layer.delivered[both] / n
    variance = layer.metrics["psnr"].m2[both] / n
    return float(np.mean(np.sqrt(variance / (share * (1 - share)))))


def reason_to_stop(layers: tuple[LayerStatistics, ...], ci_half_width: float | None, max_draws: int) -> str | None:
    """Whether a point is done after a completed round.

    Parameters
    ----------
    layers : tuple of LayerStatistics
        Of the whole point, the same number of draws for every picture.
    ci_half_width : float or None
        Target in dB; None to use all draws.
    max_draws : int
        Limit of the draws per picture.

    Returns
    -------
    str or None
        "target", "limit", or None to go on.
    """
    if ci_half_width is not None and int(np.sum(layers[0].n)) >= MIN_TOTAL_DRAWS:
        if all(psnr_estimate(layer).half_width <= ci_half_width for layer in layers):
            return "target"
    return "limit" if int(np.min(layers[0].n)) >= max_draws else None
