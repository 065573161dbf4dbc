"""The error rate of a code block at any SNR, from some SNRs at which it is known."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from linksim.errors import LinksimError

VERSION = 3
"""Raised whenever the same points, or the same table, would give another curve."""

_LEAST_RATE = 1e-9


class BlerCurve:
    """Error rates through known points, never rising with the SNR.

    The probit of the error rate is interpolated between the points, because errors come when the noise of a block is
    worse than the code can bear, and that is a sum over many symbols. Below the points the probit goes on as a line.
    Above the last one the logarithm of the error rate falls on with the mean slope that it had since an error rate of
    0.1: a real waterfall falls ever more steeply, so that this errs on the side of more errors.

    Parameters
    ----------
    name : str
        What it is a curve of, for messages.
    snr_db : float array [P]
        Es/N0 in dB before fading, increasing, two points or more.
    rates : float array [P]
        Error rates there.
    slope : float, optional
        Of the probit per dB below the first point; by default that between the first two.
    """

    def __init__(self, name: str, snr_db: np.ndarray, rates: np.ndarray, slope: float | None = None) -> None:
        self.name, self.snr_db = name, np.asarray(snr_db, float)
        # Never rising with the SNR, and never exactly 0 or 1.
        self.rates = np.clip(np.minimum.accumulate(rates), _LEAST_RATE, 1.0 - _LEAST_RATE)
        self._probits = ndtri(self.rates)
        if slope is None:
            slope = (self._probits[1] - self._probits[0]) / (self.snr_db[1] - self.snr_db[0])
        self._first_slope = min(float(slope), 0.0)
        start = min(max(0, int(np.sum(self.rates >= 0.1)) - 1), len(self.rates) - 2)
        logs = np.log(self.rates)
        self._last_slope = float((logs[-1] - logs[start]) / (self.snr_db[-1] - self.snr_db[start]))

    def probability(self, snr_db: float | np.ndarray) -> np.ndarray:
        """Probability that a code block is lost, never rising with the SNR.

        Parameters
        ----------
        snr_db : float or array [...]
            Es/N0 in dB before fading.

        Returns
        -------
        float64 array [...]
        """
        snr_db = np.asarray(snr_db, float)
        below = self._first_slope * np.minimum(snr_db - self.snr_db[0], 0.0)
        values = ndtr(np.interp(snr_db, self.snr_db, self._probits) + below)
        return values * np.exp(self._last_slope * np.maximum(snr_db - self.snr_db[-1], 0.0))

    def snr_at(self, probability: float) -> float:
        """The SNR in dB at which the error rate falls to a value, such as 0.1.

        Raises
        ------
        LinksimError
            If it does so nowhere within 10 dB of the points.
        """
        low, high = self.snr_db[0] - 10.0, self.snr_db[-1] + 10.0
        if not self.probability(high) < probability < self.probability(low):
            raise LinksimError(f"{self.name} says nothing of an error rate of {probability:g}")
        return float(brentq(lambda snr_db: self.probability(snr_db) - probability, low, high, xtol=1e-9))
