"""`LayeredBeliefPropagation` as TensorFlow operations, for GPUs: the whole numbers of `_layered_numba.py`, bit for bit.

All blocks go through the rows of the base graph together. A bit is a line of an array and the blocks lie side by side
in it, so that turning a column by its shift moves whole lines, and threads that are neighbours read what lies side by
side. One iteration is written out row by row, because rows differ in how many edges they have and each needs what the
one before has found; the iterations are a loop. What the blocks of a call do not share, who is done and whose rows
are left out, is a mask.

A row is some hundred small operations. XLA makes a few kernels of them, which is what a GPU needs to be fast with few
blocks; where XLA cannot compile, they run one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from linksim.messages import tell
from linksim.phy._tf import tf
from linksim.phy.coding._base_graph import PUNCTURED_COLUMNS
from linksim.phy.coding.decoders._layered_graph import LayeredGraph
from linksim.phy.coding.decoders._layered_numba import BEND, CHANNEL, MAX_MESSAGE, STEPS, TOP

# Values are int16 as in the loops. TensorFlow computes int32 on the host also where there is a GPU, and keeps int32
# constants there: the numbers of lines are int64 for this reason.
_ONE_QUARTER, _HALF_STEP = np.int16(2), np.int16(2)

_CALL_BYTES = 2**30
"""About so much memory is used by one call."""

# Calls are filled up to 32, 128, 512, ... blocks: XLA compiles for every number of them, and where lines are whole
# pieces of 64 bytes, parts of an array are not copied.
_FEWEST_BLOCKS, _GROWTH = 32, 4
_BLOCKS_PER_INT64 = 4

_State = tuple[tf.Tensor, list[tf.Tensor], tf.Tensor, tf.Tensor]


class LayeredOperations:
    """Layered belief propagation for one code, on the device where TensorFlow puts it.

    Parameters
    ----------
    graph : LayeredGraph
        The code.
    buffer_bits : int
        Bits of the circular buffer that may be sent.
    iterations : int
        At most that many.
    xla : bool
        Whether XLA is tried. What is decoded does not depend on it.

    Attributes
    ----------
    blocks_per_call : int
        Blocks that are decoded together.
    """

    def __init__(self, graph: LayeredGraph, buffer_bits: int, iterations: int, xla: bool = True) -> None:
        self._graph, self._buffer_bits, self._iterations, self._xla = graph, buffer_bits, iterations, xla
        z, num_bits = graph.lifting, graph.num_columns * graph.lifting
        degrees = np.diff(graph.starts)
        lines = graph.columns[:, None] * z + (np.arange(z) + graph.shifts[:, None]) % z
        self._rows = [row.reshape(-1) for row in np.split(lines, graph.starts[1:-1])]

        # For the parities all rows are filled up to one degree, with a bit that is always 0.
        padded = np.full([degrees.max(), len(degrees), z], num_bits)
        for r, row in enumerate(self._rows):
            padded[: degrees[r], r] = row.reshape(-1, z)
        self._parity_lines = padded.reshape(degrees.max(), -1)

        # What a row needs to know of its own parity: column `num_columns` stands for what is always known.
        self._needs = np.where(graph.extensions < 0, graph.num_columns, graph.extensions)

        # Bits before and after a row, messages, and about sixteen arrays while a row is computed.
        block_bytes = 2 * z * (2 * graph.num_columns + len(lines) + 16 * int(degrees.max()))
        self.blocks_per_call = max(1, _CALL_BYTES // block_bytes // _FEWEST_BLOCKS) * _FEWEST_BLOCKS

    def run(self, llr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits of the bits, and after how many iterations the parities were right.

        Input
        -----
        llr : [rows, buffer_bits], float32
            Logits log P(1)/P(0); 0 or not a number where nothing is known.

        Output
        ------
        logits : [rows, info_bits], float32
            Those of the bits.
        used : [rows], int32
            Iterations; 0 where parities stay wrong.
        """
        logits, used = np.empty([len(llr), self._graph.info_bits], np.float32), np.empty(len(llr), np.int32)
        for start in range(0, len(llr), self.blocks_per_call):
            rows = slice(start, start + self.blocks_per_call)
            blocks = llr[rows]
            # Filled up with the last block, which is done when its original is.
            missing = self._size(len(blocks)) - len(blocks)
            found = self._call(tf.constant(np.pad(blocks, ((0, missing), (0, 0)), mode="edge")))
            logits[rows], used[rows] = (values.numpy()[: len(blocks)] for values in found)
        return logits, used

    def _size(self, num_blocks: int) -> int:
        """Of the call for so many blocks."""
        size = _FEWEST_BLOCKS
        while size < num_blocks:
            size *= _GROWTH
        return min(size, self.blocks_per_call)

    def _call(self, llr: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        if self._xla:
            try:
                return self._fused(llr)
            except tf.errors.ResourceExhaustedError:
                raise
            except tf.errors.OpError as error:
                # XLA needs tools of CUDA that TensorFlow alone does not.
                tell(f"XLA cannot compile the decoder, which is slower without ({str(error).splitlines()[0]})")
                self._xla = False
        return self._one_by_one(llr)

    # Traced once, when first used, for any number of blocks.

    @cached_property
    def _fused(self) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        return self._compiled(jit_compile=True)

    @cached_property
    def _one_by_one(self) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        return self._compiled(jit_compile=False)

    def _compiled(self, jit_compile: bool) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        function = tf.function(self._decode, jit_compile=jit_compile, autograph=False)
        return function.get_concrete_function(tf.TensorSpec([None, self._buffer_bits], tf.float32))

    def _decode(self, llr: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `run`; for any multiple of `_FEWEST_BLOCKS` rows."""
        z = self._graph.lifting
        bits = self._channel(llr)
        active = self._active(bits)
        messages = [tf.zeros([len(row) // z, z, tf.shape(llr)[0]], tf.int16) for row in self._rows]
        right, used = tf.zeros_like(active[0]), tf.zeros_like(bits[0])

        def goes_on(bits: tf.Tensor, messages: list[tf.Tensor], right: tf.Tensor, used: tf.Tensor) -> tf.Tensor:
            return ~tf.reduce_all(right)

        def iterate(bits: tf.Tensor, messages: list[tf.Tensor], right: tf.Tensor, used: tf.Tensor) -> _State:
            changing = active & ~right
            messages = list(messages)
            for r in range(len(messages)):
                bits, messages[r] = self._update_row(r, bits, messages[r], changing[r])
            return bits, messages, self._parities_are_right(bits, active), used + tf.cast(~right, tf.int16)

        state = (bits, messages, right, used)
        bits, _, right, used = tf.while_loop(goes_on, iterate, state, maximum_iterations=self._iterations)
        logits = -tf.cast(tf.transpose(bits[: self._graph.info_bits]), tf.float32) / STEPS
        return logits, tf.cast(tf.where(right, used, tf.zeros_like(used)), tf.int32)

    def _channel(self, llr: tf.Tensor) -> tf.Tensor:
        """What is known of each bit, `int16 [bits, blocks]`: nothing of the first two columns, all of filler bits."""
        graph, z = self._graph, self._graph.lifting
        llr = tf.clip_by_value(tf.where(tf.math.is_nan(llr), 0.0, llr), -CHANNEL, CHANNEL)
        steps = tf.transpose(1024.0 - tf.floor(llr * STEPS + np.float32(1024.5)))
        unknown = tf.zeros_like(steps[:1])
        lines = np.full(graph.num_columns * z, self._buffer_bits)
        systematic = min(graph.info_bits - PUNCTURED_COLUMNS * z, self._buffer_bits)
        sent = np.arange(self._buffer_bits)
        lines[PUNCTURED_COLUMNS * z :][:systematic] = sent[:systematic]
        lines[graph.info_bits : graph.systematic_bits] = self._buffer_bits + 1
        lines[graph.systematic_bits :][: self._buffer_bits - systematic] = sent[systematic:]
        return tf.cast(tf.gather(tf.concat([steps, unknown, unknown + float(TOP)], axis=0), lines), tf.int16)

    def _active(self, channel: tf.Tensor) -> tf.Tensor:
        """Which rows say something, `bool [rows, blocks]`: those of which the own parity is known."""
        graph = self._graph
        known = tf.reduce_any(tf.reshape(channel != 0, [graph.num_columns, graph.lifting, -1]), axis=1)
        return tf.gather(tf.concat([known, tf.ones_like(known[:1])], axis=0), self._needs)

    def _update_row(
        self, r: int, bits: tf.Tensor, messages: tf.Tensor, changing: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Bits and messages of a row after all its checks; other blocks than those `changing` keep their bits."""
        lines, z = self._rows[r], self._graph.lifting
        old = tf.reshape(_take(bits, lines), [len(lines) // z, z, -1])
        inward = tf.clip_by_value(old - messages, -TOP, TOP)
        told = tf.clip_by_value(_tell(inward), -MAX_MESSAGE, MAX_MESSAGE)
        return _put(bits, lines, tf.where(changing, inward + told, old)), told

    def _parities_are_right(self, bits: tf.Tensor, active: tf.Tensor) -> tf.Tensor:
        """Whether all active rows are even, `bool [blocks]`."""
        ones = bits <= 0
        ones = tf.concat([ones, tf.zeros_like(ones[:1])], axis=0)
        odd = tf.gather(ones, self._parity_lines[0])
        for lines in self._parity_lines[1:]:
            odd = odd != tf.gather(ones, lines)
        odd = tf.reshape(odd, [len(self._rows), self._graph.lifting, -1])
        return ~tf.reduce_any(odd & active[:, None], axis=[0, 1])


def _box_plus(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """As in the loops."""
    total, difference = tf.abs(a + b), tf.abs(a - b)
    total, difference = total + tf.maximum(total, BEND), difference + tf.maximum(difference, BEND)
    return tf.bitwise.right_shift(total - difference + _HALF_STEP, _ONE_QUARTER)


def _tell(inward: tf.Tensor) -> tf.Tensor:
    """What each edge of a row is told by the others, `int16 [edges, Z, blocks]`.

    Those before an edge and those after it are folded side by side, from both ends at once.
    """
    pairs = tf.stack([inward, inward[::-1]], axis=1)
    folds = [pairs[0]]
    for e in range(1, inward.shape[0] - 1):
        folds.append(_box_plus(folds[-1], pairs[e]))
    folded = tf.stack(folds)
    before, after = folded[:, 0], folded[:, 1]
    return tf.concat([after[-1:], _box_plus(before[:-1], after[-2::-1]), before[-1:]], axis=0)


# TensorFlow cannot look up int16 on a GPU: four blocks are moved as one int64.


def _take(values: tf.Tensor, lines: np.ndarray) -> tf.Tensor:
    """Lines of an array, `int16 [lines, blocks]`."""
    return _narrow(tf.gather(_wide(values), lines))


def _put(values: tf.Tensor, lines: np.ndarray, new: tf.Tensor) -> tf.Tensor:
    """The array with other values in these lines."""
    new = tf.reshape(new, [len(lines), -1])
    return _narrow(tf.tensor_scatter_nd_update(_wide(values), lines[:, None], _wide(new)))


def _wide(values: tf.Tensor) -> tf.Tensor:
    return tf.bitcast(tf.reshape(values, [values.shape[0], -1, _BLOCKS_PER_INT64]), tf.int64)


def _narrow(values: tf.Tensor) -> tf.Tensor:
    return tf.reshape(tf.bitcast(values, tf.int16), [values.shape[0], -1])
