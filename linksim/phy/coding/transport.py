"""The digital chain: bytes -> CRC -> code blocks -> 5G LDPC -> scrambling -> QAM symbols, and back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.phy.mcs import Mcs, get_mcs
from linksim.phy.coding.segmentation import (
    CRC_BITS,
    MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH,
    CodeBlockPlan,
    count_code_blocks,
    plan_code_blocks,
    select_base_graph,
)

if TYPE_CHECKING:
    import tensorflow as tf

    from linksim.phy.coding.chain import Chain

VERSION = 1
"""Raised whenever a change of the chain can change what arrives."""

DEFAULT_ITERATIONS = 20
"""Iterations of belief propagation, as in the published curves of Sionna."""


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


@dataclass(frozen=True, eq=False)
class Received:
    """What the receiver has after decoding.

    Parameters
    ----------
    payload : uint8 array [B, payload_bytes]
        Decoded bytes, right or wrong.
    delivered : bool array [B]
        Whether all CRCs pass, that of the transport block and those of its code blocks.
    blocks_passed : bool array [B, num_code_blocks]
        Whether the CRC of each code block passes.
    """

    payload: np.ndarray
    delivered: np.ndarray
    blocks_passed: np.ndarray


class Transport:
    """One transport block in an exact number of channel uses.

    The payload is the largest number of whole bytes for which no code block is sent at more than
    the code rate of the scheme, all CRCs counted, and all code blocks are equally long (as TS
    38.214, 5.1.3.2 quantises transport blocks). Rate matching (TS 38.212, 5.4.2.1, redundancy
    version 0) fills every channel use: the code blocks get floor(N / C) or ceil(N / C) symbols.

    Bits go to bytes most significant first. Planning is arithmetic: TensorFlow is loaded by the
    first `transmit` or `receive`.

    Parameters
    ----------
    mcs : Mcs or str
        Modulation and coding scheme, or its name.
    num_symbols : int
        Channel uses N.
    num_iterations : int
        At most that many iterations of belief propagation.

    Attributes
    ----------
    payload_bytes : int
        Bytes of payload; 0 where not a single one fits.
    num_code_blocks : int
        Number C of code blocks.
    code_block_bits : int
        Length K' of every code block in bits, its CRC included.
    coded_bits : list of int
        Coded bits E_r of every code block; they add up to N Q_m.

    Raises
    ------
    LinksimError
        If the scheme is unknown, or if `num_symbols` or `num_iterations` is not positive.
    """

    def __init__(
        self, mcs: Mcs | str, num_symbols: int, num_iterations: int = DEFAULT_ITERATIONS
    ) -> None:
        if int(num_symbols) != num_symbols or num_symbols <= 0:
            raise LinksimError(
                f"a transport block cannot be sent in {num_symbols} channel uses: use 1 or more"
            )
        if int(num_iterations) != num_iterations or num_iterations <= 0:
            raise LinksimError(f"{num_iterations} decoder iterations are not possible: use 1 or more")
        self.mcs = get_mcs(mcs)
        self.num_symbols = int(num_symbols)
        self.num_iterations = int(num_iterations)
        self.plan = _largest_plan(self.mcs, self.num_symbols)

    @property
    def fits(self) -> bool:
        """Whether at least one byte of payload fits."""
        return self.plan is not None

    @property
    def payload_bytes(self) -> int:
        """Bytes of payload; 0 where not a single one fits."""
        return self.plan.payload_bits // 8 if self.plan else 0

    @property
    def num_code_blocks(self) -> int:
        """Number C of code blocks; 0 where nothing fits."""
        return self.plan.num_code_blocks if self.plan else 0

    @property
    def code_block_bits(self) -> int:
        """Length K' of every code block in bits, its CRC included; 0 where nothing fits."""
        return self.plan.code_block_bits if self.plan else 0

    @property
    def coded_bits(self) -> list[int]:
        """Coded bits E_r of every code block (TS 38.212, 5.4.2.1); they add up to N Q_m."""
        if self.plan is None:
            return []
        short, num_long = divmod(self.num_symbols, self.num_code_blocks)
        symbols = [short] * (self.num_code_blocks - num_long) + [short + 1] * num_long
        return [count * self.mcs.bits_per_symbol for count in symbols]

    def code_configurations(self) -> dict[CodeConfiguration, int]:
        """The one or two different codes that are used, and how many code blocks use each."""
        if self.plan is None:
            return {}
        return {
            CodeConfiguration(
                self.mcs.bits_per_symbol, self.plan.base_graph, self.code_block_bits, coded
            ): count
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
        if self.plan is None:
            return {"unused": float(self.num_symbols)}
        bits_per_symbol = self.mcs.bits_per_symbol
        coded = self.num_symbols * bits_per_symbol
        code_blocks_crc = self.plan.code_block_crc_bits
        information = self.plan.payload_bits + CRC_BITS + code_blocks_crc
        fill = max(0.0, self.mcs.code_rate * coded - information)
        bits = {
            "payload": self.plan.payload_bits,
            "transport-block CRC": CRC_BITS,
            "code-block CRCs": code_blocks_crc,
            "fill": fill,
            "parity": coded - information - fill,
        }
        return {item: count / bits_per_symbol for item, count in bits.items()}

    def transmit(self, payload: np.ndarray | tf.Tensor) -> tf.Tensor:
        """Bytes to symbols.

        Input
        -----
        payload : [B, payload_bytes], uint8

        Output
        ------
        : [B, num_symbols], complex64
            QAM symbols of mean power 1.

        Raises
        ------
        LinksimError
            If no payload fits into the channel uses, or if type or shape are wrong.
        """
        return self._chain.transmit(payload)

    def receive(self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor) -> Received:
        """Symbols to bytes.

        Input
        -----
        y : [B, num_symbols], complex64
            Received symbols, equalised where there is fading.
        no : scalar, [B], [B, 1] or [B, num_symbols], float32
            Noise variance of the symbols, both dimensions together; after equalisation what it
            leaves, such as N0 / |h|^2.

        Output
        ------
        : Received

        Raises
        ------
        LinksimError
            If no payload fits into the channel uses, or if shapes are wrong.
        """
        return self._chain.receive(y, no)

    @cached_property
    def _chain(self) -> Chain:
        if self.plan is None:
            raise LinksimError(
                f"{self.num_symbols} channel uses of {self.mcs.name} do not hold one byte: use more "
                "channel uses or a higher rate"
            )
        from linksim.phy.coding.chain import Chain

        return Chain(self)


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
