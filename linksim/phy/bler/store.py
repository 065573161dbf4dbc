"""Where block-error tables are kept: in the package, and in the user's cache."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.files import CACHE_REMEDY, cache_folder, write_atomically
from linksim.phy.bler.table import BlerKey, BlerTable

PACKAGED = Path(__file__).with_name("tables") / "bler.csv"
"""The tables that come with linksim; `bler.json` beside it says how they were made.

Each has the version of the measurement that it was made with. Versions 1 and 2 (those of "bp20") sent code blocks of
random bits without CRC and scrambling, and compared them with what was decoded; version 3 sent them through the chain
that sends pictures, version 4 draws other bits, and since version 5 the messages of the layered decoder are clipped
(`packaged.holds` knows which tables of version 4 that changes). Scrambled random bits are random bits, and a CRC of 24
bits misses one wrong block in 16 million, so that the error rates are the same: `tests/phy/bler/test_packaged.py`
measures some again.
"""

MEASURED = PACKAGED.with_name("measured.csv")
"""Tables that wait to be used: each change of the packaged ones changes every link that uses tables."""

_KEY_COLUMNS = ("channel", "bits_per_symbol", "base_graph", "info_bits", "coded_bits", "decoder")
COLUMNS = (*_KEY_COLUMNS, "version", "snr_db", "errors", "blocks")

_REMEDY = "restore the file, or delete it to have its tables measured again"


def read_tables(path: Path) -> dict[BlerKey, BlerTable]:
    """All tables of a file; none if there is no such file.

    Raises
    ------
    LinksimError
        If the file cannot be read or is damaged. It is left as it is.
    """
    if not path.exists():
        return {}
    points: dict[tuple[BlerKey, int], list[tuple[float, int, int]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != COLUMNS:
                raise ValueError("the first line does not name the columns")
            for row in reader:
                if len(row) != len(COLUMNS):
                    raise ValueError(f"line {reader.line_num} has {len(row)} fields")
                key = BlerKey(row[0], *(int(value) for value in row[1:5]), row[5])
                point = float(row[7]), int(row[8]), int(row[9])
                points.setdefault((key, int(row[6])), []).append(point)
        tables = {key: _table(key, version, rows) for (key, version), rows in points.items()}
        if len(tables) < len(points):
            raise ValueError("one table has two versions")
        return tables
    except (OSError, ValueError) as error:
        raise LinksimError(f"the block-error tables in {path} cannot be read ({error}): {_REMEDY}") from error


def _table(key: BlerKey, version: int, rows: list[tuple[float, int, int]]) -> BlerTable:
    snr_db, errors, blocks = zip(*rows, strict=True)
    return BlerTable(key, np.array(snr_db), np.array(errors), np.array(blocks), version)


def write_tables(path: Path, tables: dict[BlerKey, BlerTable]) -> None:
    """Write tables, ordered by their keys, in one step: a reader sees the old file or the new one.

    Raises
    ------
    LinksimError
        If the folder cannot be written to.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key in sorted(tables):
        table = tables[key]
        fields = [getattr(key, column) for column in _KEY_COLUMNS]
        for snr_db, errors, blocks in zip(table.snr_db, table.errors, table.blocks, strict=True):
            writer.writerow([*fields, table.version, f"{snr_db:g}", int(errors), int(blocks)])
    write_atomically(path, text.getvalue(), CACHE_REMEDY)


@lru_cache(maxsize=1)
def packaged_tables() -> dict[BlerKey, BlerTable]:
    """The tables that come with linksim."""
    return read_tables(PACKAGED)


@lru_cache(maxsize=16)
def packaged_digest(channel: str, decoder: str) -> str:
    """Hex digest of the packaged tables of a channel and decoder, with their versions."""
    chosen = [
        [key.name, table.version, table.snr_db.tolist(), table.errors.tolist(), table.blocks.tolist()]
        for key, table in sorted(packaged_tables().items())
        if (key.channel, key.decoder) == (channel, decoder)
    ]
    return identity.digest(chosen)


def cached_path(key: BlerKey, measurement: str) -> Path:
    """The file of a table that was measured here; another way of measuring has another file.

    Parameters
    ----------
    measurement : str
        `linksim.phy.bler.measure.measurement_fingerprint`.
    """
    return cache_folder("bler") / f"{key.name}-{measurement[:12]}.csv"


@lru_cache(maxsize=256)
def load_cached(key: BlerKey, path: Path) -> BlerTable:
    """A table of the cache.

    Raises
    ------
    FileNotFoundError
        If there is none, so that it is not remembered.
    LinksimError
        If its file is damaged.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    tables = read_tables(path)
    if key not in tables:
        raise LinksimError(f"{path} holds another table than its name says: delete it to have it measured again")
    return tables[key]


@dataclass
class Progress:
    """Counts of a table that is being measured, kept on disk after every point.

    Parameters
    ----------
    path : Path or None
        Its file; None keeps nothing.
    points : dict of int to (errors, blocks)
        Finished points, by their number on the grid of SNRs.
    probes : dict of int to int
        Errors of the first look at a point, which looks for the waterfall.
    """

    path: Path | None = None
    points: dict[int, tuple[int, int]] = field(default_factory=dict)
    probes: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Path) -> Progress:
        """What is on disk of an unfinished table.

        Raises
        ------
        LinksimError
            If the file is damaged. It is left as it is.
        """
        path = table.with_suffix(".part.json")
        if not path.exists():
            return cls(path)
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            points = {int(n): (int(errors), int(blocks)) for n, (errors, blocks) in data["points"].items()}
            probes = {int(n): int(errors) for n, errors in data["probes"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LinksimError(
                f"{path} cannot be read ({error}): delete it to have its points measured again"
            ) from error
        return cls(path, points, probes)

    def save(self) -> None:
        """Write it, whole or not at all."""
        if self.path is not None:
            write_atomically(self.path, json.dumps({"points": self.points, "probes": self.probes}), CACHE_REMEDY)

    def remove(self) -> None:
        """Delete the file: the table is finished."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
