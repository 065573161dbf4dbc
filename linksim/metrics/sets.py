"""Metrics of whole sets of pictures, such as Frechet distances: statistics that add up over pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linksim.errors import LinksimError
from linksim.metrics.base import AnyMetric


@dataclass(frozen=True)
class SetMetric(AnyMetric):
    """One number for all reconstructions of a picture set together, from sums over them.

    Every picture in every draw gives a vector of statistics, for instance the features of picture and
    reconstruction and their products. Only their sum is kept, so that parts of a sweep add up.
    There is no confidence interval: it is nan.

    Parameters
    ----------
    name, unit, version, higher_is_better, label, missing
        As in `linksim.metrics.Metric`.
    accumulate : function of two arrays
        `(reference, reconstruction)`, uint8 [B, H, W, 3] each, to float64 [B, S]: the statistics of
        every pair, each from its own pair only, S the same for all sizes of pictures.
    finish : function of the sum and the count
        `(sum float64 [S], count)` to the value: `count` pictures, once for every draw, are in the sum.
    """

    accumulate: Callable[[np.ndarray, np.ndarray], np.ndarray]
    finish: Callable[[np.ndarray, int], float]

    def __call__(self, reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
        """The statistics of every pair, float64 [B, S].

        Raises
        ------
        LinksimError
            If the pictures cannot be compared, or `accumulate` gives anything else or a value that is not finite, or
            fails where it is a user's.
        """
        self.check(reference, reconstruction)
        with self.running("accumulate"):
            statistics = np.asarray(self.accumulate(reference, reconstruction), np.float64)
        if statistics.ndim != 2 or len(statistics) != len(reference):
            raise LinksimError(
                f"metric {self.name} gave statistics of shape {list(statistics.shape)} for {len(reference)} pictures; "
                f"accumulate must return [{len(reference)}, S]"
            )
        if not np.isfinite(statistics).all():
            raise LinksimError(f"metric {self.name} gave statistics that are not finite; leave this metric out")
        return statistics
