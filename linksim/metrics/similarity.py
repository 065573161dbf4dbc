"""Structural similarity: SSIM and its multi-scale form.

Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error
visibility to structural similarity", IEEE Trans. Image Processing 13(4), 2004.

Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multiscale structural similarity for image quality
assessment", Asilomar 2003.

Both were defined on grey pictures. As usual for colour, they are computed on the red, green and
blue planes (0..255) each for itself and averaged over the three.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linksim.errors import LinksimError
from linksim.metrics.base import Metric, register

VERSION = 1
"""Raised whenever a value of `ssim`, `ms_ssim` or `ms_ssim_db` changes."""

WINDOW = 11
SIGMA = 1.5
K1, K2 = 0.01, 0.03
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang 2003, section 3.2)."""

MS_SSIM_MIN_SIDE = (WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
"""161: halved four times, rounding up, it is still the 11 pixels of the window."""

MS_SSIM_CAP_DB = 100.0
"""`ms_ssim_db` of identical pictures, so that means stay finite."""

_C1, _C2 = (K1 * 255) ** 2, (K2 * 255) ** 2
_TAPS = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / SIGMA**2)
_TAPS /= _TAPS.sum()


def _ssim(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    _require_side("ssim", reference, WINDOW)
    return _mean_over_channels(lambda x, y: _ssim_plane(x, y)[0], reference, reconstruction)


def _ms_ssim(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    _require_side("ms_ssim", reference, MS_SSIM_MIN_SIDE)
    return _mean_over_channels(_ms_ssim_plane, reference, reconstruction)


def _ms_ssim_db(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    floor = 10 ** (-MS_SSIM_CAP_DB / 10)
    decibel = -10 * np.log10(np.maximum(1 - _ms_ssim(reference, reconstruction), floor))
    return np.minimum(decibel, MS_SSIM_CAP_DB)


def _ms_ssim_plane(x: np.ndarray, y: np.ndarray) -> float:
    """Contrast-structure of the four finer scales times SSIM of the coarsest (Wang 2003, eq. 7).

    A negative mean counts as 0, since its fractional power is not a real number.
    """
    value = 1.0
    for scale, weight in enumerate(SCALE_WEIGHTS):
        coarsest = scale == len(SCALE_WEIGHTS) - 1
        ssim, contrast_structure = _ssim_plane(x, y)
        value *= max(0.0, ssim if coarsest else contrast_structure) ** weight
        if not coarsest:
            x, y = _halve(x), _halve(y)
    return value


def _ssim_plane(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean SSIM and mean contrast-structure term of two planes, float64 [H, W].

    Over the positions at which the Gaussian window lies inside the picture (Wang 2004, eq. 13
    to 16; the variances are the window's own, without a correction for sample size).
    """
    from scipy.ndimage import correlate1d

    r = WINDOW // 2
    moments = np.stack([x, y, x * x, y * y, x * y])
    moments = correlate1d(moments, _TAPS, axis=1)[:, r:-r]
    moments = correlate1d(moments, _TAPS, axis=2)[:, :, r:-r]
    mean_x, mean_y, xx, yy, xy = moments
    mean_xy = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    contrast_structure = (2 * (xy - mean_xy) + _C2) / (xx + yy - squares + _C2)
    luminance = (2 * mean_xy + _C1) / (squares + _C1)
    return float((luminance * contrast_structure).mean()), float(contrast_structure.mean())


def _halve(x: np.ndarray) -> np.ndarray:
    """Means of 2x2 blocks; an odd last row or column is repeated, as in Wang's own code."""
    x = np.pad(x, [(0, n % 2) for n in x.shape], mode="edge")
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def _mean_over_channels(
    plane: Callable[[np.ndarray, np.ndarray], float], reference: np.ndarray, reconstruction: np.ndarray
) -> np.ndarray:
    # One plane at a time, so that memory does not grow with the batch.
    values = np.empty((len(reference), 3))
    for b, c in np.ndindex(values.shape):
        values[b, c] = plane(*(p[b, :, :, c].astype(np.float64) for p in (reference, reconstruction)))
    return values.sum(axis=1) / 3


def _require_side(name: str, pixels: np.ndarray, side: int) -> None:
    height, width = pixels.shape[1:3]
    if min(height, width) < side:
        sizes = f"at least {side}x{side}, not {height}x{width}"
        raise LinksimError(f"{name} needs pictures of {sizes}; use psnr or larger pictures")


ssim = register(Metric("ssim", "", version=VERSION, higher_is_better=True, compute=_ssim))
"""SSIM with the 11x11 Gaussian window of sigma 1.5; sides of at least 11."""

ms_ssim = register(Metric("ms_ssim", "", version=VERSION, higher_is_better=True, compute=_ms_ssim))
"""MS-SSIM with all five scales; sides of at least 161, and never with fewer scales below that."""

ms_ssim_db = register(Metric("ms_ssim_db", "dB", version=VERSION, higher_is_better=True, compute=_ms_ssim_db))
"""`-10 log10(1 - MS-SSIM)`; at most 100 dB."""
