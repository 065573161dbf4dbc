"""Metric values of reconstructions that come again, kept between runs.

A digital link shows a picture either decoded or concealed, at every SNR and in every run: its pixels
need to be decoded and compared once. Values are kept in memory and in an SQLite file under the cache
directory (`LINKSIM_CACHE`, else the user's), which several processes may use at once.

A cache must never stop the work nor change it: every value carries a checksum, a value that does not
match is measured again, a damaged file is set aside, and where no file can be written the cache lives
in memory only.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
import threading
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from linksim.files import cache_folder

Key = tuple[str, str, str, str]
"""(sha256 of the picture, key of the reconstruction, name of the metric, its version)."""

_VALUE = struct.Struct("<dI")
_QUERY_SIZE = 500


class MetricCache:
    """Values by key, in memory and on disk.

    Parameters
    ----------
    folder : Path, optional
        Where the file lies; `metrics` in the cache by default.
    """

    def __init__(self, folder: Path | None = None):
        self._memory: dict[Key, float] = {}
        self._path = (folder or cache_folder("metrics")) / "values.sqlite"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open()
        except (OSError, sqlite3.Error) as error:
            self._recover(error)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            # WAL: readers never wait for the writer; NORMAL: no fsync per commit, what a power
            # failure takes is measured again.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("CREATE TABLE IF NOT EXISTS value (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
            connection.execute("SELECT key FROM value LIMIT 1").fetchall()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _recover(self, error: Exception) -> None:
        """Set a damaged file aside and start afresh, once; otherwise go on in memory."""
        self._disconnect()
        # OperationalError is a DatabaseError too, but speaks of locks, rights and full disks.
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            try:
                for suffix in ("", "-wal", "-shm"):
                    old = self._path.with_name(self._path.name + suffix)
                    if old.exists():
                        os.replace(old, old.with_name(old.name + ".damaged"))
                self._connection = self._open()
            except (OSError, sqlite3.Error):
                self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            try:
                self._connection.close()
            except sqlite3.Error:
                pass  # a connection to a damaged file may fail to close; it is dropped all the same
            self._connection = None

    def get(self, keys: Sequence[Key]) -> dict[Key, float]:
        """The values that are known, of the keys asked for."""
        with self._lock:
            missing = [key for key in keys if key not in self._memory]
            if missing and self._connection is not None:
                try:
                    self._fetch(missing)
                except sqlite3.Error as error:
                    self._recover(error)
            return {key: self._memory[key] for key in keys if key in self._memory}

    def _fetch(self, keys: Sequence[Key]) -> None:
        assert self._connection is not None
        by_digest = {_digest(key): key for key in keys}
        digests = list(by_digest)
        for start in range(0, len(digests), _QUERY_SIZE):
            some = digests[start : start + _QUERY_SIZE]
            marks = ",".join("?" * len(some))
            for digest, stored in self._connection.execute(
                f"SELECT key, value FROM value WHERE key IN ({marks})", some
            ):
                value = _unpack(digest, stored)
                if value is not None:
                    self._memory[by_digest[digest]] = value

    def put(self, values: Mapping[Key, float]) -> None:
        """Keep values; replaces what was there."""
        with self._lock:
            self._memory.update(values)
            if not values or self._connection is None:
                return
            rows = [(_digest(key), _pack(_digest(key), value)) for key, value in values.items()]
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO value VALUES (?, ?)", rows)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    try:
                        self._connection.execute("ROLLBACK")
                    except sqlite3.Error:
                        pass  # `_recover` drops the connection
                self._recover(error)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._disconnect()


def _digest(key: Key) -> bytes:
    return hashlib.sha256("\n".join(key).encode()).digest()[:16]


def _pack(digest: bytes, value: float) -> bytes:
    return _VALUE.pack(value, zlib.crc32(digest + struct.pack("<d", value)))


def _unpack(digest: bytes, stored: object) -> float | None:
    if not isinstance(stored, bytes) or len(stored) != _VALUE.size:
        return None
    value, checksum = _VALUE.unpack(stored)
    return value if zlib.crc32(digest + stored[:8]) == checksum else None
