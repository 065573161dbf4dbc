"""Between TensorFlow and the loops of `LayeredBeliefPropagation`: arrays, and blocks shared among threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from linksim.errors import LinksimError
from linksim.files import num_cores
from linksim.phy._tf import tf
from linksim.phy.coding.decoders._layered_graph import LayeredGraph
from linksim.phy.coding.decoders._layered_numba import decode_blocks
from linksim.phy.coding.decoders.base import Check
from linksim.phy.coding.ldpc import LdpcCode

# Blocks that a thread takes at a time: enough to make the arrays of a call worth while, and few enough that no
# thread is left alone with many.
_BLOCKS_PER_TURN = 8


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
        logits, passed = self.soft(llr, check)
        return tf.cast(logits >= 0.0, tf.float32), passed

    def soft(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """See `CompiledDecoder`. Logits are multiples of 1/32."""
        logits = tf.convert_to_tensor(self.run(np.asarray(llr))[0])
        return logits, check(tf.cast(logits >= 0.0, tf.float32))

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
        logits, used = np.empty([len(llr), graph.info_bits], np.float32), np.zeros(len(llr), np.int32)
        sizes = graph.lifting, graph.info_bits, graph.systematic_bits, graph.num_columns
        edges = graph.starts, graph.columns, graph.shifts, graph.extensions

        def some(start: int) -> None:
            rows = slice(start, start + _BLOCKS_PER_TURN)
            decode_blocks(llr[rows], self._iterations, *sizes, *edges, logits[rows], used[rows])

        turns = range(0, len(llr), _BLOCKS_PER_TURN)
        threads = min(self._threads or _threads_of_tensorflow(), len(turns))
        if threads <= 1:
            for start in turns:
                some(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(some, turns))
        return logits, used


def _threads_of_tensorflow() -> int:
    """How many threads TensorFlow may use for one operation: a worker of a sweep has one."""
    said = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return tf.config.threading.get_intra_op_parallelism_threads() or num_cores()
