"""Block-error tables: what one is for, and its counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from linksim.errors import LinksimError
from linksim.phy.coding.plan import CodeConfiguration


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

    @classmethod
    def of(cls, code: CodeConfiguration, channel: str, decoder: str) -> BlerKey:
        """That of a code on a channel, with a decoder, by their names."""
        return cls(channel, code.bits_per_symbol, code.base_graph, code.info_bits, code.coded_bits, decoder)

    @property
    def name(self) -> str:
        """Short text without spaces, such as `awgn-qam16-bg1-8448-12672-bp20`."""
        return (
            f"{self.channel}-qam{2**self.bits_per_symbol}-bg{self.base_graph}-{self.info_bits}"
            f"-{self.coded_bits}-{self.decoder}"
        )


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
