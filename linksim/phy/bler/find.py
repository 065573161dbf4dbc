"""Find a block-error table: in the package, in the cache, the nearest one, or by measuring it."""

from __future__ import annotations

import time

import numpy as np

from linksim.errors import LinksimError
from linksim.messages import tell
from linksim.phy.bler.measure import measure_table, measurement_fingerprint
from linksim.phy.bler.store import Progress, cached_path, load_cached, packaged_tables, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.channels.base import Channel
from linksim.phy.coding.decoders import Decoder

TABLES = ("exact", "nearest")
"""Which tables a link may use, see `block_error_tables`."""

# A code rate further by 0.1 counts as much as half or twice the length: on AWGN the one moves a waterfall by
# about 1 dB, the other by some tenths.
_RATE_WEIGHT = 10 * np.log(2)


def find_table(
    key: BlerKey, channel: Channel, decoder: Decoder, measure: bool = True, nearest: bool = False
) -> BlerTable:
    """The table of a key: from the package, from the cache, or measured and put into the cache.

    A measurement is shown on standard error and kept point by point: after a kill, the same call goes on.

    Parameters
    ----------
    key : BlerKey
    channel, decoder
        What the key names.
    measure : bool
        Whether a missing table is measured.
    nearest : bool
        Take the nearest packaged table where there is none of this key; see `nearest_table`.

    Raises
    ------
    LinksimError
        If the table is missing and `measure` is False, or its file is damaged.
    """
    if key in packaged_tables():
        return packaged_tables()[key]
    if nearest and (found := nearest_table(key)):
        return found
    path = cached_path(key, measurement_fingerprint(channel, decoder))
    try:
        return load_cached(key, path)
    except FileNotFoundError:
        if not measure:
            raise LinksimError(
                f"there is no block-error table {key.name}: measure it with "
                "linksim.phy.block_error_tables, or use a packaged scheme and size"
            ) from None
    progress = Progress.of(path)
    table = _measure_visibly(key, channel, decoder, progress)
    write_tables(path, {key: table})
    progress.remove()
    return table


def nearest_table(key: BlerKey) -> BlerTable | None:
    """The packaged table of the same channel, modulation, base graph and decoder nearest in code rate and length.

    For a first look: a waterfall may lie some tenths of a decibel off. Tables in the user's cache do not count, so
    that the choice is the same everywhere.

    Returns
    -------
    BlerTable or None
        None where there is no table of that kind.
    """

    def kind(one: BlerKey) -> tuple[str, int, int, str]:
        return one.channel, one.bits_per_symbol, one.base_graph, one.decoder

    def distance(one: BlerKey) -> float:
        rate = abs(one.info_bits / one.coded_bits - key.info_bits / key.coded_bits)
        return _RATE_WEIGHT * rate + abs(np.log(one.info_bits / key.info_bits))

    alike = [one for one in packaged_tables() if kind(one) == kind(key)]
    return packaged_tables()[min(alike, key=lambda one: (distance(one), one))] if alike else None


def _measure_visibly(key: BlerKey, channel: Channel, decoder: Decoder, progress: Progress) -> BlerTable:
    """Measure a table: a line at its beginning and at its end, and on a terminal every point."""
    from rich.console import Console

    what = f"block errors of {key.name}"
    before = f", after {len(progress.points)} points of before" if progress.points else ""
    tell(f"measuring {what}, once{before}")
    began = time.monotonic()
    # The status line shows on a terminal only.
    with Console(stderr=True).status(f"Measuring {what}") as status:

        def shown(snr_db: float, errors: int, blocks: int) -> None:
            status.update(f"Measuring {what}: at {snr_db:g} dB {errors} of {blocks} blocks are lost")

        table = measure_table(key, shown, progress=progress, channel=channel, decoder=decoder)
    tell(f"measured {what}: {len(table.snr_db)} points in {time.monotonic() - began:.0f} s")
    return table
