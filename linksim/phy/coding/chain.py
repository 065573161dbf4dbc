"""The TensorFlow side of `Transport`: what is built when the first block is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.coding.ldpc import LdpcCode, get_code
from linksim.phy.coding.segmentation import CodeBlockSegmentation

from sionna.phy.mapping import Demapper, Mapper  # isort: skip  (TensorFlow is imported quietly first)
from sionna.phy.nr.utils import generate_prng_seq  # isort: skip

if TYPE_CHECKING:
    from linksim.phy.coding.transport import Received, Transport

# Code blocks that are processed together: they bound the memory that a call needs.
_CODE_BLOCKS_PER_CALL = 256
# Scrambling of TS 38.211, 7.3.1.1: c_init = n_RNTI 2^15 + n_ID, both 1. Without it a run of zeros, as
# the padding of a picture's stream is one, would send one constellation point over and over, at its
# power instead of the mean power 1.
_SCRAMBLING_INIT = (1 << 15) + 1
# Keeps LLRs finite where there is no noise; the decoder clips them to 20 anyway.
_LEAST_NOISE = 1e-9


class QamDemapper:
    """Exact (APP) soft demapping of square QAM, one dimension at a time.

    The labels of TS 38.211, 5.1 are Gray in each dimension: even bits decide the real part, odd bits
    the imaginary one. The LLRs equal those of Sionna's demapper on all points of the constellation,
    with sqrt(M) distances per dimension in place of M.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8}

    Input
    -----
    y : [rows, n], complex64
        Received symbols.
    no : [rows, n], float32
        Noise variance, both dimensions together.

    Output
    ------
    : [rows, n * bits_per_symbol], float32
        Logits log P(1)/P(0).
    """

    def __init__(self, bits_per_symbol: int) -> None:
        self._bits = bits_per_symbol // 2
        self._demapper = Demapper("app", "pam", self._bits)

    def __call__(self, y: tf.Tensor, no: tf.Tensor) -> tf.Tensor:
        # A dimension, scaled to unit power, has noise of variance N0; as a complex symbol without an
        # imaginary part it is demapped with 2 N0, half of which counts.
        parts = tf.stack([tf.math.real(y), tf.math.imag(y)], axis=2) * np.float32(np.sqrt(2.0))
        points = tf.reshape(tf.complex(parts, tf.zeros_like(parts)), [-1, 1])
        llr = self._demapper(points, tf.repeat(2.0 * tf.reshape(no, [-1, 1]), 2, axis=0))
        # From [.., dimension, bit] to bits of the two dimensions in turn.
        llr = tf.transpose(tf.reshape(llr, [-1, 2, self._bits]), [0, 2, 1])
        return tf.reshape(llr, [tf.shape(y)[0], tf.shape(y)[1] * 2 * self._bits])


class Chain:
    """Encoder, mapper, demapper and decoder of a `Transport`.

    Parameters
    ----------
    transport : Transport
        A transport that fits at least one byte.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._segmentation = CodeBlockSegmentation(transport.plan)
        # (code, number of code blocks): the shorter ones come first.
        self._codes: list[tuple[LdpcCode, int]] = [
            (get_code(c.base_graph, c.info_bits, c.coded_bits, c.bits_per_symbol), count)
            for c, count in transport.code_configurations().items()
        ]
        bits_per_symbol = transport.mcs.bits_per_symbol
        self._scrambling = np.asarray(
            generate_prng_seq(transport.num_symbols * bits_per_symbol, _SCRAMBLING_INIT), np.float32
        )
        self._mapper = Mapper("qam", bits_per_symbol)
        self._demap = tf.function(QamDemapper(bits_per_symbol).__call__).get_concrete_function(
            tf.TensorSpec([None, None], tf.complex64), tf.TensorSpec([None, None], tf.float32)
        )

    def transmit(self, payload: np.ndarray | tf.Tensor) -> tf.Tensor:
        """Bytes to symbols, see `Transport.transmit`."""
        payload = tf.convert_to_tensor(payload)
        expected = self._transport.payload_bytes
        if payload.dtype != tf.uint8 or payload.shape.rank != 2 or payload.shape[1] != expected:
            raise LinksimError(
                f"a payload of {payload.dtype.name} {list(payload.shape)} cannot be sent: use "
                f"uint8 [B, {expected}]"
            )
        step = self._pictures_per_call
        parts = [self._transmit_some(payload[i : i + step]) for i in range(0, payload.shape[0], step)]
        return tf.concat(parts, 0) if parts else tf.zeros([0, self._transport.num_symbols], tf.complex64)

    def receive(self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor) -> Received:
        """Symbols to bytes, see `Transport.receive`."""
        from linksim.phy.coding.transport import Received

        y = tf.cast(y, tf.complex64)
        if y.shape.rank != 2 or y.shape[1] != self._transport.num_symbols:
            raise LinksimError(
                f"symbols of shape {list(y.shape)} cannot be decoded: use [B, {self._transport.num_symbols}]"
            )
        no = tf.cast(no, tf.float32)
        if no.shape.rank == 1:
            no = no[:, None]
        if no.shape.rank > 2 or any(a not in (1, b) for a, b in zip(no.shape[::-1], y.shape[::-1])):
            raise LinksimError(
                f"a noise variance of shape {list(no.shape)} does not go with symbols of shape "
                f"{list(y.shape)}: use one per call, per row or per symbol"
            )
        no = tf.broadcast_to(tf.maximum(no, _LEAST_NOISE), y.shape)
        step = self._pictures_per_call
        parts = [
            self._receive_some(y[i : i + step], no[i : i + step]) for i in range(0, y.shape[0], step)
        ]
        if not parts:
            blocks = self._transport.num_code_blocks
            return Received(
                np.zeros([0, self._transport.payload_bytes], np.uint8), np.zeros(0, bool), np.zeros([0, blocks], bool)
            )
        return Received(*(np.concatenate([part[i].numpy() for part in parts]) for i in range(3)))

    @property
    def _pictures_per_call(self) -> int:
        return max(1, _CODE_BLOCKS_PER_CALL // self._transport.num_code_blocks)

    def _transmit_some(self, payload: tf.Tensor) -> tf.Tensor:
        code_blocks = self._segmentation(bytes_to_bits(payload))
        parts, start = [], 0
        for code, count in self._codes:
            rows = tf.reshape(code_blocks[:, start : start + count], [-1, code.info_bits])
            parts.append(tf.reshape(code.encode(rows), [payload.shape[0], -1]))
            start += count
        return self._mapper(tf.abs(tf.concat(parts, axis=1) - self._scrambling))

    def _receive_some(self, y: tf.Tensor, no: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        batch = y.shape[0]
        blocks, passed, start = [], [], 0
        for code, count in self._codes:
            symbols = code.coded_bits // code.bits_per_symbol
            part = slice(start, start + count * symbols)
            start = part.stop
            llr = self._demap(
                tf.reshape(y[:, part], [batch * count, symbols]),
                tf.reshape(no[:, part], [batch * count, symbols]),
            )
            scrambled = slice(part.start * code.bits_per_symbol, part.stop * code.bits_per_symbol)
            signs = np.reshape(1 - 2 * self._scrambling[scrambled], [count, -1])
            llr = llr * tf.tile(signs, [batch, 1])
            bits, right = code.decode(
                llr,
                self._transport.num_iterations,
                lambda bits, rows: self._segmentation.check_code_blocks(bits),
            )
            blocks.append(tf.reshape(bits, [batch, count, code.info_bits]))
            passed.append(tf.reshape(right, [batch, count]))
        blocks_passed = tf.concat(passed, axis=1)
        bits, transport_block_passed = self._segmentation.join(tf.concat(blocks, axis=1))
        delivered = tf.reduce_all(blocks_passed, axis=1) & transport_block_passed
        return bits_to_bytes(bits), delivered, blocks_passed


def bytes_to_bits(data: tf.Tensor) -> tf.Tensor:
    """`uint8 [B, n]` to `float32 [B, 8 n]`, most significant bit first."""
    shifts = tf.range(7, -1, -1)
    bits = tf.bitwise.right_shift(tf.cast(data, tf.int32)[:, :, None], shifts) & 1
    return tf.cast(tf.reshape(bits, [data.shape[0], 8 * data.shape[1]]), tf.float32)


def bits_to_bytes(bits: tf.Tensor) -> tf.Tensor:
    """`float32 [B, 8 n]` to `uint8 [B, n]`, most significant bit first."""
    weights = tf.constant([128, 64, 32, 16, 8, 4, 2, 1], tf.float32)
    octets = tf.reshape(bits, [bits.shape[0], bits.shape[1] // 8, 8])
    return tf.cast(tf.reduce_sum(octets * weights, axis=2), tf.uint8)
