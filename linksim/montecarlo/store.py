"""The store: every finished unit, appended once, never changed.

`<folder>/units/*.jsonl` hold one line per unit: the CRC-32 of what follows in hex, a space, and a
JSON object with the unit's identity and its counts and moments. Each run of a process appends to a
file of its own, so

- a kill at any moment costs at most the last line of that file, which then lacks its newline and is
  skipped (nobody appends behind it);
- the results of two machines merge by copying files into one folder;
- the same unit in two files counts once.

Anything else that does not fit its checksum is damage, and is named and left as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import socket
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.montecarlo.files import cannot_write
from linksim.montecarlo.statistics import LayerStatistics, Moments, UnitStatistics
from linksim.montecarlo.unit import STORE_FORMAT, WorkUnit, identity_hash

_SYNC_SECONDS = 0.25
_IDENTITY = ("format", "fingerprint", "snr_db", "pictures", "draws", "seed", "metrics")


@dataclass(frozen=True)
class Record:
    """Where a stored unit lies, and what it belongs to.

    `offset` and `length` are those of its line in `path`, without the newline.
    """

    id: str
    link: str
    fingerprint: str
    path: Path
    offset: int
    length: int
    checksum: str


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


def encode_line(unit: WorkUnit, link: str, statistics: UnitStatistics) -> bytes:
    """A unit as one line, without the newline."""
    body = {
        "id": unit.id,
        "link": link,
        **unit.identity(),
        "layers": [
            {
                "n": _pack(layer.n),
                "delivered": _pack(layer.delivered),
                "channel_uses": _pack(layer.channel_uses),
                "metrics": {name: [_pack(m.mean), _pack(m.m2)] for name, m in layer.metrics.items()},
            }
            for layer in statistics.layers
        ],
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return b"%08x %s" % (zlib.crc32(text), text)


def decode_statistics(body: dict) -> UnitStatistics:
    """The numbers of a stored unit, bit for bit as they were measured."""
    layers = tuple(
        LayerStatistics(
            n=_unpack(layer["n"], "<i8"),
            delivered=_unpack(layer["delivered"], "<i8"),
            channel_uses=_unpack(layer["channel_uses"], "<i8"),
            metrics={
                name: Moments(_unpack(mean, "<f8"), _unpack(m2, "<f8")) for name, (mean, m2) in layer["metrics"].items()
            },
        )
        for layer in body["layers"]
    )
    return UnitStatistics(layers)


def _pack(array: np.ndarray) -> str:
    # exact and short: ten thousand pictures make five arrays per unit
    little = array.astype("<i8" if array.dtype.kind == "i" else "<f8", copy=False)
    return base64.b64encode(zlib.compress(little.tobytes(), 1)).decode()


def _unpack(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).astype(dtype[1:])


def read_records(path: Path, notes: list[str]) -> list[Record]:
    """The units in one file, every checksum verified.

    Raises
    ------
    LinksimError
        If a line is damaged; an unfinished last line is noted and skipped.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror or error}); make it readable") from error
    records, offset = [], 0
    while offset < len(content):
        end = content.find(b"\n", offset)
        if end < 0:
            notes.append(f"{path}: the last unit is unfinished (its run was killed); it is skipped and run again")
            break
        records.append(_parse(path, len(records) + 1, content[offset:end], offset))
        offset = end + 1
    return records


def _parse(path: Path, number: int, line: bytes, offset: int) -> Record:
    def damaged(why: str) -> LinksimError:
        return LinksimError(
            f"{path} is damaged in line {number} ({why}); it was left as it is. Move the file away, or delete "
            "that line, and run the same command again: what is missing is simulated"
        )

    if len(line) < 10 or line[8:9] != b" " or line[:8] != b"%08x" % zlib.crc32(line[9:]):
        raise damaged("the checksum does not match")
    try:
        body = json.loads(line[9:])
        if body["format"] != STORE_FORMAT:
            raise LinksimError(
                f"{path} is of store format {body['format']}, this version of linksim uses {STORE_FORMAT}; "
                "choose another folder with --out"
            )
        if identity_hash({name: body[name] for name in _IDENTITY}) != body["id"]:
            raise damaged("the unit is not the one its id says")
        return Record(
            body["id"], body["link"], body["fingerprint"], path, offset, len(line), line[:8].decode()
        )
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise damaged("not a unit") from error


def read_line(record: Record) -> bytes:
    """The line of a stored unit, verified again.

    Raises
    ------
    LinksimError
        If the file changed since it was opened.
    """
    try:
        with open(record.path, "rb") as file:
            file.seek(record.offset)
            line = file.read(record.length)
    except OSError as error:
        raise LinksimError(f"{record.path} cannot be read ({error.strerror or error}); make it readable") from error
    if line[:8].decode("ascii", "replace") != record.checksum or b"%08x" % zlib.crc32(line[9:]) != line[:8]:
        raise LinksimError(f"{record.path} changed while it was in use; run the same command again")
    return line


def same_content(a: Record, b: Record) -> bool:
    """Whether two records of one unit hold the same numbers, however they were compressed."""
    if a.checksum == b.checksum and a.length == b.length:
        return True
    try:
        first, second = (decode_statistics(json.loads(read_line(r)[9:])) for r in (a, b))
    except (KeyError, TypeError, ValueError, binascii.Error, zlib.error) as error:
        if isinstance(error, LinksimError):
            raise
        return False
    return first.same_as(second)
