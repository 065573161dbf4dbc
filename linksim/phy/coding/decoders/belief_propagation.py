"""Belief propagation: Sionna's decoder, with two additions.

Blocks leave the decoder as soon as their CRC passes, and the node updates work on dense slices, because
all nodes of one row of the base graph have the same degree. On one CPU core a block of 8448 bits at rate
2/3 takes 6 ms for 20 iterations, against 17 ms with Sionna's ragged updates, and less where it is decoded
early. TensorFlow is loaded by `compile`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.coding.decoders.base import CompiledDecoder

if TYPE_CHECKING:
    from linksim.phy.coding.ldpc import LdpcCode

VERSION = 1
"""Raised whenever the same log-likelihood ratios are decoded otherwise."""


@dataclass(frozen=True)
class BeliefPropagation:
    """Sum-product decoding with a flooding schedule.

    Parameters
    ----------
    iterations : int
        At most that many; a block whose CRC passes after 5, 10, 15, ... of them gets no more.

    Raises
    ------
    LinksimError
        If `iterations` is not a positive whole number.
    """

    iterations: int = 20

    def __post_init__(self) -> None:
        if int(self.iterations) != self.iterations or self.iterations <= 0:
            raise LinksimError(f"{self.iterations} decoder iterations are not possible: use 1 or more")

    @property
    def name(self) -> str:
        """Such as "bp20"."""
        return f"bp{self.iterations}"

    def fingerprint(self) -> str:
        """Hex digest of the number of iterations and the version of this code."""
        return identity.fingerprint("belief propagation", VERSION, iterations=self.iterations)

    def compile(self, code: LdpcCode) -> CompiledDecoder:
        """Ready for one code; it is traced when it is first used."""
        from linksim.phy.coding.decoders._belief_propagation_tf import CompiledBeliefPropagation

        return CompiledBeliefPropagation(code, int(self.iterations))
