"""How probable it is that a code block, or a whole transport block, is lost.

The probabilities come from tables that our own chain measured (`linksim.phy.bler.measure`). A table
belongs to one code on one channel. So that pictures of any size share a small set of tables, long
code blocks use the table of the nearest of a few lengths; short ones, which differ more from one
another, are measured exactly as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import beta

from linksim.errors import LinksimError
from linksim.phy.coding.transport import CodeConfiguration, Transport

CHANNELS = ("awgn", "rayleigh-fast")
"""Channels with tables. On slow Rayleigh fading a transport block meets AWGN of the SNR that its fade
leaves."""

EXACT_BELOW = 2400
"""Code blocks shorter than this, in bits, have tables of their own."""

REPRESENTATIVE_BITS = tuple(round(8448 * 2 ** (-step / 4)) for step in range(8))
"""Lengths that stand for the other ones: 8448, 7104, 5974, .. 2512. Measured at an error rate of 0.1,
the tables of 8448 and of 7104 bits differ by 0.01 to 0.09 dB on AWGN, so that the nearest one, at most
9 % longer or shorter, is at most 0.05 dB off; blocks of 8192 bits, the usual ones, about 0.01 dB."""

PROBABILITY_VERSION = 2
"""Counted up when the same table would give other probabilities."""

_FIT_STEPS = 20
_LEAST_RATE = 1e-9


@dataclass(frozen=True, order=True)
class BlerKey:
    """What a table is for: one code on one channel.

    Parameters
    ----------
    channel : {"awgn", "rayleigh-fast"}
        On Rayleigh fading every symbol has its own fade, which the receiver knows.
    bits_per_symbol : int
        Q_m.
    base_graph : {1, 2}
    info_bits : int
        Length K' of a code block in bits, its CRC included.
    coded_bits : int
        Bits after rate matching.
    iterations : int
        Iterations of belief propagation.
    """

    channel: str
    bits_per_symbol: int
    base_graph: int
    info_bits: int
    coded_bits: int
    iterations: int

    @property
    def name(self) -> str:
        """Short text without spaces, such as `awgn-qam16-bg1-8448-12672-bp20`."""
        return (
            f"{self.channel}-qam{2**self.bits_per_symbol}-bg{self.base_graph}-{self.info_bits}"
            f"-{self.coded_bits}-bp{self.iterations}"
        )


def representative_key(
    configuration: CodeConfiguration, code_rate: float, channel: str, iterations: int
) -> BlerKey:
    """The table that stands for a code.

    Parameters
    ----------
    configuration : CodeConfiguration
        The code.
    code_rate : float
        Target code rate of the scheme, which the table has instead of the slightly lower rate that
        whole bytes leave.
    channel : {"awgn", "rayleigh-fast"}
    iterations : int
        Iterations of belief propagation.

    Returns
    -------
    BlerKey

    Raises
    ------
    LinksimError
        If there are no tables for this channel.
    """
    if channel not in CHANNELS:
        raise LinksimError(f"there are no block-error tables for {channel!r}: use {' or '.join(CHANNELS)}")
    info_bits, coded_bits = configuration.info_bits, configuration.coded_bits
    if info_bits >= EXACT_BELOW:
        limit = 3840 if configuration.base_graph == 2 else 8448
        lengths = [length for length in REPRESENTATIVE_BITS if length <= limit]
        info_bits = min(lengths, key=lambda length: abs(np.log(length / info_bits)))
        coded_bits = round(info_bits / code_rate / configuration.bits_per_symbol) * configuration.bits_per_symbol
    return BlerKey(
        channel, configuration.bits_per_symbol, configuration.base_graph, info_bits, coded_bits, iterations
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

    Raises
    ------
    LinksimError
        If the counts are not counts, or the SNRs do not increase.
    """

    key: BlerKey
    snr_db: np.ndarray
    errors: np.ndarray
    blocks: np.ndarray

    def __post_init__(self) -> None:
        valid = len(self.snr_db) == len(self.errors) == len(self.blocks) >= 2
        valid = valid and np.all(np.diff(self.snr_db) > 0) and np.all(np.isfinite(self.snr_db))
        valid = valid and np.all(self.errors >= 0) and np.all(self.errors <= self.blocks)
        if not valid or np.any(self.blocks < 1):
            raise LinksimError(
                f"the block-error table {self.key.name} is not one: it needs two or more increasing SNRs "
                "with 0 <= errors <= blocks; delete it to have it measured again"
            )

    @cached_property
    def _line(self) -> tuple[float, float]:
        """Probit of the error rate against the SNR as a straight line: offset at 0 dB, slope per dB.

        A probit regression (maximum likelihood, by iterated weighted least squares). The waterfall of
        a long code is such a line: errors come when the noise of a block is worse than the code can
        bear, and that is a sum over many symbols.
        """
        shares = (self.errors + 0.5) / (self.blocks + 1.0)
        eta = ndtri(shares)
        centre = self.snr_db[int(np.argmin(np.abs(shares - 0.5)))]
        design = np.stack([np.ones_like(self.snr_db), self.snr_db - centre], axis=1)
        for _ in range(_FIT_STEPS):
            mean, density = ndtr(eta), np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
            weights = np.sqrt(self.blocks / (mean * ndtr(-eta))) * density
            target = eta + (shares - mean) / density
            (offset, slope), *_ = np.linalg.lstsq(design * weights[:, None], target * weights, rcond=None)
            # Beyond five standard deviations no table has anything to say.
            eta = np.clip(design @ (offset, slope), -5.0, 5.0)
        return float(offset - slope * centre), float(min(slope, 0.0))

    @cached_property
    def _rates(self) -> np.ndarray:
        """Error rates at the measured SNRs: the line, as far as the counts allow it.

        Where a point's 95 % interval excludes the line, the nearest end of the interval counts. So
        many blocks are believed, and few, as they are in the tail, are told by their neighbours.
        """
        offset, slope = self._line
        low, high = self.interval(0.95)
        rates = np.clip(ndtr(offset + slope * self.snr_db), low, high)
        # Never rising with the SNR, and never exactly 0 or 1.
        return np.clip(np.minimum.accumulate(rates), _LEAST_RATE, 1.0 - _LEAST_RATE)

    def probability(self, snr_db: float | np.ndarray) -> np.ndarray:
        """Probability that a code block is lost, never rising with the SNR.

        The probit of the error rate is interpolated between the measured SNRs, and continued below
        them. Above the last one the logarithm of the error rate falls on with the mean slope that it
        had since an error rate of 0.1: a real waterfall falls ever more steeply, so that this errs on
        the side of more errors.

        Parameters
        ----------
        snr_db : float or array [...]
            Es/N0 in dB before fading.

        Returns
        -------
        float64 array [...]
        """
        snr_db = np.asarray(snr_db, float)
        rates = self._rates
        below = self._line[1] * np.minimum(snr_db - self.snr_db[0], 0.0)
        values = ndtr(np.interp(snr_db, self.snr_db, ndtri(rates)) + below)
        above = self._last_slope * np.maximum(snr_db - self.snr_db[-1], 0.0)
        return values * np.exp(above)

    @cached_property
    def _last_slope(self) -> float:
        """Mean slope of ln(error rate) per dB from 0.1 to the last point; at most zero."""
        rates = self._rates
        start = min(max(0, int(np.sum(rates >= 0.1)) - 1), len(rates) - 2)
        return float((np.log(rates[-1]) - np.log(rates[start])) / (self.snr_db[-1] - self.snr_db[start]))

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

    def snr_at(self, probability: float) -> float:
        """The SNR in dB at which the error rate falls to a value, such as 0.1.

        Raises
        ------
        LinksimError
            If the value lies outside the measured ones.
        """
        rates = self._rates
        if not rates[-1] <= probability <= rates[0]:
            raise LinksimError(
                f"{self.key.name} was not measured at an error rate of {probability:g}: use one from "
                f"{rates[-1]:.2g} to {rates[0]:.2g}"
            )
        return float(np.interp(-ndtri(probability), -ndtri(rates), self.snr_db))


def block_error_tables(
    transport: Transport, channel: str, measure: bool = True
) -> list[tuple[BlerTable, int]]:
    """The tables of the code blocks of a transport block.

    They are looked for in the package, then in the user's cache, and else measured, which takes from
    seconds to minutes, and kept in the cache.

    Parameters
    ----------
    transport : Transport
    channel : {"awgn", "rayleigh-fast"}
    measure : bool
        Whether missing tables are measured.

    Returns
    -------
    list of (BlerTable, int)
        Every table and the number of code blocks that it is for. Empty where nothing fits.

    Raises
    ------
    LinksimError
        If a table is missing and `measure` is False, or a table file is damaged.
    """
    from linksim.phy.bler.store import find_table

    counts: dict[BlerKey, int] = {}
    for configuration, count in transport.code_configurations().items():
        key = representative_key(configuration, transport.mcs.code_rate, channel, transport.num_iterations)
        counts[key] = counts.get(key, 0) + count
    return [(find_table(key, measure), count) for key, count in counts.items()]


def transport_error_probability(
    transport: Transport, channel_name: str, snr_db: float | np.ndarray, measure: bool = True
) -> np.ndarray:
    """Probability that a transport block is not delivered: 1 - prod(1 - p) over its code blocks.

    Code blocks fail independently of one another, because noise (and, where there is any, the fading
    of each symbol) is independent.

    Parameters
    ----------
    transport : Transport
    channel_name : {"awgn", "rayleigh-fast"}
        For slow Rayleigh fading use "awgn" with `snr_db + 20 log10 |h|`.
    snr_db : float or array [...]
        Es/N0 in dB.
    measure : bool
        Whether missing tables are measured.

    Returns
    -------
    float64 array [...]
        1 where not one byte fits.

    Raises
    ------
    LinksimError
        If there are no tables for the channel, if one is missing and `measure` is False, or if a
        table file is damaged.
    """
    snr_db = np.asarray(snr_db, float)
    if not transport.fits:
        return np.ones(snr_db.shape)
    log_delivered = np.zeros(snr_db.shape)
    for table, count in block_error_tables(transport, channel_name, measure):
        with np.errstate(divide="ignore"):
            log_delivered = log_delivered + count * np.log1p(-table.probability(snr_db))
    return -np.expm1(log_delivered)


def tables_fingerprint(channel: str, bits_per_symbol: int) -> str:
    """Hex digest of all that can change a probability on a channel with one modulation.

    Tables in the user's cache do not count: they follow from their keys, the seed and the version of
    the measurement, whenever they are made.

    Parameters
    ----------
    channel : {"awgn", "rayleigh-fast"}
    bits_per_symbol : int
        Q_m. Tables of other channels and modulations may come and go without a change.
    """
    from linksim.phy.bler.store import fingerprint

    return fingerprint(channel, bits_per_symbol)
