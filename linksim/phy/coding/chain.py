"""Code blocks through the chain and back: CRC -> LDPC -> rate matching -> scrambling -> QAM.

This is the one chain there is. `Transport` sends pictures with it, and block-error tables are measured
with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import distributions

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.coding import ldpc, plan, qam, scrambling, segmentation
from linksim.phy.coding.decoders import CompiledDecoder, Decoder, get_decoder
from linksim.phy.coding.plan import CRC_BITS, CodeConfiguration

VERSION = 1
"""Raised whenever the parts below are joined otherwise, so that other symbols are sent or other blocks arrive."""

# Keeps LLRs finite where there is no noise; belief propagation clips them to 20 anyway.
_LEAST_NOISE = 1e-9
# Largest |LLR| of a row that carries no information at all, such as zeros in place of symbols.
_NO_INFORMATION = 1e-6


def fingerprint(decoder: Decoder) -> str:
    """Hex digest of all that can change what becomes of a code block, beside its sizes."""
    versions = {part.__name__.rpartition(".")[2]: part.VERSION for part in (plan, segmentation, ldpc, scrambling, qam)}
    return identity.fingerprint("code-block chain", VERSION, parts=versions, decoder=decoder)


def libraries() -> list[str]:
    """What the real chain depends on beside our code: Sionna, by whichever name, and TensorFlow."""
    found = {d.metadata["Name"].lower(): d.version for d in distributions(name="sionna")}
    found |= {d.metadata["Name"].lower(): d.version for d in distributions(name="sionna-no-rt")}
    return [*(f"{name} {found[name]}" for name in sorted(found)), f"tensorflow {tf.__version__}"]


class CodeBlockChain:
    """Neighbouring code blocks of one configuration, as they lie in a transport block.

    Parameters
    ----------
    configuration : CodeConfiguration
        Modulation and sizes.
    crc : {"CRC24A", "CRC24B"}
        What closes a code block: that of a transport block where it has one code block only.
    decoder : str, Decoder or None
        See `get_decoder`.
    count : int
        Code blocks that lie side by side. Rows given to the methods are theirs, again and again.
    first_bit : int
        Position of the first coded bit in the transport block, for scrambling.
    redundancy_versions : sequence of {0, 1, 2, 3}
        Those that are sent.
    """

    def __init__(
        self,
        configuration: CodeConfiguration,
        crc: str = "CRC24B",
        decoder: str | Decoder | None = None,
        count: int = 1,
        first_bit: int = 0,
        redundancy_versions: Sequence[int] = (0,),
    ) -> None:
        c = configuration
        self.configuration, self.count = c, count
        self.block_bits = c.info_bits - CRC_BITS
        self.num_symbols = c.coded_bits // c.bits_per_symbol
        self._crc = segmentation.Crc(crc)
        self._code = ldpc.get_code(
            c.base_graph, c.info_bits, c.coded_bits, c.bits_per_symbol, tuple(redundancy_versions)
        )
        self._decoder = _compiled(get_decoder(decoder), self._code)
        last_bit = first_bit + count * c.coded_bits
        self._scrambling = scrambling.scrambling_sequence(last_bit)[first_bit:].reshape(count, c.coded_bits)
        self._signs = 1 - 2 * self._scrambling
        self._map = qam.QamMapper(c.bits_per_symbol)
        self._demap = qam.QamDemapper(c.bits_per_symbol)

    def transmit(self, blocks: tf.Tensor, redundancy_version: int = 0) -> tf.Tensor:
        """Code blocks to symbols.

        Input
        -----
        blocks : [rows, block_bits], float32
            Code blocks without their CRC; rows are a multiple of `count`.

        Output
        ------
        : [rows, num_symbols], complex64
            Symbols of mean power 1.
        """
        coded = self._code.encode(self._crc.attach(blocks), redundancy_version)
        return self._map(np.abs(self._side_by_side(coded) - self._scrambling).reshape(coded.shape))

    def soft_bits(self, y: tf.Tensor, no: tf.Tensor, redundancy_version: int = 0) -> tf.Tensor:
        """Symbols to log-likelihood ratios of the circular buffer.

        Those of several redundancy versions of the same code blocks are combined by their sum.

        Input
        -----
        y : [rows, num_symbols], complex64
            Received symbols, equalised.
        no : [rows, num_symbols], float32
            Noise variance of each, both dimensions together.

        Output
        ------
        : [rows, buffer bits], float32
            Logits log P(1)/P(0); 0 where nothing is known.
        """
        llr = self._demap(y, tf.maximum(no, _LEAST_NOISE))
        llr = (self._side_by_side(llr) * self._signs).reshape(llr.shape)
        return self._code.recover_rate(llr, redundancy_version)

    def decode(self, soft_bits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Log-likelihood ratios of the circular buffer to code blocks.

        Output
        ------
        blocks : [rows, block_bits], float32
            Code blocks without their CRC, right or wrong.
        passed : [rows], bool
            Whether each passes its CRC.
        """
        bits, passed = self._decoder.decode(soft_bits, self._crc.check)
        return bits[:, :-CRC_BITS], passed & _informed(soft_bits)

    def decode_softly(self, soft_bits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """`decode`, and between the two what it says the logits log P(1)/P(0) of the bits of the code blocks.

        Raises
        ------
        LinksimError
            If the decoder only gives bits.
        """
        if not hasattr(self._decoder, "soft"):
            raise LinksimError("this decoder does not say how sure its bits are; take another, or hard bits")
        logits, passed = self._decoder.soft(soft_bits, self._crc.check)
        return tf.cast(logits >= 0.0, tf.float32)[:, :-CRC_BITS], logits[:, :-CRC_BITS], passed & _informed(soft_bits)

    def receive(self, y: tf.Tensor, no: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Symbols to code blocks: `soft_bits`, then `decode`."""
        return self.decode(self.soft_bits(y, no))

    def _side_by_side(self, rows: tf.Tensor) -> np.ndarray:
        """Code blocks of one transport block together: `[transport blocks, count, bits]`."""
        return np.asarray(rows).reshape(-1, self.count, rows.shape[1])


def _informed(soft_bits: tf.Tensor) -> tf.Tensor:
    """Which rows carry any information: without it they decode to the all-zero word, which passes every CRC."""
    return np.any(np.abs(np.asarray(soft_bits)) > _NO_INFORMATION, axis=1)


@lru_cache(maxsize=16)
def _compiled(decoder: Decoder, code: ldpc.LdpcCode) -> CompiledDecoder:
    """The decoder of a code, compiled once."""
    return decoder.compile(code)
