"""The loops of `LdpcCode` that match rates, compiled by Numba. Their VERSION is in `ldpc.py`.

A circular buffer is read from `start` on, around as often as needed, written row by row into a matrix of Q_m rows and
read column by column (TS 38.212, 5.4.2.1 and 5.4.2.2).
"""

from __future__ import annotations

from numba import njit, types

from linksim.phy.coding._compiling import compiled
from linksim.phy.coding._numba_tools import at


@njit
def spread(n, stride, values, coded):
    """Neighbours to every `stride`-th place."""
    for i in range(n):
        coded[stride * i] = values[i]


@njit
def gather_up(n, stride, coded, values):
    """Every `stride`-th value is added to neighbours."""
    for i in range(n):
        values[i] += coded[stride * i]


def match_rows(buffer, start, order, coded):
    """Buffers [rows, buffer bits] to coded bits [rows, coded bits]."""
    size, n = buffer.shape[1], coded.shape[1] // order
    for row in range(buffer.shape[0]):
        place = start
        for b in range(order):
            done = 0
            while done < n:
                m = min(n - done, size - place)
                target = at(coded, (row * n + done) * order + b)
                spread(m, order, at(buffer, row * size + place), target)
                done += m
                place = (place + m) % size


def recover_rows(llr, start, order, buffer):
    """Log-likelihood ratios [rows, coded bits] to buffers [rows, buffer bits], which are zeros; repetitions add up."""
    size, n = buffer.shape[1], llr.shape[1] // order
    for row in range(llr.shape[0]):
        place = start
        for b in range(order):
            done = 0
            while done < n:
                m = min(n - done, size - place)
                source = at(llr, (row * n + done) * order + b)
                gather_up(m, order, source, at(buffer, row * size + place))
                done += m
                place = (place + m) % size


_ROWS = types.Array(types.float32, 2, "C", readonly=True)
_SIGNATURE = types.void(_ROWS, types.int64, types.int64, types.float32[:, ::1])

match_rows = compiled(match_rows, _SIGNATURE)
recover_rows = compiled(recover_rows, _SIGNATURE)
