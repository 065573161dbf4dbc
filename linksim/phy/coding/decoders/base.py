"""What a decoder is: log-likelihood ratios in, bits out. (The shape of sinter's `Decoder`.)

A decoder is a few parameters and a name; it is compiled once for every code. Tables of block errors are
kept by its name, and its fingerprint is part of that of whatever decodes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tensorflow as tf

    from linksim.phy.coding.ldpc import LdpcCode

Check = Callable[["tf.Tensor"], "tf.Tensor"]
"""Which rows of decoded bits `[m, info_bits] float32` pass their CRC: `[m] bool`."""


class CompiledDecoder(Protocol):
    """A decoder that is ready for one code.

    Where it also has a method `soft`, with the arguments of `decode`, a receiver can ask how sure the bits are: it
    returns the logits log P(1)/P(0) of the bits, `[rows, code.info_bits] float32`, and `passed`.
    """

    def decode(self, llr: tf.Tensor, check: Check) -> tuple[tf.Tensor, tf.Tensor]:
        """Decode code blocks, in the order of the rows; the result of a row does not depend on the others.

        Parameters
        ----------
        check : function
            Which rows pass their CRC. A decoder may ask as often as it likes, and leave off where it is
            true. Rows without any information, whose bits are zeros, pass it: the caller refuses them.

        Input
        -----
        llr : [rows, code.buffer_bits], float32
            Logits log P(1)/P(0) of the bits of the circular buffer; 0 where nothing is known.

        Output
        ------
        bits : [rows, code.info_bits], float32
            Bits 0. or 1.
        passed : [rows], bool
            What `check` says of them.
        """


class Decoder(Protocol):
    """A way to decode LDPC codes.

    Attributes
    ----------
    name : str
        Short, without spaces, parameters included, such as "bp20": part of the key of a block-error table.
    """

    @property
    def name(self) -> str: ...

    def compile(self, code: LdpcCode) -> CompiledDecoder:
        """Make ready for one code; called once for each."""

    def fingerprint(self) -> str:
        """Hex digest of all that can change what is decoded: parameters, and VERSION of its module."""
