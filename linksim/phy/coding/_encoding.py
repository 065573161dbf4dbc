"""LDPC encoding along the rows of the base graph: sparse exclusive ors in place of dense products.

Each parity column is the sum of some rotated columns before it: the first one of the four rows of the core
together, where the others cancel, the next three of one row of the core each, all others of their own row
(TS 38.212, 5.3.2; Nguyen, Tan and Lee, Efficient QC-LDPC Encoder for 5G New Radio, Electronics 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, types

from linksim.phy.coding._base_graph import CORE_ROWS, PUNCTURED_COLUMNS, BaseGraph
from linksim.phy.coding._compiling import compiled
from linksim.phy.coding._numba_tools import at


@dataclass(frozen=True)
class EncodingSteps:
    """Parity columns in the order in which they can be computed.

    Parameters
    ----------
    starts : [steps + 1], int64
        Terms of step s are those from `starts[s]` to `starts[s + 1] - 1`.
    targets : [steps], int64
        Column that is computed.
    columns, shifts : [terms], int64
        Bit i of the target is the sum of the bits (i + shift) mod Z_c of these columns.
    """

    starts: np.ndarray
    targets: np.ndarray
    columns: np.ndarray
    shifts: np.ndarray

    @classmethod
    def of(cls, graph: BaseGraph, num_columns: int) -> EncodingSteps:
        """Those of the first `num_columns` columns of a base graph."""
        rows, first = graph.rows, graph.systematic_columns
        core = [dict(row) for row in rows[:CORE_ROWS]]
        # The first parity column stands three times in the core, twice with one shift, which cancels.
        shifts = sorted(row[first] for row in core if first in row)
        left = shifts[0] if shifts[1] == shifts[2] else shifts[2]
        known = [(c, (s - left) % graph.lifting) for row in rows[:CORE_ROWS] for c, s in row if c < first]
        steps = [(first, known)]
        # The others form a double diagonal: from its upper end down, and from its lower end up.
        steps += [(first + own, _others(rows[row], first + own)) for own, row in ((1, 0), (3, 3), (2, 2))]
        steps += [(first + r, _others(rows[r], first + r)) for r in range(CORE_ROWS, num_columns - first)]
        starts = np.cumsum([0, *(len(terms) for _, terms in steps)])
        columns, shifts = zip(*(term for _, terms in steps for term in terms))
        arrays = starts, [target for target, _ in steps], columns, shifts
        return cls(*(np.array(values, np.int64) for values in arrays))


def _others(row: list[tuple[int, int]], own: int) -> list[tuple[int, int]]:
    return [(column, shift) for column, shift in row if column != own]


@njit
def add(n, bits, total):
    """Add bits to bits, modulo 2."""
    for i in range(n):
        total[i] ^= bits[i]


@njit
def from_numbers(n, numbers, bits):
    """Numbers to bits: what is above 1/2 is a one."""
    for i in range(n):
        bits[i] = numbers[i] > np.float32(0.5)


@njit
def to_numbers(n, bits, numbers):
    """Bits to numbers 0. and 1."""
    for i in range(n):
        numbers[i] = np.float32(bits[i])


def encode_blocks(blocks, z, systematic_bits, num_columns, starts, targets, columns, shifts, buffer):
    """Code blocks [rows, info bits] to what is sent of the circular buffer [rows, buffer bits], 0. and 1. each."""
    info_bits, buffer_bits = blocks.shape[1], buffer.shape[1]
    word = np.zeros(num_columns * z, np.uint8)
    punctured = PUNCTURED_COLUMNS * z
    systematic = min(info_bits - punctured, buffer_bits)
    for b in range(blocks.shape[0]):
        from_numbers(info_bits, at(blocks, b * info_bits), at(word, 0))
        for s in range(targets.size):
            target = targets[s] * z
            word[target : target + z] = 0
            for t in range(starts[s], starts[s + 1]):
                start, ahead = columns[t] * z, z - shifts[t]
                add(ahead, at(word, start + shifts[t]), at(word, target))
                add(shifts[t], at(word, start), at(word, target + ahead))
        to_numbers(systematic, at(word, punctured), at(buffer, b * buffer_bits))
        parities = buffer_bits - systematic
        to_numbers(parities, at(word, systematic_bits), at(buffer, b * buffer_bits + systematic))


_FLAT = types.Array(types.int64, 1, "C", readonly=True)
_SIGNATURE = types.void(
    types.Array(types.float32, 2, "C", readonly=True), *[types.int64] * 3, *[_FLAT] * 4, types.float32[:, ::1]
)

encode_blocks = compiled(encode_blocks, _SIGNATURE)
