"""Statistics of bits that are shown as pictures (`linksim.links.BitPictures`): how far are they from noise?

A bit is a square of 8x8 pixels, white for 1, black for 0; grey squares are not bits, or were erased. Only
the reconstruction counts, and of each square its first pixel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linksim.metrics.base import Metric, register

VERSION = 1
"""Raised whenever a value of one of these metrics changes."""

SQUARE = 8
"""Side of the square that stands for a bit, in pixels."""

_WINDOW = 4
_GREY = (64, 192)

_Statistic = Callable[[np.ndarray, np.ndarray], float]
"""Of bits `[h, w]`, and of which of them there are."""


def _of_each(statistic: _Statistic) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    def compute(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
        found = np.empty(len(reconstruction))
        for i, picture in enumerate(reconstruction):
            level = picture[::SQUARE, ::SQUARE, 0].astype(np.int64)
            found[i] = statistic(level >= _GREY[1], (level < _GREY[0]) | (level >= _GREY[1]))
        return found

    return compute


def _ones(bits: np.ndarray, known: np.ndarray) -> float:
    return float(bits[known].mean()) if known.any() else 0.0


def _equal_neighbours(bits: np.ndarray, known: np.ndarray) -> float:
    equal = pairs = 0
    for axis in (0, 1):
        a, known_a = (np.delete(x, -1, axis) for x in (bits, known))
        b, known_b = (np.delete(x, 0, axis) for x in (bits, known))
        both = known_a & known_b
        equal, pairs = equal + int((a == b)[both].sum()), pairs + int(both.sum())
    return equal / pairs if pairs else 0.0


def _clumping(bits: np.ndarray, known: np.ndarray) -> float:
    height, width = (n // _WINDOW * _WINDOW for n in bits.shape)

    def windows(x: np.ndarray) -> np.ndarray:
        cut = x[:height, :width].reshape(height // _WINDOW, _WINDOW, width // _WINDOW, _WINDOW)
        return cut.swapaxes(1, 2).reshape(-1, _WINDOW**2)

    ones = windows(bits)[windows(known).all(axis=1)].sum(axis=1)
    share = ones.mean() / _WINDOW**2 if len(ones) > 1 else 0.0
    expected = _WINDOW**2 * share * (1 - share)
    return float(ones.var(ddof=1) / expected) if expected else 1.0


def _context_entropy(bits: np.ndarray, known: np.ndarray) -> float:
    here = bits[1:, 1:]
    context = bits[1:, :-1] + 2 * bits[:-1, 1:] + 4 * bits[:-1, :-1]
    all_known = known[1:, 1:] & known[1:, :-1] & known[:-1, 1:] & known[:-1, :-1]
    counts = np.bincount((2 * context + here)[all_known], minlength=16).reshape(8, 2)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    bits_each = -np.sum(share * np.log2(np.where(share > 0, share, 1)), axis=1)
    return float(counts.sum(axis=1) @ bits_each / max(counts.sum(), 1))


def _register(name: str, label: str, statistic: _Statistic) -> Metric:
    made = Metric(name, "", version=VERSION, higher_is_better=None, compute=_of_each(statistic), label=label)
    return register(made)


ones = _register("bits_ones", "share of ones", _ones)
"""Share of ones."""

equal_neighbours = _register("bits_equal_neighbours", "share of equal neighbours", _equal_neighbours)
"""Share of neighbours, side by side or one above the other, that are equal; of independent bits q^2 + (1 - q)^2."""

clumping = _register("bits_clumping", "variance in 4x4 windows against independent bits", _clumping)
"""Variance of the number of ones in windows of 4x4 bits, in units of that of independent bits with as many ones: 1 for
noise, 16 where every window is all ones or all zeros."""

context_entropy = _register("bits_entropy", "entropy given three neighbours (bits)", _context_entropy)
"""Empirical entropy of a bit given those on its left, above, and above on the left, in bits: 1 for fair coins."""
