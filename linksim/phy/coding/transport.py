"""The digital chain: bytes -> CRC -> code blocks -> 5G LDPC -> scrambling -> QAM symbols, and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.delivery import Delivery, SoftBits
from linksim.phy.coding.plan import CodeConfiguration, TransportPlan, plan_transport
from linksim.phy.mcs import Mcs

if TYPE_CHECKING:
    import tensorflow as tf

    from linksim.phy.coding.transport_blocks import TransportBlocks

VERSION = 1
"""Raised whenever transport blocks are put together otherwise from code blocks."""


class Transport:
    """One transport block in an exact number of channel uses.

    `plan_transport` says how much fits. Rate matching (TS 38.212, 5.4.2.1) fills every channel use: the
    code blocks get floor(N / C) or ceil(N / C) symbols.

    Bits go to bytes most significant first. Planning is arithmetic: TensorFlow is loaded by the
    first `transmit` or `receive`.

    Parameters
    ----------
    mcs : Mcs or str
        Modulation and coding scheme, or its name.
    num_symbols : int
        Channel uses N.
    decoder : str, Decoder or None
        The decoder, or its name; by default "layered20", layered belief propagation; see `get_decoder`.
    redundancy_versions : sequence of {0, 1, 2, 3}
        Those that may be sent. What one decodes alone does not depend on them.

    Attributes
    ----------
    plan : TransportPlan
        How many bytes, code blocks and coded bits there are.

    Raises
    ------
    LinksimError
        If scheme or decoder are unknown, or if `num_symbols` is not positive.
    """

    def __init__(
        self,
        mcs: Mcs | str,
        num_symbols: int,
        decoder: str | Decoder | None = None,
        redundancy_versions: Sequence[int] = (0,),
    ) -> None:
        self.plan: TransportPlan = plan_transport(mcs, num_symbols)
        self.decoder = get_decoder(decoder)
        self.redundancy_versions = tuple(redundancy_versions)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_blocks"}

    def fingerprint(self) -> str:
        """Hex digest of all that can change what arrives of the same symbols."""
        from linksim.phy.coding import chain

        return identity.fingerprint(
            "transport",
            VERSION,
            bits_per_symbol=self.mcs.bits_per_symbol,
            code_rate=self.mcs.code_rate,
            max_code_block_bits=self.mcs.max_code_block_bits,
            num_symbols=self.num_symbols,
            redundancy_versions=self.redundancy_versions,
            chain=chain.fingerprint(self.decoder),
        )

    @property
    def mcs(self) -> Mcs:
        """Modulation and coding scheme."""
        return self.plan.mcs

    @property
    def num_symbols(self) -> int:
        """Channel uses N."""
        return self.plan.num_symbols

    @property
    def fits(self) -> bool:
        """Whether at least one byte of payload fits."""
        return self.plan.fits

    @property
    def payload_bytes(self) -> int:
        """Bytes of payload; 0 where not a single one fits."""
        return self.plan.payload_bytes

    @property
    def num_code_blocks(self) -> int:
        """Number C of code blocks; 0 where nothing fits."""
        return self.plan.num_code_blocks

    @property
    def code_block_bits(self) -> int:
        """Length K' of every code block in bits, its CRC included; 0 where nothing fits."""
        return self.plan.code_block_bits

    @property
    def coded_bits(self) -> list[int]:
        """Coded bits E_r of every code block; they add up to N Q_m."""
        return self.plan.coded_bits

    def code_configurations(self) -> dict[CodeConfiguration, int]:
        """See `TransportPlan.code_configurations`."""
        return self.plan.code_configurations()

    def bandwidth_items(self) -> dict[str, float]:
        """See `TransportPlan.bandwidth_items`."""
        return self.plan.bandwidth_items()

    def transmit(self, payload: np.ndarray | tf.Tensor, redundancy_version: int = 0) -> tf.Tensor:
        """Bytes to symbols.

        Parameters
        ----------
        redundancy_version : int
            Which part of the code (TS 38.212, 5.4.2.1), one of `redundancy_versions`.

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
            If no payload fits into the channel uses, or if type, shape or redundancy version are wrong.
        """
        return self._blocks.transmit(payload, redundancy_version)

    def receive(
        self,
        y: np.ndarray | tf.Tensor,
        no: float | np.ndarray | tf.Tensor,
        redundancy_version: int = 0,
        probabilities: bool = False,
    ) -> Delivery:
        """Symbols to bytes.

        Parameters
        ----------
        redundancy_version : int
            As in `transmit`.
        probabilities : bool
            Whether the delivery says how sure each bit is.

        Input
        -----
        y : [B, num_symbols], complex64
            Received symbols, equalised where there is fading.
        no : scalar, [B], [B, 1] or [B, num_symbols], float32
            Noise variance of the symbols, both dimensions together; after equalisation what it
            leaves, such as `N0 / |h|^2`.

        Output
        ------
        : Delivery

        Raises
        ------
        LinksimError
            If no payload fits into the channel uses, shapes or redundancy version are wrong, or the decoder does not
            say how sure its bits are.
        """
        return self._blocks.receive(y, no, redundancy_version, probabilities)

    def soft_bits(
        self, y: np.ndarray | tf.Tensor, no: float | np.ndarray | tf.Tensor, redundancy_version: int = 0
    ) -> SoftBits:
        """What a receiver keeps of transport blocks that it could not decode; arguments as for `receive`.

        The sum of two, of other redundancy versions or of the same, combines them (`decode`).

        Parameters
        ----------
        y, no, redundancy_version
            As for `receive`.
        """
        return self._blocks.soft_bits(y, no, redundancy_version)

    def decode(self, soft_bits: SoftBits) -> Delivery:
        """Bytes of what was received, once or several times.

        Parameters
        ----------
        soft_bits : SoftBits
            Of one transmission (`soft_bits`), or the sum of several.
        """
        return self._blocks.decode(soft_bits)

    @cached_property
    def _blocks(self) -> TransportBlocks:
        if not self.fits:
            raise LinksimError(
                f"{self.num_symbols} channel uses of {self.mcs.name} do not hold one byte: use more "
                "channel uses or a higher rate"
            )
        from linksim.phy.coding.transport_blocks import TransportBlocks

        return TransportBlocks(self.plan, self.decoder, self.redundancy_versions)
