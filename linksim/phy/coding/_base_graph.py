"""The base graph of an LDPC code, as encoder and layered decoder walk it."""

from __future__ import annotations

from dataclasses import dataclass

from sionna.phy.fec.ldpc import LDPC5GEncoder

CORE_ROWS = 4
"""Rows whose parities depend on each other; each row below has a parity column of its own (TS 38.212, 5.3.2)."""

PUNCTURED_COLUMNS = 2
"""Columns at the start that are never sent (TS 38.212, 5.4.2.1)."""


@dataclass(frozen=True)
class BaseGraph:
    """Rows of a base graph with the shifts of one lifting size (TS 38.212, tables 5.3.2-2 and -3).

    Parameters
    ----------
    lifting : int
        Z_c.
    systematic_columns : int
        Columns of information and filler bits: 22 or 10.
    rows : list of lists of (column, shift)
        Check i of a row meets bit (i + shift) mod Z_c of each column.
    """

    lifting: int
    systematic_columns: int
    rows: list[list[tuple[int, int]]]

    @classmethod
    def of(cls, encoder: LDPC5GEncoder) -> BaseGraph:
        """That of Sionna's encoder, whose parity-check matrix is in the order of the standard."""
        z, matrix = encoder.z, encoder.pcm
        num_rows, num_columns = (size // z for size in matrix.shape)
        rows = [[divmod(bit, z) for bit in sorted(matrix[row * z].indices.tolist())] for row in range(num_rows)]
        return cls(z, num_columns - num_rows, rows)
