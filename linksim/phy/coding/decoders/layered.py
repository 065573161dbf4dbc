"""Layered belief propagation: the sum-product algorithm row by row of the base graph.

What one row of the base graph finds out is used by the next one at once, which takes about half as many
iterations as when all rows are updated together (Hocevar, A reduced complexity decoder architecture via
layered decoding of LDPC codes, SiPS 2004), and a block leaves as soon as its parities are right. With blocks
of 1000 bits and more, one CPU core decodes 20 to 40 times as many bits per second as with
`BeliefPropagation`, and a block-error rate of a tenth is met 0.2 to 0.3 dB earlier. TensorFlow and Numba are
loaded by `compile`.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.coding.decoders.base import CompiledDecoder

if TYPE_CHECKING:
    from linksim.phy.coding.ldpc import LdpcCode

VERSION = 2
"""Raised whenever the same log-likelihood ratios are decoded otherwise."""


@dataclass(frozen=True)
class LayeredBeliefPropagation:
    """Sum-product decoding with a layered schedule, in fixed point: by Numba on a CPU, by TensorFlow on a GPU.

    Messages from checks to bits are clipped to log-likelihood ratios of +-10, which keeps 64-QAM and 256-QAM at high
    rates from a floor of block errors. What is decoded depends on the log-likelihood ratios of a block alone: not on
    its neighbours, on the number of threads, on the machine or on the device, since the arithmetic is that of whole
    numbers.

    Parameters
    ----------
    iterations : int
        At most that many; a block whose parities are all right gets no more.
    threads : int or None
        Blocks are shared among so many; None is as many as TensorFlow may use.

    Raises
    ------
    LinksimError
        If `iterations` or `threads` is not a positive whole number.
    """

    iterations: int = 20
    threads: int | None = None

    def __post_init__(self) -> None:
        threads = 1 if self.threads is None else self.threads
        for value, what in ((self.iterations, "decoder iterations"), (threads, "threads of a decoder")):
            if not (isinstance(value, Integral) and value > 0):
                raise LinksimError(f"{value} {what} are not possible: use a whole number from 1")

    @property
    def name(self) -> str:
        """Such as "layered20"."""
        return f"layered{self.iterations}"

    def fingerprint(self) -> str:
        """Hex digest of the number of iterations and the version of this code."""
        return identity.fingerprint("layered belief propagation", VERSION, iterations=self.iterations)

    def compile(self, code: LdpcCode) -> CompiledDecoder:
        """Ready for one code. The first one on a machine takes some seconds: machine code is made, and kept on disk."""
        from linksim.phy.coding.decoders._layered_tf import CompiledLayered

        return CompiledLayered(code, int(self.iterations), self.threads)
