"""Block-error tables: what one is for, and its counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from linksim.errors import LinksimError
from linksim.phy.coding.plan import MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH, CodeConfiguration

EXACT_BELOW = 2400
"""Code blocks shorter than this, in bits, have tables of their own."""

REPRESENTATIVE_BITS = tuple(round(8448 * 2 ** (-step / 4)) for step in range(8))
"""Lengths that stand for the other ones: 8448, 7104, 5974, .. 2512. Measured at an error rate of 0.1,
the tables of 8448 and of 7104 bits differ by 0.01 to 0.09 dB on AWGN, so that the nearest one, at most
9 % longer or shorter, is at most 0.05 dB off; blocks of 8192 bits, the usual ones, about 0.01 dB."""


@dataclass(frozen=True, order=True)
class BlerKey:
    """What a table is for: one code on one channel.

    Parameters
    ----------
    channel : str
        Name of a channel that is its own `law`, such as "awgn"; a receiver knows its fading.
    bits_per_symbol : int
        Q_m.
    base_graph : {1, 2}
    info_bits : int
        Length K' of a code block in bits, its CRC included.
    coded_bits : int
        Bits after rate matching.
    decoder : str
        Name of the decoder.
    """

    channel: str
    bits_per_symbol: int
    base_graph: int
    info_bits: int
    coded_bits: int
    decoder: str

    @property
    def name(self) -> str:
        """Short text without spaces, such as `awgn-qam16-bg1-8448-12672-bp20`."""
        return (
            f"{self.channel}-qam{2**self.bits_per_symbol}-bg{self.base_graph}-{self.info_bits}"
            f"-{self.coded_bits}-{self.decoder}"
        )


def representative_key(configuration: CodeConfiguration, code_rate: float, channel: str, decoder: str) -> BlerKey:
    """The table that stands for a code.

    Parameters
    ----------
    configuration : CodeConfiguration
        The code.
    code_rate : float
        Target code rate of the scheme, which the table has instead of the slightly lower rate that
        whole bytes leave.
    channel : str
        Name of a channel that is its own `law`.
    decoder : str
        Name of the decoder.

    Returns
    -------
    BlerKey
    """
    info_bits, coded_bits = configuration.info_bits, configuration.coded_bits
    if info_bits >= EXACT_BELOW:
        limit = MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH[configuration.base_graph]
        lengths = [length for length in REPRESENTATIVE_BITS if length <= limit]
        info_bits = min(lengths, key=lambda length: abs(np.log(length / info_bits)))
        coded_bits = round(info_bits / code_rate / configuration.bits_per_symbol) * configuration.bits_per_symbol
    return BlerKey(channel, configuration.bits_per_symbol, configuration.base_graph, info_bits, coded_bits, decoder)


@dataclass(frozen=True, eq=False)
class BlerTable:
    """Measured block error rates of one code on one channel: counts, never only rates.

    Parameters
    ----------
    key : BlerKey
    snr_db : float array [P]
        Es/N0 in dB before fading, increasing.
    errors : int array [P]
        Code blocks in error.
    blocks : int array [P]
        Code blocks sent.
    version : int
        `VERSION` of `linksim.phy.bler.measure` when it was measured.

    Raises
    ------
    LinksimError
        If the counts are not counts, or the SNRs do not increase.
    """

    key: BlerKey
    snr_db: np.ndarray
    errors: np.ndarray
    blocks: np.ndarray
    version: int

    def __post_init__(self) -> None:
        valid = len(self.snr_db) == len(self.errors) == len(self.blocks) >= 2
        valid = valid and np.all(np.diff(self.snr_db) > 0) and np.all(np.isfinite(self.snr_db))
        valid = valid and np.all(self.errors >= 0) and np.all(self.errors <= self.blocks)
        if not valid or np.any(self.blocks < 1):
            raise LinksimError(
                f"the block-error table {self.key.name} is damaged: a table has two or more increasing SNRs "
                "with 0 <= errors <= blocks; delete it to have it measured again"
            )

    def interval(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Clopper-Pearson confidence interval of the error rate at every measured SNR.

        Returns
        -------
        low, high : float64 arrays [P]
        """
        tail = (1.0 - confidence) / 2.0
        with np.errstate(invalid="ignore"):
            low = beta.ppf(tail, self.errors, self.blocks - self.errors + 1)
            high = beta.ppf(1.0 - tail, self.errors + 1, self.blocks - self.errors)
        return np.where(self.errors == 0, 0.0, low), np.where(self.errors == self.blocks, 1.0, high)
