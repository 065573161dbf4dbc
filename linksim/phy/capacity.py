"""How many bits a channel use can carry: Gaussian and BICM capacity, ergodic and in outage.

Everything is in bits per complex channel use against Es/N0 in dB, as the channels define it
(`linksim.phy.channels.flat`). NumPy and SciPy only; nothing here loads TensorFlow.

Capacities on Rayleigh fading are those of a receiver that knows h and a sender that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import exp1

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.information import GAIN_WEIGHTS, LOG_GAINS, information_density

VERSION = 1
"""Raised whenever a formula or its numerical accuracy changes a value."""


def fingerprint() -> str:
    """Hex digest of what the formulas give."""
    return identity.fingerprint("capacity", VERSION)


def _snr(snr_db: ArrayLike) -> np.ndarray:
    """Es/N0 as a ratio."""
    values = np.asarray(snr_db, dtype=float)
    if not np.all(np.isfinite(values)):
        raise LinksimError(f"snr_db is {snr_db}; give a finite number, Es/N0 in dB")
    return 10.0 ** (values / 10.0)


def _plain(values: np.ndarray) -> float | np.ndarray:
    """A number for a number, an array for an array."""
    return float(values) if np.ndim(values) == 0 else values


def gaussian_capacity(snr_db: ArrayLike) -> float | np.ndarray:
    """Capacity of AWGN with Gaussian symbols, log2(1 + snr) (Shannon 1948).

    Parameters
    ----------
    snr_db : number or array
        Es/N0 in dB.

    Returns
    -------
    float or array
        Bits per channel use.

    Raises
    ------
    LinksimError
        If `snr_db` is not finite.
    """
    return _plain(np.log2(1.0 + _snr(snr_db)))


# ---- BICM -------------------------------------------------------------------------------------


def _bicm(bits_per_symbol: int, snr: np.ndarray) -> np.ndarray:
    """BICM capacity at Es/N0 ratios `[K]`, in bits per complex symbol."""
    mean, _ = information_density(bits_per_symbol, snr)
    return np.clip(mean, 0.0, bits_per_symbol)


def bicm_capacity(bits_per_symbol: int, snr_db: ArrayLike) -> float | np.ndarray:
    """What Gray-labelled QAM with one binary code and bitwise demapping carries over AWGN.

    The sum over the label's bits of the mutual information between bit and received symbol (Caire,
    Taricco and Biglieri, "Bit-interleaved coded modulation", IEEE Trans. IT 1998). The Gray labels of
    TS 38.211 give the even bits of a symbol to one dimension and the odd ones to the other, so that it
    is exactly twice that of a PAM; the noise is averaged by Gauss-Hermite quadrature.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8, 10}
        4-QAM to 1024-QAM.
    snr_db : number or array
        Es/N0 in dB.

    Returns
    -------
    float or array
        Bits per channel use.

    Raises
    ------
    LinksimError
        If there is no such QAM or `snr_db` is not finite.
    """
    snr = _snr(snr_db)
    return _plain(_bicm(bits_per_symbol, snr.ravel()).reshape(snr.shape))


def _limit_db(bits_per_symbol: int, code_rate: float, capacity_at: Callable[[float], float]) -> float:
    """The Es/N0 in dB at which a rising capacity carries `bits_per_symbol * code_rate` bits."""
    if not 0.0 < code_rate < 1.0:
        raise LinksimError(f"code_rate is {code_rate}; give a number between 0 and 1, without 0 and 1")
    rate = bits_per_symbol * code_rate
    if not capacity_at(_LOWEST_DB) < rate < capacity_at(_HIGHEST_DB):
        raise LinksimError(
            f"{bits_per_symbol} bits per symbol at code rate {code_rate} have no limit from "
            f"{_LOWEST_DB:g} to {_HIGHEST_DB:g} dB; choose a code rate further from 0 and 1"
        )
    return float(brentq(lambda snr_db: capacity_at(snr_db) - rate, _LOWEST_DB, _HIGHEST_DB, xtol=1e-6))


_LOWEST_DB, _HIGHEST_DB = -40.0, 60.0


@cache
def bicm_limit_db(bits_per_symbol: int, code_rate: float) -> float:
    """The lowest Es/N0 at which a modulation and coding scheme can work on AWGN.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8, 10}
        4-QAM to 1024-QAM.
    code_rate : float
        Information bits per coded bit.

    Returns
    -------
    float
        Es/N0 in dB where `bicm_capacity` is `bits_per_symbol * code_rate`. 16-QAM at 1/2: 5.28.

    Raises
    ------
    LinksimError
        If there is no such QAM, or the code rate is not between 0 and 1.
    """
    return _limit_db(bits_per_symbol, code_rate, lambda snr_db: bicm_capacity(bits_per_symbol, snr_db))


# ---- fast Rayleigh: every symbol has a fade of its own ------------------------------------------


def ergodic_capacity(snr_db: ArrayLike) -> float | np.ndarray:
    """Capacity of fast Rayleigh fading with Gaussian symbols and CSI at the receiver.

    `E[log2(1 + snr |h|^2)] = exp(1/snr) E1(1/snr) / ln 2` (Ozarow, Shamai and Wyner, IEEE Trans. VT 1994).

    Parameters
    ----------
    snr_db : number or array
        Mean Es/N0 in dB, before fading.

    Returns
    -------
    float or array
        Bits per channel use.

    Raises
    ------
    LinksimError
        If `snr_db` is not finite.
    """
    inverse = 1.0 / _snr(snr_db)
    small = np.minimum(inverse, 300.0)  # exp and E1 leave the range of a double beyond 700
    large = np.maximum(inverse, 300.0)
    asymptotic = (1.0 - (1.0 - (2.0 - 6.0 / large) / large) / large) / large
    nats = np.where(inverse < 300.0, np.exp(small) * exp1(small), asymptotic)
    return _plain(nats / np.log(2.0))


def ergodic_bicm_capacity(bits_per_symbol: int, snr_db: ArrayLike) -> float | np.ndarray:
    """What Gray-labelled QAM carries over fast Rayleigh fading with CSI at the receiver.

    `bicm_capacity` averaged over `|h|^2`; parameters and errors as there, `snr_db` before fading.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8, 10}
        4-QAM to 1024-QAM.
    snr_db : number or array
        Mean Es/N0 in dB, before fading.

    Returns
    -------
    float or array
        Bits per channel use.
    """
    snr = _snr(snr_db)
    means = [_ergodic_bicm(bits_per_symbol, float(ratio)) for ratio in snr.ravel()]
    return _plain(np.reshape(means, snr.shape))


@lru_cache(maxsize=4096)
def _ergodic_bicm(bits_per_symbol: int, ratio: float) -> float:
    return float(_bicm(bits_per_symbol, ratio * np.exp(LOG_GAINS)) @ GAIN_WEIGHTS)


@cache
def ergodic_bicm_limit_db(bits_per_symbol: int, code_rate: float) -> float:
    """The lowest mean Es/N0 at which a scheme can work on fast Rayleigh fading with receiver CSI.

    Parameters and errors as for `bicm_limit_db`.

    Returns
    -------
    float
        Es/N0 in dB, before fading, where `ergodic_bicm_capacity` is `bits_per_symbol * code_rate`.
    """
    return _limit_db(bits_per_symbol, code_rate, lambda snr_db: ergodic_bicm_capacity(bits_per_symbol, snr_db))


# ---- slow Rayleigh: one fade decides ------------------------------------------------------------


def outage_capacity(snr_db: ArrayLike, outage: float) -> float | np.ndarray:
    """The highest rate that slow Rayleigh fading refuses with no more than a given probability.

    `log2(1 - snr ln(1 - outage))`: with `|h|^2` exponential, `log2(1 + snr |h|^2)` lies below it with
    probability `outage` (Tse and Viswanath, "Fundamentals of Wireless Communication", 5.4.1).

    Parameters
    ----------
    snr_db : number or array
        Mean Es/N0 in dB, before fading.
    outage : float
        Accepted probability of outage, from 0 to below 1.

    Returns
    -------
    float or array
        Bits per channel use.

    Raises
    ------
    LinksimError
        If `outage` is out of range or `snr_db` is not finite.
    """
    if not 0.0 <= outage < 1.0:
        raise LinksimError(f"outage is {outage}; give a probability from 0 to below 1")
    return _plain(np.log2(1.0 - _snr(snr_db) * np.log1p(-outage)))
