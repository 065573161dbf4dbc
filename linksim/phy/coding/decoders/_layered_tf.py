"""Between TensorFlow and the loops of `LayeredBeliefPropagation`: arrays, and blocks shared among threads."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.coding._turns import in_turns
from linksim.phy.coding.decoders._layered_gpu import LayeredOperations
from linksim.phy.coding.decoders._layered_graph import LayeredGraph
from linksim.phy.coding.decoders._layered_numba import decode_blocks
from linksim.phy.coding.decoders.base import Check
from linksim.phy.coding.ldpc import LdpcCode


class CompiledLayered:
    """Layered belief propagation for one code.

    Parameters
    ----------
    code : LdpcCode
        The code.
    iterations : int
        At most that many.
    threads : int or None
        As for `LayeredBeliefPropagation`.
    """

    def __init__(self, code: LdpcCode, iterations: int, threads: int | None = None) -> None:
        self._graph, self._iterations, self._threads = LayeredGraph.of(code), iterations, threads
        self._buffer_bits = code.buffer_bits

    def decode(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """See `CompiledDecoder.decode`."""
        bits = _hard(self.run(np.asarray(llr))[0])
        return tf.convert_to_tensor(bits), check(bits)

    def soft(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """See `CompiledDecoder`. Logits are multiples of 1/32."""
        logits = self.run(np.asarray(llr))[0]
        return tf.convert_to_tensor(logits), check(_hard(logits))

    def run(self, llr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits of the bits, and after how many iterations the parities were right.

        Input
        -----
        llr : [rows, buffer_bits], float32
            As for `decode`.

        Output
        ------
        logits : [rows, info_bits], float32
            Those of the bits.
        used : [rows], int32
            Iterations; 0 where parities stay wrong.

        Raises
        ------
        LinksimError
            If the shape is another one.
        """
        if llr.ndim != 2 or llr.shape[1] != self._buffer_bits:
            raise LinksimError(
                f"log-likelihood ratios of shape {list(llr.shape)} cannot be decoded: use [rows, {self._buffer_bits}]"
            )
        graph, llr = self._graph, np.ascontiguousarray(llr, np.float32)
        if tf.config.list_physical_devices("GPU"):
            return self._operations.run(llr)
        logits, used = np.empty([len(llr), graph.info_bits], np.float32), np.zeros(len(llr), np.int32)
        sizes = graph.lifting, graph.info_bits, graph.systematic_bits, graph.num_columns
        edges = graph.starts, graph.columns, graph.shifts, graph.extensions

        def some(rows: slice) -> None:
            decode_blocks(llr[rows], self._iterations, *sizes, *edges, logits[rows], used[rows])

        in_turns(some, len(llr), self._threads)
        return logits, used

    @cached_property
    def _operations(self) -> LayeredOperations:
        """The same whole numbers as TensorFlow operations: what is decoded does not depend on the device."""
        return LayeredOperations(self._graph, self._buffer_bits, self._iterations)


def _hard(logits: np.ndarray) -> np.ndarray:
    """Bits 0. or 1. of logits: 1 where nothing is known, as Sionna decides."""
    return (logits >= 0.0).astype(np.float32)
