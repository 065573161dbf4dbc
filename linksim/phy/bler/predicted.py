"""Block-error curves of codes that nobody measured, from those that were.

How far a code is from the normal approximation of its length, rate and modulation (`linksim.phy.bler.normal`) changes
slowly with all three. So the gaps of measured codes, in dB at some error rates, are interpolated, by thin-plate
splines (Duchon 1977), and added to the normal approximation of any code. `tests/phy/bler/test_predicted.py` holds
curves against measurements that had no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from scipy.interpolate import RBFInterpolator

from linksim.phy.bler.curve import BlerCurve
from linksim.phy.bler.normal import has_formula, snr_of_best_code
from linksim.phy.bler.packaged import grid_keys
from linksim.phy.bler.store import packaged_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall

VERSION = 1
"""Raised whenever the same tables would give other predictions."""

ERROR_RATES = (0.9, 0.5, 0.1, 0.01, 0.001)
"""Where the curve of a code is predicted."""

_FEWEST = 20
"""Tables of one channel, base graph and decoder below which nothing is predicted."""

_FROM_SCHEMES = frozenset({"awgn"})
"""Channels whose curves follow from all packaged tables; elsewhere from the grid alone. With the tables of schemes of
fast fading, which came later, codes that were held out are met less well (within 0.064 dB at 10 %, and not 0.051): most
are of the longest blocks, and these are of one lifting size."""

# Of log2 K', rate and bits per symbol: with these, codes left out were met best.
_SCALES = np.array([1.5, 20.0, 0.25])
# Counts are random, and codes of neighbouring lengths have other shifts: splines need not go through every point.
_SMOOTHING = 0.003


class Predictor:
    """Curves of codes of one channel, base graph and decoder.

    Parameters
    ----------
    tables : iterable of BlerTable
        Measured ones of one channel, base graph and decoder.
    """

    def __init__(self, tables: Iterable[BlerTable]) -> None:
        tables = list(tables)
        places = np.array([_place(table.key) for table in tables])
        gaps = [[waterfall(t).snr_at(p) - snr_of_best_code(t.key, p) for p in ERROR_RATES] for t in tables]
        self._bounds = places.min(axis=0), places.max(axis=0)
        self._spline = RBFInterpolator(places, np.array(gaps), kernel="thin_plate_spline", smoothing=_SMOOTHING)

    def curve(self, key: BlerKey) -> BlerCurve:
        """The curve of a code. Beyond the lengths, rates and modulations that were measured, the gap is theirs."""
        gaps = self._spline(np.clip(_place(key), *self._bounds)[None])[0]
        snr_db = [snr_of_best_code(key, p) + gap for p, gap in zip(ERROR_RATES, gaps, strict=True)]
        # Splines of neighbouring error rates may cross where they are nearly one.
        snr_db = np.maximum.accumulate(np.array(snr_db) + 1e-6 * np.arange(len(snr_db)))
        return BlerCurve(f"the prediction of {key.name}", snr_db, np.array(ERROR_RATES))


def _place(key: BlerKey) -> np.ndarray:
    rate = key.info_bits / key.coded_bits
    return np.array([np.log2(key.info_bits), rate, key.bits_per_symbol]) * _SCALES


@lru_cache(maxsize=4096)
def predicted_curve(key: BlerKey) -> BlerCurve | None:
    """The curve of a code as the packaged tables let expect it.

    Tables in the user's cache do not count, so that it is the same everywhere.

    Returns
    -------
    BlerCurve or None
        None where too few codes of that channel, base graph and decoder were measured.
    """
    predictor = _predictor(key.channel, key.base_graph, key.decoder)
    return predictor.curve(key) if predictor else None


@lru_cache(maxsize=16)
def _predictor(channel: str, base_graph: int, decoder: str) -> Predictor | None:
    counts = set(packaged_tables() if channel in _FROM_SCHEMES else grid_keys(channel, decoder))
    tables = [
        table
        for key, table in sorted(packaged_tables().items())
        if (key.channel, key.base_graph, key.decoder) == (channel, base_graph, decoder) and key in counts
    ]
    return Predictor(tables) if len(tables) >= _FEWEST and has_formula(channel) else None
