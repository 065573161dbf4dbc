"""LDPC codes of 5G NR: encoding, and rate matching for every redundancy version.

Codes are Sionna's. Sionna refuses more coded bits than the mother code has, and knows redundancy
version 0 only; here the circular buffer of TS 38.212, 5.4.2.1 wraps around, and is read from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.coding._base_graph import CORE_ROWS, PUNCTURED_COLUMNS, BaseGraph
from linksim.phy.coding._encoding import EncodingSteps, encode_blocks
from linksim.phy.coding._rate_loops import match_rows, recover_rows
from linksim.phy.coding._turns import in_turns

from sionna.phy.fec.ldpc import LDPC5GEncoder  # isort: skip  (TensorFlow is imported quietly first)

VERSION = 1
"""Raised whenever the same bits are coded otherwise, or a buffer is filled otherwise from what was received."""

# Columns of lifting size Z_c at which a redundancy version begins (TS 38.212, table 5.4.2.1-2, with the
# whole buffer of 66 or 50 columns).
_START_COLUMNS = {1: (0, 17, 33, 56), 2: (0, 13, 25, 43)}


class _MotherCode(LDPC5GEncoder):
    """Sionna's encoder with any number of coded bits up to the whole circular buffer.

    Sionna's own limits are n <= 3k (base graph 1) and n <= 5k (base graph 2); with filler bits the
    buffer of TS 38.212, 5.4.2.1 is longer than that.
    """

    def __init__(self, k: int, n: int | None, base_graph: int) -> None:
        super().__init__(k, 2 * k, bg=f"bg{base_graph}")
        self.whole_buffer_bits = self.n_ldpc - 2 * self.z - (self.k_ldpc - self.k)
        # Nothing that Sionna builds depends on n; it only says where the buffer is cut.
        self._n = self.whole_buffer_bits if n is None else min(n, self.whole_buffer_bits)
        self._coderate = k / self._n


class LdpcCode:
    """A rate-matched LDPC code of 5G NR (TS 38.212, 5.3.2 and 5.4.2).

    Parameters
    ----------
    base_graph : {1, 2}
        LDPC base graph.
    info_bits : int
        Length K' of a code block in bits, its CRC included, from 12 to 8448 (3840).
    coded_bits : int
        Bits after rate matching (E_r), a multiple of `bits_per_symbol`; more of them than the mother
        code has are repetitions.
    bits_per_symbol : int
        Q_m, for the bit interleaver of 5.4.2.2.
    redundancy_versions : sequence of {0, 1, 2, 3}
        Those that are sent. Where it is version 0 alone, the part of the buffer that is never sent is
        left out, which decodes faster.

    Attributes
    ----------
    encoder : LDPC5GEncoder
        Sionna's encoder, which gives the first `buffer_bits` bits of the buffer; here it tells the code.
    graph : BaseGraph
        Its rows.
    num_columns : int
        Columns of the base graph of which something may be sent, and those before them; the core at least.
    buffer_bits : int
        Length of the part of the circular buffer that is sent, filler bits left out.
    has_whole_buffer : bool
        Whether this is the whole buffer.
    """

    def __init__(
        self,
        base_graph: int,
        info_bits: int,
        coded_bits: int,
        bits_per_symbol: int,
        redundancy_versions: Sequence[int] = (0,),
    ) -> None:
        if not redundancy_versions or not set(redundancy_versions) <= {0, 1, 2, 3}:
            raise LinksimError(f"redundancy versions are {list(redundancy_versions)}; give some of 0, 1, 2, 3")
        self.info_bits = info_bits
        self.coded_bits = coded_bits
        self.bits_per_symbol = bits_per_symbol
        self.redundancy_versions = tuple(sorted(set(redundancy_versions)))
        self.encoder = _MotherCode(info_bits, coded_bits if self.redundancy_versions == (0,) else None, base_graph)
        self.buffer_bits = self.encoder.n
        self.has_whole_buffer = self.buffer_bits == self.encoder.whole_buffer_bits
        self.graph = BaseGraph.of(self.encoder)
        fillers, z = self.encoder.k_ldpc - info_bits, self.graph.lifting
        sent = -(-(PUNCTURED_COLUMNS * z + self.buffer_bits + fillers) // z)
        self.num_columns = max(sent, self.graph.systematic_columns + CORE_ROWS)
        self._starts = [self._start_in_buffer(column) for column in _START_COLUMNS[base_graph]]

    def _start_in_buffer(self, column: int) -> int:
        """k_0 in a buffer from which the filler bits are removed."""
        z, fillers = self.encoder.z, self.encoder.k_ldpc - self.info_bits
        start = column * z
        # Filler bits end where the information does; the first two columns are not in the buffer.
        fillers_before = min(max(start - (self.info_bits - 2 * z), 0), fillers)
        return start - fillers_before

    @cached_property
    def _steps(self) -> EncodingSteps:
        return EncodingSteps.of(self.graph, self.num_columns)

    def encode(self, bits: tf.Tensor, redundancy_version: int = 0) -> tf.Tensor:
        """Code blocks to coded bits.

        Parameters
        ----------
        redundancy_version : int
            One of `redundancy_versions`.

        Input
        -----
        bits : [rows, info_bits], float32
            Bits 0. or 1.

        Output
        ------
        : [rows, coded_bits], float32
            Coded bits in the order in which they are mapped to symbols.

        Raises
        ------
        LinksimError
            If the code was not made for this redundancy version.
        """
        start = self._starts[self._check_version(redundancy_version)]
        buffer = self._buffer_of(np.ascontiguousarray(bits, np.float32))
        coded = np.empty([len(buffer), self.coded_bits], np.float32)
        in_turns(lambda rows: match_rows(buffer[rows], start, self.bits_per_symbol, coded[rows]), len(buffer))
        return tf.convert_to_tensor(coded)

    def _buffer_of(self, bits: np.ndarray) -> np.ndarray:
        """The first bits of the circular buffer, `float32 [rows, buffer_bits]`."""
        z, steps = self.graph.lifting, self._steps
        sizes = z, self.graph.systematic_columns * z, self.num_columns
        terms = steps.starts, steps.targets, steps.columns, steps.shifts
        buffer = np.empty([len(bits), self.buffer_bits], np.float32)
        in_turns(lambda rows: encode_blocks(bits[rows], *sizes, *terms, buffer[rows]), len(bits))
        return buffer

    def recover_rate(self, llr: tf.Tensor, redundancy_version: int = 0) -> tf.Tensor:
        """Put what was received of coded bits in its place in the buffer; repetitions are added up.

        The sum of what this gives for several transmissions of one code block combines them.

        Input
        -----
        llr : [rows, coded_bits], float32
            Log-likelihood ratios in the order of `encode`.

        Output
        ------
        : [rows, buffer_bits], float32
            Those of the buffer, 0 where nothing was received.

        Raises
        ------
        LinksimError
            If the code was not made for this redundancy version.
        """
        start = self._starts[self._check_version(redundancy_version)]
        llr = np.ascontiguousarray(llr, np.float32)
        buffer = np.zeros([len(llr), self.buffer_bits], np.float32)
        in_turns(lambda rows: recover_rows(llr[rows], start, self.bits_per_symbol, buffer[rows]), len(llr))
        return tf.convert_to_tensor(buffer)

    def _check_version(self, redundancy_version: int) -> int:
        if redundancy_version not in self.redundancy_versions:
            raise LinksimError(
                f"redundancy version {redundancy_version!r} is not among those that this code sends, "
                f"{', '.join(map(str, self.redundancy_versions))}; name it in redundancy_versions"
            )
        return int(redundancy_version)


@lru_cache(maxsize=16)
def get_code(
    base_graph: int,
    info_bits: int,
    coded_bits: int,
    bits_per_symbol: int,
    redundancy_versions: tuple[int, ...] = (0,),
) -> LdpcCode:
    """The code with these parameters, built once: compiling it takes about a second."""
    return LdpcCode(base_graph, info_bits, coded_bits, bits_per_symbol, redundancy_versions)
