"""How many bytes, code blocks and coded bits a number of channel uses holds: arithmetic, without TensorFlow.

3GPP TS 38.212, 5.2.2, 5.4.2.1 and 6.2.2.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import floor

from linksim.errors import LinksimError
from linksim.phy.mcs import MAX_CODE_BLOCK_BITS, Mcs, get_mcs

VERSION = 1
"""Raised whenever the same channel uses are cut otherwise."""

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
    short = payload_bits <= _SHORT_PAYLOAD_BITS
    medium = payload_bits <= _MEDIUM_PAYLOAD_BITS and code_rate <= 0.67
    return 2 if short or medium or code_rate <= 0.25 else 1


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


@dataclass(frozen=True, order=True)
class CodeConfiguration:
    """What the error probability of a code block depends on, apart from the channel.

    Parameters
    ----------
    bits_per_symbol : int
        Q_m.
    base_graph : {1, 2}
    info_bits : int
        Length K' of a code block in bits, its CRC included.
    coded_bits : int
        Bits after rate matching (E_r).
    """

    bits_per_symbol: int
    base_graph: int
    info_bits: int
    coded_bits: int


@dataclass(frozen=True)
class TransportPlan:
    """What one transport block in an exact number of channel uses holds.

    Parameters
    ----------
    mcs : Mcs
        Modulation and coding scheme.
    num_symbols : int
        Channel uses N.
    blocks : CodeBlockPlan or None
        Number and length of the code blocks; None where not one byte fits.
    """

    mcs: Mcs
    num_symbols: int
    blocks: CodeBlockPlan | None

    @property
    def fits(self) -> bool:
        """Whether at least one byte of payload fits."""
        return self.blocks is not None

    @property
    def payload_bytes(self) -> int:
        """Bytes of payload; 0 where not a single one fits."""
        return self.blocks.payload_bits // 8 if self.blocks else 0

    @property
    def num_code_blocks(self) -> int:
        """Number C of code blocks; 0 where nothing fits."""
        return self.blocks.num_code_blocks if self.blocks else 0

    @property
    def code_block_bits(self) -> int:
        """Length K' of every code block in bits, its CRC included; 0 where nothing fits."""
        return self.blocks.code_block_bits if self.blocks else 0

    @property
    def coded_bits(self) -> list[int]:
        """Coded bits E_r of every code block (TS 38.212, 5.4.2.1); they add up to N Q_m."""
        if self.blocks is None:
            return []
        short, num_long = divmod(self.num_symbols, self.num_code_blocks)
        symbols = [short] * (self.num_code_blocks - num_long) + [short + 1] * num_long
        return [count * self.mcs.bits_per_symbol for count in symbols]

    def code_configurations(self) -> dict[CodeConfiguration, int]:
        """The one or two different codes that are used, and how many code blocks use each; the shorter one first."""
        if self.blocks is None:
            return {}
        order, graph = self.mcs.bits_per_symbol, self.blocks.base_graph
        return {
            CodeConfiguration(order, graph, self.code_block_bits, coded): count
            for coded, count in Counter(self.coded_bits).items()
        }

    def bandwidth_items(self) -> dict[str, float]:
        """What the channel uses are spent on.

        Returns
        -------
        dict of str to float
            In channel uses, adding up to `num_symbols`. A bit of information or CRC counts as one
            coded bit. `fill` is what whole bytes and equal code blocks leave of the bits that the
            code rate allows; `parity` is the rest.
        """
        if self.blocks is None:
            return {"unused": float(self.num_symbols)}
        bits_per_symbol = self.mcs.bits_per_symbol
        coded = self.num_symbols * bits_per_symbol
        code_blocks_crc = self.blocks.code_block_crc_bits
        information = self.blocks.payload_bits + CRC_BITS + code_blocks_crc
        fill = max(0.0, self.mcs.code_rate * coded - information)
        bits = {
            "payload": self.blocks.payload_bits,
            "transport-block CRC": CRC_BITS,
            "code-block CRCs": code_blocks_crc,
            "fill": fill,
            "parity": coded - information - fill,
        }
        return {item: count / bits_per_symbol for item, count in bits.items()}


def plan_transport(mcs: Mcs | str, num_symbols: int) -> TransportPlan:
    """The largest payload that an exact number of channel uses holds.

    It is the largest number of whole bytes for which no code block is sent at more than the code rate
    of the scheme, all CRCs counted, and all code blocks are equally long (as TS 38.214, 5.1.3.2
    quantises transport blocks).

    Parameters
    ----------
    mcs : Mcs or str
        Modulation and coding scheme, or its name.
    num_symbols : int
        Channel uses N.

    Raises
    ------
    LinksimError
        If the scheme is unknown, or `num_symbols` is not a positive whole number.
    """
    if int(num_symbols) != num_symbols or num_symbols <= 0:
        raise LinksimError(f"a transport block cannot be sent in {num_symbols} channel uses: use 1 or more")
    mcs = get_mcs(mcs)
    return TransportPlan(mcs, int(num_symbols), _largest_plan(mcs, int(num_symbols)))


def _largest_plan(mcs: Mcs, num_symbols: int) -> CodeBlockPlan | None:
    """The plan with the largest payload; None where not one byte fits."""
    best = None
    for base_graph, limit in MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH.items():
        limit = min(limit, mcs.max_code_block_bits)
        information = mcs.code_rate * num_symbols * mcs.bits_per_symbol
        # Code blocks without CRCs would need at least `fewest`; with them, at most two more fit.
        fewest = max(1, int(information // limit) - 1)
        most = int(information // (limit - CRC_BITS)) + 2
        for num_code_blocks in range(fewest, most + 1):
            payload_bits = _largest_payload(mcs, num_symbols, base_graph, num_code_blocks, limit)
            if payload_bits < 8 or (best and payload_bits <= best.payload_bits):
                continue
            if (
                select_base_graph(payload_bits, mcs.code_rate) == base_graph
                and count_code_blocks(payload_bits, base_graph, limit) == num_code_blocks
            ):
                best = plan_code_blocks(payload_bits, mcs.code_rate, mcs.max_code_block_bits)
    return best


def _largest_payload(mcs: Mcs, num_symbols: int, base_graph: int, num_code_blocks: int, limit: int) -> int:
    """Bits of the largest payload in that many equal code blocks; not positive where none fits."""
    coded_bits = num_symbols // num_code_blocks * mcs.bits_per_symbol
    # The fewest coded bits that a code block gets decide; 1e-9 forgives rates such as 2/3.
    code_block_bits = min(limit, floor(mcs.code_rate * coded_bits + 1e-9))
    information = code_block_bits - (CRC_BITS if num_code_blocks > 1 else 0)
    while (num_code_blocks * information) % 8:
        information -= 1
    payload_bits = num_code_blocks * information - CRC_BITS
    if base_graph == 2 and select_base_graph(payload_bits, mcs.code_rate) == 1:
        # Short transport blocks only are on base graph 2: take the longest of them.
        for longest in (3824, 288):
            if num_code_blocks == 1 and select_base_graph(longest, mcs.code_rate) == 2:
                return min(longest, limit - CRC_BITS)
    return payload_bits
