"""How probable it is that a code block, or a whole transport block, is lost.

The probabilities come from tables that our own chain measured (`linksim.phy.bler.measure`). A table
belongs to one code on one channel. So that pictures of any size share a small set of tables, long
code blocks use the table of the nearest of a few lengths; short ones, which differ more from one
another, are measured exactly as they are.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.bler.find import TABLES, find_table
from linksim.phy.bler.laws import law_of
from linksim.phy.bler.measure import measurement_fingerprint
from linksim.phy.bler.store import packaged_digest
from linksim.phy.bler.table import BlerKey, BlerTable, representative_key
from linksim.phy.channels.base import Channel
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.plan import CodeConfiguration
from linksim.phy.coding.transport import Transport

VERSION = 2
"""Raised whenever the same tables would give other probabilities, or another table would stand for a code."""

_FIT_STEPS = 20
_LEAST_RATE = 1e-9


class Waterfall:
    """The error rate of a code block at any SNR, from the counts of a table.

    Parameters
    ----------
    table : BlerTable
        The counts.
    """

    def __init__(self, table: BlerTable) -> None:
        self.table = table

    @cached_property
    def _line(self) -> tuple[float, float]:
        """Probit of the error rate against the SNR as a straight line: offset at 0 dB, slope per dB.

        A probit regression (maximum likelihood, by iterated weighted least squares). The waterfall of
        a long code is such a line: errors come when the noise of a block is worse than the code can
        bear, and that is a sum over many symbols.
        """
        shares = (self.table.errors + 0.5) / (self.table.blocks + 1.0)
        eta = ndtri(shares)
        centre = self.table.snr_db[int(np.argmin(np.abs(shares - 0.5)))]
        design = np.stack([np.ones_like(self.table.snr_db), self.table.snr_db - centre], axis=1)
        for _ in range(_FIT_STEPS):
            mean, density = ndtr(eta), np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
            weights = np.sqrt(self.table.blocks / (mean * ndtr(-eta))) * density
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
        low, high = self.table.interval(0.95)
        rates = np.clip(ndtr(offset + slope * self.table.snr_db), low, high)
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
        below = self._line[1] * np.minimum(snr_db - self.table.snr_db[0], 0.0)
        values = ndtr(np.interp(snr_db, self.table.snr_db, ndtri(rates)) + below)
        above = self._last_slope * np.maximum(snr_db - self.table.snr_db[-1], 0.0)
        return values * np.exp(above)

    @cached_property
    def _last_slope(self) -> float:
        """Mean slope of ln(error rate) per dB from 0.1 to the last point; at most zero."""
        rates = self._rates
        start = min(max(0, int(np.sum(rates >= 0.1)) - 1), len(rates) - 2)
        return float((np.log(rates[-1]) - np.log(rates[start])) / (self.table.snr_db[-1] - self.table.snr_db[start]))

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
                f"{self.table.key.name} was not measured at an error rate of {probability:g}: use one from "
                f"{rates[-1]:.2g} to {rates[0]:.2g}"
            )
        return float(np.interp(-ndtri(probability), -ndtri(rates), self.table.snr_db))


@lru_cache(maxsize=512)
def waterfall(table: BlerTable) -> Waterfall:
    """The waterfall of a table, fitted once."""
    return Waterfall(table)


def block_error_tables(
    transport: Transport, channel: Channel | str, measure: bool = True, tables: str = "exact"
) -> list[tuple[BlerTable, int]]:
    """The tables of the code blocks of a transport block.

    They are looked for in the package, then in the user's cache, and else measured, which takes from
    seconds to minutes, and kept in the cache.

    Parameters
    ----------
    transport : Transport
    channel : Channel, or its name
        A channel that is its own `law`, such as "awgn" or "rayleigh-fast".
    measure : bool
        Whether missing tables are measured.
    tables : {"exact", "nearest"}
        "nearest": where a table is not in the package, the nearest one that is (same channel, modulation,
        base graph and decoder) stands for it, and nothing is measured unless there is none.

    Returns
    -------
    list of (BlerTable, int)
        Every table and the number of code blocks that it is for. Empty where nothing fits.

    Raises
    ------
    LinksimError
        If a table is missing and `measure` is False, a table file is damaged, or an argument is off.
    """
    if tables not in TABLES:
        raise LinksimError(f"tables is {tables!r}; take one of {', '.join(TABLES)}")
    law = law_of(channel)
    counts: dict[BlerKey, int] = {}
    for configuration, count in transport.code_configurations().items():
        key = _key(configuration, transport, law)
        counts[key] = counts.get(key, 0) + count
    return [
        (find_table(key, law, transport.decoder, measure, nearest=tables == "nearest"), count)
        for key, count in counts.items()
    ]


def _key(configuration: CodeConfiguration, transport: Transport, law: Channel) -> BlerKey:
    """Of the table that stands for a code of a transport block."""
    return representative_key(configuration, transport.mcs.code_rate, law.name, transport.decoder.name)


def transport_error_probability(
    transport: Transport,
    channel: Channel | str,
    snr_db: float | np.ndarray,
    measure: bool = True,
    tables: str = "exact",
) -> np.ndarray:
    """Probability that a transport block is not delivered: 1 - prod(1 - p) over its code blocks.

    Code blocks fail independently of one another, because noise (and, where there is any, the fading
    of each symbol) is independent.

    Parameters
    ----------
    transport : Transport
    channel : Channel, or its name
        A channel that is its own `law`. For slow Rayleigh fading use "awgn" with `snr_db + 20 log10 |h|`.
    snr_db : float or array [...]
        Es/N0 in dB.
    measure, tables
        See `block_error_tables`.

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
    law = law_of(channel)
    snr_db = np.asarray(snr_db, float)
    if not transport.fits:
        return np.ones(snr_db.shape)
    log_delivered = np.zeros(snr_db.shape)
    for table, count in block_error_tables(transport, law, measure, tables):
        with np.errstate(divide="ignore"):
            log_delivered = log_delivered + count * np.log1p(-waterfall(table).probability(snr_db))
    return -np.expm1(log_delivered)


def code_block_error_probabilities(
    transport: Transport, channel: Channel | str, snr_db: float | np.ndarray, tables: str = "exact"
) -> np.ndarray:
    """Probability that each code block of a transport block is lost.

    Parameters
    ----------
    transport, channel, tables
        As in `transport_error_probability`.
    snr_db : float or array [...]
        Es/N0 in dB.

    Returns
    -------
    float64 array [..., num_code_blocks]
        In the order of the code blocks, see `TransportPlan.coded_bits`.
    """
    law, snr_db = law_of(channel), np.asarray(snr_db, float)
    columns = []
    for configuration, count in transport.code_configurations().items():
        table = find_table(
            _key(configuration, transport, law), law, transport.decoder, True, nearest=tables == "nearest"
        )
        columns += [waterfall(table).probability(snr_db)] * count
    return np.stack(columns, axis=-1)


def tables_fingerprint(channel: Channel | str, bits_per_symbol: int, decoder: str | Decoder | None = None) -> str:
    """Hex digest of all that can change a probability on a channel with one modulation and decoder.

    Tables in the user's cache do not count: they follow from their keys and from how they are measured,
    whose fingerprint is here, whenever that is done.

    Parameters
    ----------
    channel : Channel, or its name
        A channel that is its own `law`.
    bits_per_symbol : int
        Q_m. Packaged tables of other channels, modulations and decoders may come and go without a change.
    decoder : str, Decoder or None
        See `get_decoder`.
    """
    law, decoder = law_of(channel), get_decoder(decoder)
    return identity.fingerprint(
        "block-error tables",
        VERSION,
        packaged=packaged_digest(law.name, bits_per_symbol, decoder.name),
        measurement=measurement_fingerprint(law, decoder),
    )
