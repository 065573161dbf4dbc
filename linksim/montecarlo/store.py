"""The store: every finished unit, appended once, never changed.

`<folder>/units/*.jsonl` hold one line per unit (see `records`). Each run of a process appends to a
file of its own, so

- a kill at any moment costs at most the last line of that file, which then lacks its newline and is
  skipped (nobody appends behind it);
- the results of two machines merge by copying files into one folder;
- the same unit in two files counts once; what two files say of different metrics of one unit is united.

Anything else that does not fit its checksum is damage, and is named and left as it is.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import RESULT_REMEDY, cannot_write
from linksim.montecarlo.records import Record, agree, encode_line, read_records, read_statistics
from linksim.montecarlo.statistics import UnitStatistics, only, unite
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
        self._records: dict[str, list[Record]] = {}
        self._file: int | None = None
        self._path: Path | None = None
        self._synced = time.monotonic()
        self._dirty = False
        for path in sorted(self.folder.glob("*.jsonl")):
            for record in read_records(path, self.notes):
                self.add(record)

    def add(self, record: Record) -> bool:
        """Know of a unit that lies in some file; True if it, or a metric of it, was not known before.

        Raises
        ------
        LinksimError
            If it is known with other numbers.
        """
        known = self._records.setdefault(record.id, [])
        for other in known:
            if not agree(other, record):
                raise LinksimError(
                    f"{other.path} and {record.path} hold different numbers for one unit of link "
                    f"{record.link!r} ({record.id[:12]}); move one of the two files away"
                )
        if {metric for other in known for metric in other.metrics}.issuperset(record.metrics) and known:
            return False
        known.append(record)
        return True

    def __len__(self) -> int:
        """Units, each counted once however many lines it has."""
        return len(self._records)

    def __contains__(self, unit_id: str) -> bool:
        return unit_id in self._records

    @property
    def records(self) -> list[Record]:
        """Every line that holds something the others do not."""
        return [record for records in self._records.values() for record in records]

    def get(self, unit: WorkUnit) -> tuple[UnitStatistics | None, tuple[tuple[str, str], ...]]:
        """What is stored of the metrics that a unit asks for, and which of them are missing.

        Returns
        -------
        statistics : UnitStatistics or None
            Counts, and the metrics that are there; None if nothing is stored.
        missing : tuple of (name, version)
        """
        found: UnitStatistics | None = None
        missing = set(unit.metrics)
        for record in self._records.get(unit.id, ()):
            useful = missing & set(record.metrics)
            if useful:
                part = only(read_statistics(record), {name for name, _ in useful})
                found = part if found is None else unite(found, part)
                missing -= useful
        return found, tuple(metric for metric in unit.metrics if metric in missing)

    def append(self, unit: WorkUnit, link: str, statistics: UnitStatistics) -> None:
        """Keep a finished unit.

        It survives the death of this process at once, and a power failure after a quarter of a
        second.

        Raises
        ------
        LinksimError
            If it cannot be written, or disagrees with what is stored of the same unit. What was appended
            before is safe.
        """
        if not self.get(unit)[1]:
            return
        line = encode_line(unit, link, statistics)
        offset = self._write(line + b"\n")
        assert self._path is not None
        self.add(
            Record(
                unit.id, link, unit.fingerprint, unit.metrics, self._path, offset, len(line), line[:8].decode()
            )
        )  # fmt: skip
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
                raise cannot_write(path, error, RESULT_REMEDY) from error
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
            raise cannot_write(self._path, error, RESULT_REMEDY) from error
        self._dirty = True
        return offset

    def sync(self) -> None:
        """Have what was appended reach the disk."""
        if self._file is not None and self._dirty:
            try:
                os.fsync(self._file)
            except OSError as error:
                assert self._path is not None
                raise cannot_write(self._path, error, RESULT_REMEDY) from error
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
