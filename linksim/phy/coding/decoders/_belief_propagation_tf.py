"""The TensorFlow side of `BeliefPropagation`. Its VERSION is in `belief_propagation.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from linksim.phy._tf import tf
from linksim.phy.coding.decoders.base import Check
from linksim.phy.coding.ldpc import LdpcCode

from sionna.phy.fec.ldpc import LDPC5GDecoder  # isort: skip  (TensorFlow is imported quietly first)

STAGE_ITERATIONS = 5
"""Iterations between two looks at the CRCs."""

# Rows of messages per decoder call: on a CPU as many as stay in its cache (32 and 16 were measured
# fastest), on a GPU as many as fit into about 2 GiB.
_CPU_ROWS = 32
_GPU_BYTES = 2**31
# Rows are filled up to a multiple of this, so that no row is computed by the scalar tail of a
# vectorised loop, whose last bit may differ: the result of a row does not depend on the others.
_ROW_MULTIPLE = 16
# The last float32 below 1: messages of check nodes stay below 17.
_MAX_TANH = 1.0 - 1e-7


def _degree_runs(degrees: np.ndarray) -> list[tuple[int, int]]:
    """Runs of neighbouring nodes of one degree: (number of nodes, degree)."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(degrees)) + 1, [len(degrees)]])
    return [(int(b - a), int(degrees[a])) for a, b in zip(starts[:-1], starts[1:])]


class CompiledBeliefPropagation:
    """Belief propagation for one code.

    Parameters
    ----------
    code : LdpcCode
        The code.
    iterations : int
        At most that many.
    """

    def __init__(self, code: LdpcCode, iterations: int) -> None:
        self._code, self._iterations = code, iterations
        self._decoder = LDPC5GDecoder(
            code.encoder,
            cn_update=lambda messages, llr_max: self._update_check_nodes(messages),
            vn_update=lambda messages, llr, llr_max: self._update_variable_nodes(messages, llr, llr_max),
            # Sionna removes everything where there is nothing to prune.
            prune_pcm=not code.has_whole_buffer,
            hard_out=False,
            return_state=True,
        )
        graph = self._decoder.pcm
        self._check_runs = _degree_runs(np.diff(graph.tocsr().indptr))
        self._variable_runs = _degree_runs(np.diff(graph.tocsc().indptr))

        on_gpu = bool(tf.config.list_physical_devices("GPU"))
        message_bytes = 32 * self._decoder.num_edges
        self._rows_per_call = max(_ROW_MULTIPLE, _GPU_BYTES // message_bytes) if on_gpu else _CPU_ROWS

    # Compiled functions: each traced once, when it is first used, for any number of rows. (Concrete
    # ones, because TensorFlow warns of retracing where one method is compiled for many objects.)

    @cached_property
    def _start(self) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        llr = tf.TensorSpec([None, self._code.buffer_bits], tf.float32)
        return tf.function(self._start_rows).get_concrete_function(llr, tf.TensorSpec([], tf.int32))

    @cached_property
    def _go_on(self) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        llr = tf.TensorSpec([None, self._code.buffer_bits], tf.float32)
        messages = tf.TensorSpec([self._decoder.num_edges, None], tf.float32)
        count = tf.TensorSpec([], tf.int32)
        return tf.function(self._go_on_rows).get_concrete_function(llr, messages, count)

    def decode(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """See `CompiledDecoder.decode`."""
        logits, passed = self.soft(llr, check)
        return _hard(logits), passed

    def soft(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """See `CompiledDecoder`."""
        num_rows = llr.shape[0]
        logits = tf.zeros([num_rows, self._code.info_bits], tf.float32)
        passed = tf.zeros([num_rows], tf.bool)
        active = tf.range(num_rows)
        messages = None
        for count in _stages(self._iterations):
            llr, messages, new = self._run(llr, messages, count)
            new = new[: active.shape[0]]
            logits = tf.tensor_scatter_nd_update(logits, active[:, None], new)
            right = check(_hard(new))
            passed = tf.tensor_scatter_nd_update(passed, active[:, None], right)
            keep = tf.where(~right)[:, 0]
            if keep.shape[0] == 0:
                break
            if keep.shape[0] < active.shape[0]:
                llr, messages = tf.gather(llr, keep), tf.gather(messages, keep, axis=1)
                active = tf.gather(active, keep)
        return logits, passed

    def _run(self, llr: tf.Tensor, messages: tf.Tensor | None, count: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Some iterations on all rows: LLRs and messages, filled up to a multiple, and logits of the bits."""
        padding = -llr.shape[0] % _ROW_MULTIPLE
        if padding:
            llr = tf.pad(llr, [[0, padding], [0, 0]])
            if messages is not None:
                # Edges and not rows come first in what the decoder keeps.
                messages = tf.pad(messages, [[0, 0], [0, max(0, llr.shape[0] - messages.shape[1])]])
        logits, new_messages = [], []
        for start in range(0, llr.shape[0], self._rows_per_call):
            rows = slice(start, start + self._rows_per_call)
            if messages is None:
                part = self._start(llr[rows], tf.constant(count))
            else:
                part = self._go_on(llr[rows], messages[:, rows], tf.constant(count))
            logits.append(part[0])
            new_messages.append(part[1])
        return llr, tf.concat(new_messages, axis=1), tf.concat(logits, axis=0)

    def _start_rows(self, llr: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self._decoder(llr, num_iter=count)

    def _go_on_rows(self, llr: tf.Tensor, messages: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self._decoder(llr, num_iter=count, msg_v2c=messages)

    def _update_check_nodes(self, messages: tf.RaggedTensor) -> tf.RaggedTensor:
        """Sum-product update: 2 atanh of the product of the other edges' tanh(x / 2)."""
        tanh = tf.tanh(messages.flat_values * 0.5)
        sizes = [nodes * degree for nodes, degree in self._check_runs]
        products = []
        for run, (nodes, degree) in zip(tf.split(tanh, sizes), self._check_runs):
            edges = tf.unstack(tf.reshape(run, [nodes, degree, -1]), axis=1)
            # The product without edge i is that of the edges before it and of those after it.
            # Dividing the product of all by edge i would fail at punctured nodes, where it is zero.
            before, after = [edges[0]], [edges[-1]]
            for edge in edges[1:-1]:
                before.append(before[-1] * edge)
            for edge in edges[-2:0:-1]:
                after.append(after[-1] * edge)
            after.reverse()
            others = [after[0], *(b * a for b, a in zip(before[:-1], after[1:])), before[-1]]
            products.append(tf.reshape(tf.stack(others, axis=1), [nodes * degree, -1]))
        product = tf.clip_by_value(tf.concat(products, axis=0), -_MAX_TANH, _MAX_TANH)
        return messages.with_flat_values(tf.math.log((1.0 + product) / (1.0 - product)))

    def _update_variable_nodes(
        self, messages: tf.RaggedTensor, llr: tf.Tensor, llr_max: tf.Tensor
    ) -> tuple[tf.RaggedTensor, tf.Tensor]:
        """Sum of all edges and the channel, less the edge itself, clipped as Sionna does."""
        sizes = [nodes * degree for nodes, degree in self._variable_runs]
        counts = [nodes for nodes, _ in self._variable_runs]
        extrinsic, totals = [], []
        for run, channel, (nodes, degree) in zip(
            tf.split(messages.flat_values, sizes), tf.split(llr, counts), self._variable_runs
        ):
            edges = tf.reshape(run, [nodes, degree, -1])
            total = tf.reduce_sum(edges, axis=1) + channel
            totals.append(total)
            extrinsic.append(tf.reshape(total[:, None] - edges, [nodes * degree, -1]))
        flat = tf.clip_by_value(tf.concat(extrinsic, axis=0), -llr_max, llr_max)
        total = tf.clip_by_value(tf.concat(totals, axis=0), -llr_max, llr_max)
        return messages.with_flat_values(flat), total


def untouched(code: LdpcCode, iterations: int = 20) -> Callable[[tf.Tensor], tf.Tensor]:
    """Sionna's decoder as it comes, in graph mode: LLRs of the buffer to bits. For comparisons of speed."""
    # Sionna removes everything where there is nothing to prune.
    return tf.function(LDPC5GDecoder(code.encoder, num_iter=iterations, prune_pcm=not code.has_whole_buffer))


def _hard(logits: tf.Tensor) -> tf.Tensor:
    """Bits 0. or 1. of logits, as Sionna decides: 1 where nothing is known."""
    return tf.cast(logits >= 0.0, tf.float32)


def _stages(num_iterations: int) -> list[int]:
    """Iterations between two looks at the CRCs, adding up to `num_iterations`."""
    whole, rest = divmod(num_iterations, STAGE_ITERATIONS)
    return [STAGE_ITERATIONS] * whole + [rest] * (rest > 0)
