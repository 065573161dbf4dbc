"""The loop of `Crc`, compiled by Numba: a byte at a time by a table. Its VERSION is in `segmentation.py`."""

from __future__ import annotations

import numpy as np
from numba import types

from linksim.phy.coding._compiling import compiled

GENERATORS = {"CRC24A": 0x864CFB, "CRC24B": 0x800063}
"""Generator polynomials without their highest power (TS 38.212, 5.1)."""


def table_of(generator: int) -> np.ndarray:
    """Remainders of all bytes that 24 zeros follow: `int64 [256]`."""
    table = np.arange(256, dtype=np.int64) << 16
    for _ in range(8):
        table = (table << 1) ^ np.where(table >> 23 & 1, generator, 0)
    return table & 0xFFFFFF


def remainders(data, table, found):
    """Remainders of bytes [rows, n] that 24 zeros follow; zeros at the start change nothing."""
    for row in range(data.shape[0]):
        value = np.int64(0)
        for i in range(data.shape[1]):
            value = ((value << 8) & 0xFFFFFF) ^ table[(value >> 16) ^ data[row, i]]
        found[row] = value


remainders = compiled(
    remainders,
    types.void(
        types.Array(types.uint8, 2, "C", readonly=True),
        types.Array(types.int64, 1, "C", readonly=True),
        types.int64[::1],
    ),
)
