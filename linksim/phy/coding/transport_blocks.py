"""The TensorFlow side of `Transport`: what is built when the first block is sent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.coding.chain import CodeBlockChain
from linksim.phy.coding.decoders import Decoder
from linksim.phy.coding.delivery import Delivery, SoftBits
from linksim.phy.coding.plan import TransportPlan
from linksim.phy.coding.segmentation import CodeBlockSegmentation, bits_to_bytes, bytes_to_bits

# Code blocks that are processed together: they bound the memory that a call needs.
_CODE_BLOCKS_PER_CALL = 256


class TransportBlocks:
    """Segmentation, and a `CodeBlockChain` for each code configuration, one or two.

    Parameters
    ----------
    plan : TransportPlan
        A plan that holds at least one byte.
    decoder : Decoder
        The decoder.
    redundancy_versions : sequence of {0, 1, 2, 3}
        Those that are sent.
    """

    def __init__(self, plan: TransportPlan, decoder: Decoder, redundancy_versions: Sequence[int]) -> None:
        self._plan = plan
        self._segmentation = CodeBlockSegmentation(plan.blocks)
        self._chains: list[CodeBlockChain] = []
        first_bit = 0
        for configuration, count in plan.code_configurations().items():
            crc = self._segmentation.code_block_crc
            self._chains.append(CodeBlockChain(configuration, crc, decoder, count, first_bit, redundancy_versions))
            first_bit += count * configuration.coded_bits

    @property
    def _rows_per_call(self) -> int:
        return max(1, _CODE_BLOCKS_PER_CALL // self._plan.num_code_blocks)

    def transmit(self, payload: np.ndarray | tf.Tensor, redundancy_version: int) -> tf.Tensor:
        """Bytes to symbols, see `Transport.transmit`."""
        payload = tf.convert_to_tensor(payload)
        expected = self._plan.payload_bytes
        if payload.dtype != tf.uint8 or payload.shape.rank != 2 or payload.shape[1] != expected:
            raise LinksimError(
                f"a payload of {payload.dtype.name} {list(payload.shape)} cannot be sent: use uint8 [B, {expected}]"
            )
        step = self._rows_per_call
        parts = [
            self._transmit_some(payload[i : i + step], redundancy_version) for i in range(0, payload.shape[0], step)
        ]
        return tf.concat(parts, 0) if parts else tf.zeros([0, self._plan.num_symbols], tf.complex64)

    def soft_bits(self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor, version: int) -> SoftBits:
        """Symbols to log-likelihood ratios, see `Transport.soft_bits`."""
        return self._soft_bits(*self._checked(y, no), version)

    def receive(
        self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor, version: int, probabilities: bool = False
    ) -> Delivery:
        """Symbols to bytes, see `Transport.receive`."""
        y, no = self._checked(y, no)
        step = self._rows_per_call
        parts = [
            self._decode_some(self._soft_bits(y[i : i + step], no[i : i + step], version), probabilities)
            for i in range(0, y.shape[0], step)
        ]
        return self._joined(parts)

    def decode(self, soft_bits: SoftBits) -> Delivery:
        """Log-likelihood ratios to bytes, see `Transport.decode`."""
        step = self._rows_per_call
        batch = soft_bits.values[0].shape[0] // soft_bits.counts[0]
        return self._joined([self._decode_some(soft_bits[i : i + step]) for i in range(0, batch, step)])

    def _transmit_some(self, payload: tf.Tensor, version: int) -> tf.Tensor:
        code_blocks = self._segmentation(bytes_to_bits(payload))
        parts, start = [], 0
        for chain in self._chains:
            rows = tf.reshape(code_blocks[:, start : start + chain.count], [-1, chain.block_bits])
            parts.append(tf.reshape(chain.transmit(rows, version), [payload.shape[0], -1]))
            start += chain.count
        return tf.concat(parts, axis=1)

    def _checked(self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Symbols, and a noise variance for each."""
        y = tf.cast(y, tf.complex64)
        if y.shape.rank != 2 or y.shape[1] != self._plan.num_symbols:
            raise LinksimError(f"symbols of shape {list(y.shape)} cannot be decoded: use [B, {self._plan.num_symbols}]")
        no = tf.cast(no, tf.float32)
        if no.shape.rank == 1:
            no = no[:, None]
        if no.shape.rank > 2 or any(a not in (1, b) for a, b in zip(no.shape[::-1], y.shape[::-1], strict=False)):
            raise LinksimError(
                f"a noise variance of shape {list(no.shape)} does not go with symbols of shape "
                f"{list(y.shape)}: use one per call, per row or per symbol"
            )
        return y, tf.broadcast_to(no, y.shape)

    def _soft_bits(self, y: tf.Tensor, no: tf.Tensor, version: int) -> SoftBits:
        values, start = [], 0
        for chain in self._chains:
            part = slice(start, start + chain.count * chain.num_symbols)
            start = part.stop
            shape = [y.shape[0] * chain.count, chain.num_symbols]
            values.append(chain.soft_bits(tf.reshape(y[:, part], shape), tf.reshape(no[:, part], shape), version))
        return SoftBits(tuple(values), tuple(chain.count for chain in self._chains))

    def _decode_some(self, soft_bits: SoftBits, probabilities: bool = False) -> tuple[tf.Tensor, ...]:
        blocks, passed, logits = [], [], []
        for chain, values in zip(self._chains, soft_bits.values, strict=True):
            if probabilities:
                bits, sure, right = chain.decode_softly(values)
                logits.append(tf.reshape(sure, [-1, chain.count * chain.block_bits]))
            else:
                bits, right = chain.decode(values)
            blocks.append(tf.reshape(bits, [-1, chain.count, chain.block_bits]))
            passed.append(tf.reshape(right, [-1, chain.count]))
        blocks_passed = tf.concat(passed, axis=1)
        bits, delivered = self._segmentation.join(tf.concat(blocks, axis=1), blocks_passed)
        found = bits_to_bytes(bits), delivered, blocks_passed
        return (*found, tf.sigmoid(tf.concat(logits, axis=1)[:, : bits.shape[1]])) if probabilities else found

    def _joined(self, parts: list[tuple[tf.Tensor, ...]]) -> Delivery:
        if not parts:
            nothing = np.zeros([0, self._plan.payload_bytes], np.uint8)
            return Delivery(nothing, np.zeros(0, bool), np.zeros([0, self._plan.num_code_blocks], bool))
        return Delivery(*(np.concatenate([value.numpy() for value in values]) for values in zip(*parts, strict=True)))
