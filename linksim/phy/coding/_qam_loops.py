"""The loops of `QamMapper` and `QamDemapper`, compiled by Numba. Their VERSION is in `qam.py`.

Every symbol is computed for itself, with additions and multiplications in a fixed order: its log-likelihood ratios do
not depend on its neighbours or on the machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

from linksim.phy.coding._compiling import compiled
from linksim.phy.coding._numba_tools import at, exp, log

F = np.float32
LOWEST = F(-80)
"""Exponents stop here: a probability of less than exp(-80) is taken for that."""

_SYMBOLS = 256
"""Symbols whose distances from all levels stay in the first cache."""


@njit
def distances(n, stride, y, noise, level, distance, nearest):
    """Squared distances from a level by the noise variance, and the least of all levels so far."""
    for i in range(n):
        d = y[stride * i] - level
        d = d * d / noise[i]
        distance[i] = d
        nearest[i] = d if d < nearest[i] else nearest[i]


@njit
def likelihoods(n, distance, nearest):
    """exp of how much farther a level is than the nearest one."""
    for i in range(n):
        x = nearest[i] - distance[i]
        distance[i] = exp(x if x > LOWEST else LOWEST)


@njit
def accumulate(n, likelihood, total):
    """Add likelihoods."""
    for i in range(n):
        total[i] += likelihood[i]


@njit
def ratios(n, stride, ones, zeros, llr):
    """Logarithms of the ratios of two sums."""
    for i in range(n):
        llr[stride * i] = log(ones[i]) - log(zeros[i])


@njit
def scaled(n, stride, y, noise, factor, llr):
    """4-QAM: log-likelihood ratios are symbols times a factor over the noise variance."""
    for i in range(n):
        llr[stride * i] = y[stride * i] * factor / noise[i]


def demap_rows(y, noise, levels, llr):
    """Symbols [rows, 2 n], real and imaginary parts in turn, and noise variances [rows, n] to LLRs [rows, n Q_m].

    `levels` [sqrt(M)] are those of one dimension in the order of their labels, first bit first.
    """
    num_rows, n = noise.shape
    size = levels.size
    bits = 0
    while 1 << bits < size:
        bits += 1
    distance = np.empty((size, _SYMBOLS), np.float32)
    nearest = np.empty(_SYMBOLS, np.float32)
    sums = np.empty((2, _SYMBOLS), np.float32)
    for row in range(num_rows):
        for start in range(0, n, _SYMBOLS):
            m = min(_SYMBOLS, n - start)
            variance = at(noise, row * n + start)
            for part in range(2):
                first = (row * n + start) * 2
                values = at(y, first + part)
                if bits == 1:
                    scaled(m, 2, values, variance, F(2) * (levels[1] - levels[0]), at(llr, first + part))
                    continue
                nearest[:] = F(np.inf)
                for s in range(size):
                    distances(m, 2, values, variance, levels[s], at(distance, s * _SYMBOLS), at(nearest, 0))
                for s in range(size):
                    likelihoods(m, at(distance, s * _SYMBOLS), at(nearest, 0))
                for b in range(bits):
                    sums[:] = F(0)
                    for s in range(size):
                        one = (s >> (bits - 1 - b)) & 1
                        accumulate(m, at(distance, s * _SYMBOLS), at(sums, (1 - one) * _SYMBOLS))
                    place = (row * n + start) * 2 * bits + 2 * b + part
                    ratios(m, 2 * bits, at(sums, 0), at(sums, _SYMBOLS), at(llr, place))


@njit
def label(n, stride, bits, labels):
    """Append a bit to labels."""
    for i in range(n):
        labels[i] = labels[i] + labels[i] + np.int64(bits[stride * i] > F(0.5))


@njit
def look_up(n, stride, labels, levels, x):
    """Levels of labels."""
    for i in range(n):
        x[stride * i] = levels[labels[i]]


def map_rows(bits, levels, x):
    """Bits [rows, n Q_m] to symbols [rows, 2 n], real and imaginary parts in turn."""
    num_rows, n = x.shape[0], x.shape[1] // 2
    order = bits.shape[1] // n
    labels = np.empty(n, np.int64)
    for row in range(num_rows):
        for part in range(2):
            labels[:] = 0
            for b in range(part, order, 2):
                label(n, order, at(bits, row * n * order + b), at(labels, 0))
            look_up(n, 2, at(labels, 0), at(levels, 0), at(x, row * 2 * n + part))


_ROWS = types.Array(types.float32, 2, "C", readonly=True)
_LEVELS = types.Array(types.float32, 1, "C", readonly=True)

demap_rows = compiled(demap_rows, types.void(_ROWS, _ROWS, _LEVELS, types.float32[:, ::1]))
map_rows = compiled(map_rows, types.void(_ROWS, _LEVELS, types.float32[:, ::1]))
