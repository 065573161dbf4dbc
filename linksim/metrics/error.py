"""Mean squared error and PSNR."""

from __future__ import annotations

import numpy as np

from linksim.errors import LinksimError
from linksim.metrics.base import Metric, register

PSNR_CAP_DB = 100.0
"""PSNR of identical pictures, and the most that any pair gets, so that means stay finite."""

# Samples whose difference is held at a time; 2 MiB of float64 stay in the processor's cache.
_CHUNK = 1 << 18


def psnr_of_mse(mse: np.ndarray | float) -> np.ndarray | float:
    """PSNR in dB of a mean squared error on the 0..255 scale: `10 log10(255^2 / mse)`.

    At most `PSNR_CAP_DB`, which is also the value at 0. Of a mean of MSEs it is the
    "PSNR of the mean MSE", which differs from the mean of PSNRs.

    Parameters
    ----------
    mse : [...], float
        At least 0; nan stays nan.

    Returns
    -------
    psnr : [...], float64
        In dB; a float for a float.

    Raises
    ------
    LinksimError
        If an MSE is negative.
    """
    mse = np.asarray(mse, np.float64)
    if (mse < 0).any():
        raise LinksimError(f"an MSE is {mse.min()}; a mean squared error is at least 0")
    floor = 255.0**2 * 10 ** (-PSNR_CAP_DB / 10)
    # The outer minimum takes the last bit of rounding, so that the cap is met exactly.
    psnr = np.minimum(10 * np.log10(255.0**2 / np.maximum(mse, floor)), PSNR_CAP_DB)
    return psnr if psnr.ndim else float(psnr)


def _mse(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    batch, samples = len(reference), int(np.prod(reference.shape[1:]))
    a = reference.reshape(batch, samples)
    b = reconstruction.reshape(batch, samples)
    # Squares of differences are integers, and float64 adds integers below 2^53 without rounding:
    # the sum is exact, so neither chunks nor batches change its last bit.
    total = np.zeros(batch)
    rows = max(1, _CHUNK // samples)
    for i in range(0, batch, rows):
        for j in range(0, samples, _CHUNK):
            block = np.s_[i : i + rows, j : j + _CHUNK]
            difference = np.subtract(a[block], b[block], dtype=np.float64)
            total[i : i + rows] += np.einsum("ij,ij->i", difference, difference)
    return total / samples


def _psnr(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    return psnr_of_mse(_mse(reference, reconstruction))


mse = register(Metric("mse", "", version=1, higher_is_better=False, compute=_mse))
"""Mean over pixels and channels of the squared difference, on the 0..255 scale."""

psnr = register(Metric("psnr", "dB", version=1, higher_is_better=True, compute=_psnr))
"""Peak signal-to-noise ratio, peak 255, over pixels and channels together; at most 100 dB."""
