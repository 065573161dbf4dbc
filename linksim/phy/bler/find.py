"""Find a block-error table: in the package, in the cache, or by measuring it."""

from __future__ import annotations

import time

from linksim.errors import LinksimError
from linksim.messages import tell
from linksim.phy.bler.measure import measure_table, measurement_fingerprint
from linksim.phy.bler.store import Progress, cached_path, load_cached, packaged_tables, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.channels.base import Channel
from linksim.phy.coding.decoders import Decoder


def find_table(key: BlerKey, channel: Channel, decoder: Decoder, measure: bool = True) -> BlerTable:
    """The table of a key: from the package, from the cache, or measured and put into the cache.

    A measurement is shown on standard error and kept point by point: after a kill, the same call goes on.

    Parameters
    ----------
    key : BlerKey
    channel, decoder
        What the key names.
    measure : bool
        Whether a missing table is measured.

    Raises
    ------
    LinksimError
        If the table is missing and `measure` is False, or its file is damaged.
    """
    if key in packaged_tables():
        return packaged_tables()[key]
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
