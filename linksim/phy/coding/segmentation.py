"""From a transport block to code blocks: 3GPP TS 38.212, 5.1, 5.2.2 and 6.2.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.phy.mcs import MAX_CODE_BLOCK_BITS

if TYPE_CHECKING:
    import tensorflow as tf

CRC_BITS = 24
"""Length of CRC24A (transport block) and of CRC24B (code block), in bits."""

MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH = {1: MAX_CODE_BLOCK_BITS, 2: 3840}
"""K_cb in bits (TS 38.212, 5.2.2)."""

_SHORT_PAYLOAD_BITS = 292
_MEDIUM_PAYLOAD_BITS = 3824


def select_base_graph(payload_bits: int, code_rate: float) -> int:
    """LDPC base graph of a transport block (TS 38.212, 6.2.2 and 7.2.2).

    Parameters
    ----------
    payload_bits : int
        Length A of the transport block in bits, without CRC.
    code_rate : float
        Target code rate R of the modulation and coding scheme.

    Returns
    -------
    {1, 2}
        2 for short blocks and low rates: A <= 292, or A <= 3824 and R <= 0.67, or R <= 0.25.
    """
    if (
        payload_bits <= _SHORT_PAYLOAD_BITS
        or (payload_bits <= _MEDIUM_PAYLOAD_BITS and code_rate <= 0.67)
        or code_rate <= 0.25
    ):
        return 2
    return 1


def count_code_blocks(payload_bits: int, base_graph: int, max_code_block_bits: int) -> int:
    """Number C of code blocks of a transport block (TS 38.212, 5.2.2).

    Parameters
    ----------
    payload_bits : int
        Length A of the transport block in bits, without CRC.
    base_graph : {1, 2}
        LDPC base graph.
    max_code_block_bits : int
        Limit of the scheme in bits; the smaller one of it and that of the base graph holds.
    """
    limit = min(MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH[base_graph], max_code_block_bits)
    total_bits = payload_bits + CRC_BITS
    return 1 if total_bits <= limit else -(-total_bits // (limit - CRC_BITS))


@dataclass(frozen=True)
class CodeBlockPlan:
    """How a transport block is cut into code blocks.

    Parameters
    ----------
    payload_bits : int
        Length A of the transport block in bits, without CRC.
    base_graph : {1, 2}
        LDPC base graph.
    num_code_blocks : int
        Number C of code blocks.
    code_block_bits : int
        Length K' of every code block in bits, its CRC included and filler bits not.
    """

    payload_bits: int
    base_graph: int
    num_code_blocks: int
    code_block_bits: int

    @property
    def code_block_crc_bits(self) -> int:
        """Bits of all CRC24B together: none where there is one code block only."""
        return CRC_BITS * self.num_code_blocks if self.num_code_blocks > 1 else 0


def plan_code_blocks(
    payload_bits: int, code_rate: float, max_code_block_bits: int = MAX_CODE_BLOCK_BITS
) -> CodeBlockPlan:
    """Number and length of the code blocks of a transport block (TS 38.212, 5.2.2).

    The transport block always carries a CRC24A. (TS 38.212, 6.2.1 gives blocks of up to 3824 bits a
    CRC16; 24 bits keep undetected errors at 6e-8 for short pictures too.)

    Parameters
    ----------
    payload_bits : int
        Length A of the transport block in bits, without CRC.
    code_rate : float
        Target code rate.
    max_code_block_bits : int
        Limit of the scheme; the smaller one of it and the limit of the base graph holds.

    Returns
    -------
    CodeBlockPlan

    Raises
    ------
    LinksimError
        If the transport block is empty or cannot be cut into equal code blocks.
    """
    if payload_bits <= 0:
        raise LinksimError(f"a transport block of {payload_bits} bits cannot be sent: use at least 8")
    base_graph = select_base_graph(payload_bits, code_rate)
    num_code_blocks = count_code_blocks(payload_bits, base_graph, max_code_block_bits)
    total_bits = payload_bits + CRC_BITS
    if num_code_blocks > 1:
        total_bits += num_code_blocks * CRC_BITS
    if total_bits % num_code_blocks:
        raise LinksimError(
            f"{payload_bits} bits with their CRCs cannot be cut into {num_code_blocks} equal code "
            "blocks: use the payload size of Transport.payload_bytes"
        )
    return CodeBlockPlan(payload_bits, base_graph, num_code_blocks, total_bits // num_code_blocks)


class CodeBlockSegmentation:
    """Cut a transport block into LDPC code blocks (3GPP TS 38.212, 5.1 and 5.2.2).

    The transport block gets its CRC24A. Where it is longer than one code block it is cut into equal
    code blocks of at most 8448 bits = 1056 bytes, each closed by its own CRC24B, so that the
    receiver knows which blocks arrived. Every code block therefore ends in a CRC of 24 bits.

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
    code_blocks : [batch, num_code_blocks, code_block_bits], float32
        Code blocks with CRC. Filler bits are appended by the encoder and not sent.
    """

    def __init__(self, plan: CodeBlockPlan) -> None:
        from sionna.phy.fec.crc import CRCDecoder, CRCEncoder

        self.plan = plan
        # Sionna's encoder builds its matrix anew when the length changes, and its decoder encodes a
        # longer word: with an encoder of their own nothing is built twice.
        self._transport_crc = CRCEncoder("CRC24A")
        self._transport_check = CRCDecoder(CRCEncoder("CRC24A"))
        self._code_block_crc = CRCEncoder("CRC24B")
        self._code_block_check = CRCDecoder(CRCEncoder("CRC24B"))

    def __call__(self, bits: tf.Tensor) -> tf.Tensor:
        from linksim.phy._tf import tf

        plan = self.plan
        bits = self._transport_crc(bits)
        if plan.num_code_blocks == 1:
            return bits[:, None, :]
        bits = tf.reshape(bits, [-1, plan.num_code_blocks, plan.code_block_bits - CRC_BITS])
        return self._code_block_crc(bits)

    def check_code_blocks(self, code_blocks: tf.Tensor) -> tf.Tensor:
        """Which code blocks pass their CRC.

        Input
        -----
        code_blocks : [rows, code_block_bits], float32
            Decoded bits 0. or 1.

        Output
        ------
        : [rows], bool
            Result of CRC24B, or of CRC24A where there is one code block only.
        """
        check = self._transport_check if self.plan.num_code_blocks == 1 else self._code_block_check
        return check(code_blocks)[1][:, 0]

    def join(self, code_blocks: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Put decoded code blocks together again.

        Input
        -----
        code_blocks : [batch, num_code_blocks, code_block_bits], float32
            Decoded bits 0. or 1.

        Output
        ------
        bits : [batch, payload_bits], float32
            The transport block without its CRC, right or wrong.
        passed : [batch], bool
            Whether the transport block passes CRC24A.
        """
        from linksim.phy._tf import tf

        if self.plan.num_code_blocks > 1:
            code_blocks = code_blocks[:, :, :-CRC_BITS]
        bits = tf.reshape(code_blocks, [-1, self.plan.payload_bits + CRC_BITS])
        bits, passed = self._transport_check(bits)
        return bits, passed[:, 0]
