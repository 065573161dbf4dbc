"""From a transport block to code blocks, and the CRCs that close them: 3GPP TS 38.212, 5.1 and 5.2.2."""

from __future__ import annotations

import numpy as np

from linksim.phy._tf import tf
from linksim.phy.coding._crc_loops import GENERATORS, remainders, table_of
from linksim.phy.coding.plan import CRC_BITS, CodeBlockPlan

VERSION = 1
"""Raised whenever the same payload gives other code blocks."""


class Crc:
    """One of the CRCs of 24 bits: attach it, and check it.

    Parameters
    ----------
    name : {"CRC24A", "CRC24B"}
        That of transport blocks, or that of code blocks.
    """

    def __init__(self, name: str) -> None:
        self._table = table_of(GENERATORS[name])

    def attach(self, bits: tf.Tensor | np.ndarray) -> tf.Tensor:
        """`float32 [..., n]` to `float32 [..., n + 24]`."""
        bits = np.asarray(bits)
        crc = self._remainders(bits)[..., None] >> np.arange(CRC_BITS - 1, -1, -1) & 1
        return tf.convert_to_tensor(np.concatenate([bits, crc.astype(np.float32)], axis=-1))

    def check(self, bits: tf.Tensor | np.ndarray) -> tf.Tensor:
        """Which rows of `float32 [..., n + 24]` pass, `bool [...]`."""
        return tf.convert_to_tensor(self._remainders(np.asarray(bits)) == 0)

    def _remainders(self, bits: np.ndarray) -> np.ndarray:
        """Of rows of bits that 24 zeros follow, `int64 [...]`."""
        rows = bits.reshape(-1, bits.shape[-1]) > 0.5
        missing = -rows.shape[1] % 8
        found = np.empty(len(rows), np.int64)
        remainders(np.packbits(np.pad(rows, [[0, 0], [missing, 0]]), axis=1), self._table, found)
        return found.reshape(bits.shape[:-1])


class CodeBlockSegmentation:
    """Cut a transport block into LDPC code blocks (3GPP TS 38.212, 5.2.2).

    A transport block that is longer than one code block gets its CRC24A and is cut into equal parts; each
    of them is then closed by a CRC24B, so that the receiver knows which blocks arrived. One that is not
    longer is the one code block, and is closed by the CRC24A. So every code block ends in a CRC of 24
    bits, `code_block_crc`, which `CodeBlockChain` attaches and checks.

    Parameters
    ----------
    plan : CodeBlockPlan
        Number and length of the code blocks, from `plan_code_blocks`.

    Input
    -----
    bits : [batch, payload_bits], float32
        Bits 0. or 1.

    Output
    ------
    code_blocks : [batch, num_code_blocks, code_block_bits - 24], float32
        Code blocks, still without `code_block_crc`.
    """

    def __init__(self, plan: CodeBlockPlan) -> None:
        self.plan = plan
        self.code_block_crc = "CRC24A" if plan.num_code_blocks == 1 else "CRC24B"
        self._crc = Crc("CRC24A")

    def __call__(self, bits: tf.Tensor) -> tf.Tensor:
        bits = tf.convert_to_tensor(bits)
        if self.plan.num_code_blocks == 1:
            return bits[:, None, :]
        bits = self._crc.attach(bits)
        return tf.reshape(bits, [-1, self.plan.num_code_blocks, self.plan.code_block_bits - CRC_BITS])

    def join(self, code_blocks: tf.Tensor, blocks_passed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Put decoded code blocks together again.

        Input
        -----
        code_blocks : [batch, num_code_blocks, code_block_bits - 24], float32
            Decoded bits 0. or 1.
        blocks_passed : [batch, num_code_blocks], bool
            Whether each passed its CRC.

        Output
        ------
        bits : [batch, payload_bits], float32
            The transport block without its CRC, right or wrong.
        passed : [batch], bool
            Whether all CRCs pass, that of the transport block and those of its code blocks.
        """
        passed = tf.reduce_all(blocks_passed, axis=1)
        if self.plan.num_code_blocks == 1:
            return code_blocks[:, 0], passed
        bits = tf.reshape(code_blocks, [-1, self.plan.payload_bits + CRC_BITS])
        return bits[:, :-CRC_BITS], passed & self._crc.check(bits)


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
