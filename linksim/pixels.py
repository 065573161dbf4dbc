"""Pixels on the ground floor: one check, one hash, one mean squared error, one PSNR."""

from __future__ import annotations

import hashlib
import io
from typing import overload

import numpy as np

from linksim.errors import LinksimError

PSNR_CAP_DB = 100.0
"""PSNR of identical pictures, and the most that any pair gets, so that means stay finite."""

# Samples whose difference is held at a time; 2 MiB of float64 stay in the processor's cache.
_CHUNK = 1 << 18


def check_pixels(pixels: object, what: str = "the picture") -> np.ndarray:
    """The pixels themselves, contiguous.

    Parameters
    ----------
    pixels : uint8 [H, W, 3]
        sRGB, H and W at least 1.
    what : str
        What the message calls them.

    Raises
    ------
    LinksimError
        If they are anything else.
    """
    if (
        not isinstance(pixels, np.ndarray)
        or pixels.dtype != np.uint8
        or pixels.ndim != 3
        or pixels.shape[2] != 3
        or pixels.size == 0
    ):
        got = f"{pixels.dtype} {list(pixels.shape)}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise LinksimError(f"{what} is {got}; a picture is a uint8 array [H, W, 3] with H, W >= 1")
    return np.ascontiguousarray(pixels)


def pixel_digest(pixels: np.ndarray) -> str:
    """SHA-256 in hex of shape and pixels (`uint8 [H, W, 3]`): the identity of a picture, whatever its name."""
    h = hashlib.sha256(repr(pixels.shape).encode())
    h.update(np.ascontiguousarray(pixels).data)
    return h.hexdigest()


def mean_squared_errors(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Mean squared error of every picture of a batch, on the scale 0..255.

    Parameters
    ----------
    reference, reconstruction : uint8 [B, H, W, 3]
        Of one shape.

    Returns
    -------
    float64 [B]
        Each depends on its own pair only, to the last bit.
    """
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


def mean_squared_error(reference: np.ndarray, reconstruction: np.ndarray) -> float:
    """`mean_squared_errors` of a single pair, `uint8 [H, W, 3]` each."""
    return float(mean_squared_errors(reference[None], reconstruction[None])[0])


@overload
def psnr_of_mse(mse: float) -> float: ...
@overload
def psnr_of_mse(mse: np.ndarray) -> np.ndarray: ...
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


def png_bytes(pixels: np.ndarray) -> bytes:
    """A picture, uint8 `[H, W, 3]`, as a PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
