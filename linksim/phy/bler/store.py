"""Where block-error tables are kept: in the package, and in the user's cache."""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import platformdirs

from linksim.errors import LinksimError
from linksim.phy.bler.table import BlerKey, BlerTable

PACKAGED = Path(__file__).with_name("tables") / "bler.csv"
"""The tables that come with linksim; `bler.json` beside it says how they were made."""

MEASUREMENT_VERSION = 2
"""Counted up when the same key would give other counts: chain, stopping rule, grid or seed."""

COLUMNS = (
    "channel",
    "bits_per_symbol",
    "base_graph",
    "info_bits",
    "coded_bits",
    "iterations",
    "snr_db",
    "errors",
    "blocks",
)

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Folder of the tables that were measured here: `bler` in `LINKSIM_CACHE` or the user's cache."""
    root = os.environ.get("LINKSIM_CACHE") or platformdirs.user_cache_dir("linksim")
    return Path(root) / "bler"


def read_tables(path: Path) -> dict[BlerKey, BlerTable]:
    """All tables of a file; none if there is no such file.

    Raises
    ------
    LinksimError
        If the file cannot be read or is damaged. It is left as it is.
    """
    if not path.exists():
        return {}
    points: dict[BlerKey, list[tuple[float, int, int]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != COLUMNS:
                raise ValueError("the first line does not name the columns")
            for row in reader:
                channel, *integers = row[:6]
                if len(row) != len(COLUMNS):
                    raise ValueError(f"line {reader.line_num} has {len(row)} fields")
                key = BlerKey(channel, *(int(value) for value in integers))
                points.setdefault(key, []).append((float(row[6]), int(row[7]), int(row[8])))
        return {key: _table(key, rows) for key, rows in points.items()}
    except (OSError, ValueError) as error:
        raise LinksimError(
            f"the block-error tables in {path} cannot be read ({error}): restore the file, or delete it "
            "to have its tables measured again"
        ) from error


def _table(key: BlerKey, rows: list[tuple[float, int, int]]) -> BlerTable:
    snr_db, errors, blocks = zip(*rows)
    return BlerTable(key, np.array(snr_db), np.array(errors), np.array(blocks))


def write_tables(path: Path, tables: dict[BlerKey, BlerTable]) -> None:
    """Write tables, ordered by their keys, in one step: a reader sees the old file or the new one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key in sorted(tables):
        table = tables[key]
        for snr_db, errors, blocks in zip(table.snr_db, table.errors, table.blocks):
            fields = (getattr(key, column) for column in COLUMNS[:6])
            writer.writerow([*fields, f"{snr_db:g}", int(errors), int(blocks)])
    write_text(path, text.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step.

    Raises
    ------
    LinksimError
        If the folder cannot be written to.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise LinksimError(
            f"{path} cannot be written ({error.strerror}): make room, or set LINKSIM_CACHE to a folder "
            "that can be written to"
        ) from error


@lru_cache(maxsize=1)
def packaged_tables() -> dict[BlerKey, BlerTable]:
    """The tables that come with linksim."""
    return read_tables(PACKAGED)


@lru_cache(maxsize=256)
def _load(key: BlerKey, folder: Path) -> BlerTable:
    """A table of the package or of the cache. A missing one raises, so that it is not remembered."""
    if key in packaged_tables():
        return packaged_tables()[key]
    path = folder / f"v{MEASUREMENT_VERSION}" / f"{key.name}.csv"
    if not path.exists():
        raise FileNotFoundError(path)
    tables = read_tables(path)
    if key not in tables:
        raise LinksimError(f"{path} holds another table than its name says: delete it to have it measured again")
    return tables[key]


def find_table(key: BlerKey, measure: bool = True) -> BlerTable:
    """The table of a key: from the package, from the cache, or measured and put into the cache.

    Raises
    ------
    LinksimError
        If the table is missing and `measure` is False, or its file is damaged.
    """
    folder = cache_folder()
    try:
        return _load(key, folder)
    except FileNotFoundError:
        if not measure:
            raise LinksimError(
                f"there is no block-error table {key.name}: measure it with "
                "linksim.phy.block_error_tables, or use a packaged scheme and size"
            ) from None
    from rich.console import Console

    from linksim.phy.bler.measure import measure_table

    _log.info("measuring the block-error table %s", key.name)
    # The status line shows on a terminal only.
    with Console(stderr=True).status(f"Measuring block errors, once: {key.name}") as status:
        table = measure_table(
            key, lambda snr_db, errors, blocks: status.update(
                f"Measuring block errors, once: {key.name}, {snr_db:g} dB: {errors} of {blocks}"
            )
        )
    write_tables(folder / f"v{MEASUREMENT_VERSION}" / f"{key.name}.csv", {key: table})
    return table


def fingerprint(channel: str, bits_per_symbol: int) -> str:
    """Hex digest of the packaged tables of a channel and modulation, and of the version of the measurement."""
    digest = hashlib.sha256(f"{MEASUREMENT_VERSION}\n".encode())
    for key, table in sorted(packaged_tables().items()):
        if (key.channel, key.bits_per_symbol) == (channel, bits_per_symbol):
            counts = [table.snr_db.tolist(), table.errors.tolist(), table.blocks.tolist()]
            digest.update(f"{key.name} {counts}\n".encode())
    return digest.hexdigest()
