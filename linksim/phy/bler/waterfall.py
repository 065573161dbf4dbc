"""The curve of a measured table."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from linksim.phy.bler.curve import BlerCurve
from linksim.phy.bler.table import BlerTable

_FIT_STEPS = 20


@lru_cache(maxsize=2048)
def waterfall(table: BlerTable) -> BlerCurve:
    """The error rates of a table: a straight line in the probit, as far as the counts allow it.

    Where a point's 95 % interval excludes the line, the nearest end of the interval counts. So many blocks are
    believed, and few, as they are in the tail, are told by their neighbours.
    """
    offset, slope = _line(table)
    low, high = table.interval(0.95)
    rates = np.clip(ndtr(offset + slope * table.snr_db), low, high)
    return BlerCurve(table.key.name, table.snr_db, rates, slope)


def _line(table: BlerTable) -> tuple[float, float]:
    """Probit of the error rate against the SNR as a straight line: offset at 0 dB, slope per dB.

    A probit regression (maximum likelihood, by iterated weighted least squares).
    """
    shares = (table.errors + 0.5) / (table.blocks + 1.0)
    eta = ndtri(shares)
    centre = table.snr_db[int(np.argmin(np.abs(shares - 0.5)))]
    design = np.stack([np.ones_like(table.snr_db), table.snr_db - centre], axis=1)
    for _ in range(_FIT_STEPS):
        mean, density = ndtr(eta), np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
        weights = np.sqrt(table.blocks / (mean * ndtr(-eta))) * density
        target = eta + (shares - mean) / density
        (offset, slope), *_ = np.linalg.lstsq(design * weights[:, None], target * weights, rcond=None)
        # Beyond five standard deviations no table has anything to say.
        eta = np.clip(design @ (offset, slope), -5.0, 5.0)
    return float(offset - slope * centre), float(min(slope, 0.0))
