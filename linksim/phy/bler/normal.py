"""The normal approximation: at which SNR the best code of a length and rate, sent in QAM, has an error rate.

Polyanskiy, Poor and Verdu, "Channel coding rate in the finite blocklength regime", IEEE Trans. IT 2010, eq. (296),
for bit-interleaved coded modulation: information and dispersion are those of the bits of a symbol as a bitwise
demapper sees them (Martinez and Guillen i Fabregas, "Saddlepoint approximation of random-coding bounds", ITA 2011).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from linksim.errors import LinksimError
from linksim.phy.bler.table import BlerKey
from linksim.phy.information import GAIN_WEIGHTS, LOG_GAINS, information_density

VERSION = 1
"""Raised whenever the same code gets another SNR."""

_GRID_DB = np.arange(-40.0, 60.0, 0.25)
_NODES = 64


def snr_of_best_code(key: BlerKey, error_rate: float) -> float:
    """Es/N0 in dB, before fading, at which the best code of this length and rate has an error rate.

    Parameters
    ----------
    key : BlerKey
        Channel "awgn" or "rayleigh-fast"; modulation, K' and E_r. Base graph and decoder do not count.
    error_rate : float
        Between 0 and 1.

    Raises
    ------
    LinksimError
        If no formula is known for the channel, or the rate is not met between -35 and 55 dB.
    """
    symbols = key.coded_bits / key.bits_per_symbol
    mean, variance = _density(key.channel, key.bits_per_symbol)

    def surplus(snr_db: float) -> float:
        information = np.interp(snr_db, _GRID_DB, mean)
        spread = np.sqrt(np.interp(snr_db, _GRID_DB, variance) / symbols)
        return information + ndtri(error_rate) * spread + np.log2(symbols) / (2 * symbols) - key.info_bits / symbols

    if not surplus(-35.0) < 0 < surplus(55.0):
        raise LinksimError(f"no SNR from -35 to 55 dB carries {key.info_bits} bits in {key.coded_bits} coded bits")
    return float(brentq(surplus, -35.0, 55.0, xtol=1e-6))


def has_formula(channel: str) -> bool:
    """Whether the law of a channel is known here."""
    return channel in ("awgn", "rayleigh-fast")


@lru_cache(maxsize=16)
def _density(channel: str, bits_per_symbol: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the information density of a symbol, in bits, at the SNRs of the grid."""
    mean, variance = information_density(bits_per_symbol, 10 ** (_GRID_DB / 10), _NODES)
    if channel == "awgn":
        return mean, variance
    if channel != "rayleigh-fast":
        raise LinksimError(f"there is no normal approximation for the channel {channel}")
    # Averaged over the gain; what the gain itself changes is part of the variance.
    met = _GRID_DB[:, None] + 10 * LOG_GAINS / np.log(10)
    means, variances = (np.interp(met, _GRID_DB, values) for values in (mean, variance))
    weights = GAIN_WEIGHTS / GAIN_WEIGHTS.sum()
    average = means @ weights
    return average, variances @ weights + (means - average[:, None]) ** 2 @ weights
