"""How probable it is that a code block, or a whole transport block, is lost.

The probabilities come from tables that our own chain measured (`linksim.phy.bler.measure`): that of the very code,
where it comes with linksim, and else a prediction from those of other codes (`linksim.phy.bler.predicted`), so that
nobody waits. A table belongs to one code on one channel with one decoder.
"""

from __future__ import annotations

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy.bler import curve, normal, predicted
from linksim.phy.bler.curve import BlerCurve
from linksim.phy.bler.find import find_table
from linksim.phy.bler.laws import law_of
from linksim.phy.bler.measure import measurement_fingerprint
from linksim.phy.bler.store import packaged_digest, packaged_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.channels.base import Channel
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.plan import CodeConfiguration
from linksim.phy.coding.transport import Transport

VERSION = 3
"""Raised whenever another table or prediction would stand for a code."""

TABLES = ("predicted", "exact")
"""Which error rates a link may use, see `block_error_curves`."""


def block_error_tables(
    transport: Transport, channel: Channel | str, measure: bool = True
) -> list[tuple[BlerTable, int]]:
    """The measured tables of the code blocks of a transport block.

    They are looked for in the package, then in the user's cache, and else measured, which takes from
    seconds to minutes, and kept in the cache.

    Parameters
    ----------
    transport : Transport
    channel : Channel, or its name
        A channel that is its own `law`, such as "awgn" or "rayleigh-fast".
    measure : bool
        Whether missing tables are measured.

    Returns
    -------
    list of (BlerTable, int)
        Every table and the number of code blocks that it is for. Empty where nothing fits.

    Raises
    ------
    LinksimError
        If a table is missing and `measure` is False, a table file is damaged, or an argument is off.
    """
    law = law_of(channel)
    return [
        (find_table(_key(code, transport, law), law, transport.decoder, measure), count)
        for code, count in transport.code_configurations().items()
    ]


def block_error_curves(
    transport: Transport, channel: Channel | str, tables: str = "predicted"
) -> list[tuple[BlerCurve, int]]:
    """The error rates of the code blocks of a transport block, at any SNR.

    Parameters
    ----------
    transport : Transport
    channel : Channel, or its name
        A channel that is its own `law`.
    tables : {"predicted", "exact"}
        What stands for a code that has no table in the package: a prediction from those that have one, or, as
        `block_error_tables`, a table that is measured and kept. Where nothing can be predicted, because codes on
        that channel, or with that decoder, come with no tables, it is measured either way.

    Returns
    -------
    list of (BlerCurve, int)
        Every curve and the number of code blocks that it is for. Empty where nothing fits.

    Raises
    ------
    LinksimError
        If an argument is off, or a table file is damaged.
    """
    if tables not in TABLES:
        raise LinksimError(f"tables is {tables!r}; take one of {', '.join(TABLES)}")
    law = law_of(channel)
    return [
        (_curve(_key(code, transport, law), law, transport.decoder, tables), count)
        for code, count in transport.code_configurations().items()
    ]


def _curve(key: BlerKey, law: Channel, decoder: Decoder, tables: str) -> BlerCurve:
    if tables == "predicted" and key not in packaged_tables():
        expected = predicted.predicted_curve(key)
        if expected is not None:
            return expected
    return waterfall(find_table(key, law, decoder))


def _key(configuration: CodeConfiguration, transport: Transport, law: Channel) -> BlerKey:
    return BlerKey.of(configuration, law.name, transport.decoder.name)


def transport_error_probability(
    transport: Transport, channel: Channel | str, snr_db: float | np.ndarray, tables: str = "predicted"
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
    tables : {"predicted", "exact"}
        See `block_error_curves`.

    Returns
    -------
    float64 array [...]
        1 where not one byte fits.

    Raises
    ------
    LinksimError
        If there are no tables for the channel, or if a table file is damaged.
    """
    snr_db = np.asarray(snr_db, float)
    curves = block_error_curves(transport, channel, tables)
    if not curves:
        return np.ones(snr_db.shape)
    log_delivered = np.zeros(snr_db.shape)
    for one, count in curves:
        with np.errstate(divide="ignore"):
            log_delivered = log_delivered + count * np.log1p(-one.probability(snr_db))
    return -np.expm1(log_delivered)


def code_block_error_probabilities(
    transport: Transport, channel: Channel | str, snr_db: float | np.ndarray, tables: str = "predicted"
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
    columns = []
    for one, count in block_error_curves(transport, channel, tables):
        columns += [one.probability(np.asarray(snr_db, float))] * count
    return np.stack(columns, axis=-1)


def tables_fingerprint(channel: Channel | str, decoder: str | Decoder | None = None) -> str:
    """Hex digest of all that can change a probability on a channel with one decoder.

    Tables in the user's cache do not count: they follow from their keys and from how they are measured,
    whose fingerprint is here, whenever that is done.

    Parameters
    ----------
    channel : Channel, or its name
        A channel that is its own `law`.
    decoder : str, Decoder or None
        See `get_decoder`.
    """
    law, decoder = law_of(channel), get_decoder(decoder)
    return identity.fingerprint(
        "block-error tables",
        VERSION,
        parts=[curve.VERSION, normal.VERSION, predicted.VERSION],
        packaged=packaged_digest(law.name, decoder.name),
        measurement=measurement_fingerprint(law, decoder),
    )
