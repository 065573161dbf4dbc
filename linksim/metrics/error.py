"""Mean squared error and PSNR."""

from __future__ import annotations

import numpy as np

from linksim.metrics.base import Metric, register
from linksim.pixels import mean_squared_errors, psnr_of_mse

VERSION = 1
"""Raised whenever a value of `mse` or `psnr` changes."""


def _psnr(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    return psnr_of_mse(mean_squared_errors(reference, reconstruction))


mse = register(Metric("mse", "", version=VERSION, higher_is_better=False, compute=mean_squared_errors))
"""Mean over pixels and channels of the squared difference, on the 0..255 scale."""

psnr = register(Metric("psnr", "dB", version=VERSION, higher_is_better=True, compute=_psnr))
"""Peak signal-to-noise ratio, peak 255, over pixels and channels together; at most 100 dB."""
