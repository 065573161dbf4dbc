"""The store: every finished unit, appended once, never changed.

`<folder>/units/*.jsonl` hold one line per unit (see `records`). Each run of a process appends to a
file of its own, so

- a kill at any moment costs at most the last line of that file, which then lacks its newline and is
  skipped (nobody appends behind it);
- the results of two machines merge by copying files into one folder;
- the same unit in two files counts once.

Anything else that does not fit its checksum is damage, and is named and left as it is.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

from linksim.errors import LinksimError
from linksim.montecarlo.files import cannot_write
from linksim.montecarlo.records import (
    Record,
    decode_statistics,
    encode_line,
    read_line,
    read_records,
    same_content,
)
from linksim.montecarlo.statistics import UnitStatistics
from linksim.montecarlo.unit import WorkUnit

_SYNC_SECONDS = 0.25


class Store:
    """Finished units in a folder.

    Parameters
    ----------
    folder : Path
        The result folder of a sweep; the files lie in its subfolder `units`.

    Attributes
    ----------
    notes : list of str
        What a user should hear of: ends that a killed run left unfinished.

    Raises
    ------
    LinksimError
        If a stored file is damaged, names file and line; or if two files disagree about a unit.
    """

    def __init__(self, folder: Path):
        self.folder = folder / "units"
        self.notes: list[str] = []
        self._records: dict[str, Record] = {}
        self._file: int | None = None
        self._path: Path | None = None
        self._synced = time.monotonic()
        self._dirty = False
        for path in sorted(self.folder.glob("*.jsonl")):
            for record in read_records(path, self.notes):
                self.add(record)

    def add(self, record: Record) -> bool:
        """Know of a unit that lies in some file; True if it was not known before.

        Raises
        ------
        LinksimError
            If it is known with other numbers.
        """
        present = self._records.get(record.id)
        if present is None:
            self._records[record.id] = record
            return True
        if not same_content(present, record):
            raise LinksimError(
                f"{present.path} and {record.path} hold different numbers for one unit of link "
                f"{record.link!r} ({record.id[:12]}); move one of the two files away"
            )
        return False

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, unit_id: str) -> bool:
        return unit_id in self._records

    @property
    def records(self) -> list[Record]:
        """Every unit once."""
        return list(self._records.values())

    def get(self, unit_id: str) -> UnitStatistics | None:
        """What a unit measured, or None if it is not stored."""
        record = self._records.get(unit_id)
        return None if record is None else decode_statistics(json.loads(read_line(record)[9:]))

    def append(self, unit: WorkUnit, link: str, statistics: UnitStatistics) -> None:
        """Keep a finished unit.

        It survives the death of this process at once, and a power failure after a quarter of a
        second.

        Raises
        ------
        LinksimError
            If it cannot be written. What was appended before is safe.
        """
        if unit.id in self._records:
            return
        line = encode_line(unit, link, statistics)
        offset = self._write(line + b"\n")
        assert self._path is not None
        self._records[unit.id] = Record(
            unit.id, link, unit.fingerprint, self._path, offset, len(line), line[:8].decode()
        )
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self.sync()

    def _write(self, line: bytes) -> int:
        """Append to this process's own file; returns the offset of the line."""
        if self._file is None:
            stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
            host = "".join(c if c.isalnum() else "-" for c in socket.gethostname())[:24]
            path = self.folder / f"{stamp}-{host}-{os.getpid()}-{os.urandom(3).hex()}.jsonl"
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            except OSError as error:
                raise cannot_write(path, error) from error
            self._path = path
        assert self._path is not None
        offset = os.fstat(self._file).st_size
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            # No more behind what may be half a line: the next run starts a file of its own.
            self.close()
            raise cannot_write(self._path, error) from error
        self._dirty = True
        return offset

    def sync(self) -> None:
        """Have what was appended reach the disk."""
        if self._file is not None and self._dirty:
            try:
                os.fsync(self._file)
            except OSError as error:
                assert self._path is not None
                raise cannot_write(self._path, error) from error
            self._dirty = False
        self._synced = time.monotonic()

    def close(self) -> None:
        """Finish this process's file."""
        if self._file is not None:
            try:
                os.fsync(self._file)
            except OSError:
                pass  # a full disk was reported when it was met; what is written stays
            os.close(self._file)
            self._file = None
