"""One stored unit as one line of text, and files of such lines read back.

A line is the CRC-32 of what follows in hex, a space, and a JSON object: the identity of the unit
(`WorkUnit.identity`), its id, the name of its link, the versions of the metrics that were measured, and
per layer counts, moments and sums, as little-endian 64-bit numbers, deflated, in base64. A unit may have
several lines, each with other metrics.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.montecarlo.statistics import LayerStatistics, Moments, UnitStatistics, only
from linksim.montecarlo.unit import STORE_FORMAT, WorkUnit, identity_hash

_MOST_PICTURES = 1 << 24
_MOST_SUMS = 1 << 27
"""Bytes of the statistics that a metric of whole sets adds up: FID has 34 MB."""

_IDENTITY = ("format", "fingerprint", "axis", "value", "pictures", "draws", "seed")


@dataclass(frozen=True, slots=True)
class Record:
    """Where a stored unit lies, and what it belongs to.

    `offset` and `length` are those of its line in `path`, without the newline.
    """

    id: str
    link: str
    fingerprint: str
    metrics: tuple[tuple[str, str], ...]
    path: Path
    offset: int
    length: int
    checksum: str


def encode_line(unit: WorkUnit, link: str, statistics: UnitStatistics) -> bytes:
    """A unit as one line, without the newline."""
    body = {
        "id": unit.id,
        "link": link,
        **unit.identity(),
        "metrics": dict(unit.metrics),
        "layers": [
            {
                "n": _pack(layer.n),
                "delivered": _pack(layer.delivered),
                "channel_uses": _pack(layer.channel_uses),
                "metrics": {name: [_pack(m.mean), _pack(m.m2)] for name, m in layer.metrics.items()},
                "sums": {name: _pack(total) for name, total in layer.sums.items()},
                **({"items": dict(layer.items)} if layer.items else {}),
                **({"certain": True} if layer.certain else {}),
            }
            for layer in statistics.layers
        ],
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return b"%08x %s" % (zlib.crc32(text), text)


def decode_statistics(body: dict) -> UnitStatistics:
    """The numbers of a stored unit, bit for bit as they were measured.

    Raises
    ------
    LinksimError
        If they are not of as many pictures and draws as the unit has, or would unpack to more.
    """
    num_pictures, (start, stop) = body["pictures"][0], body["draws"]

    def numbers(text: str, dtype: str) -> np.ndarray:
        values = _unpack(text, dtype, 8 * num_pictures)
        if len(values) != num_pictures:
            raise LinksimError(f"{len(values)} numbers for {num_pictures} pictures")
        return values

    layers = tuple(
        LayerStatistics(
            n=numbers(layer["n"], "<i8"),
            delivered=numbers(layer["delivered"], "<i8"),
            channel_uses=numbers(layer["channel_uses"], "<i8"),
            metrics={
                str(name): Moments(numbers(mean, "<f8"), numbers(m2, "<f8"))
                for name, (mean, m2) in layer["metrics"].items()
            },
            sums={str(name): _unpack(total, "<f8", _MOST_SUMS) for name, total in layer["sums"].items()},
            items={str(name): float(spent) for name, spent in layer.get("items", {}).items()},
            certain=bool(layer.get("certain", False)),
        )
        for layer in body["layers"]
    )
    measured = set(body["metrics"])
    for layer in layers:
        if (layer.n != stop - start).any():
            raise LinksimError(f"other counts than its {stop - start} draws")
        if (layer.delivered < 0).any() or (layer.delivered > layer.n).any() or (layer.channel_uses < 0).any():
            raise LinksimError("more delivered than sent, or less than nothing")
        if {*layer.metrics, *layer.sums} != measured:
            raise LinksimError("other metrics than it names")
        if any((moments.m2 < 0).any() for moments in layer.metrics.values()):
            raise LinksimError("negative squares")
    if not layers:
        raise LinksimError("no layer")
    return UnitStatistics(layers)


def _pack(array: np.ndarray) -> str:
    # exact and short: ten thousand pictures make five arrays per unit
    little = array.astype("<i8" if array.dtype.kind == "i" else "<f8", copy=False)
    return base64.b64encode(zlib.compress(little.tobytes(), 1)).decode()


def _unpack(text: str, dtype: str, most_bytes: int) -> np.ndarray:
    """Numbers as `_pack` wrote them; no more than `most_bytes` are unpacked, whatever the text says."""
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(base64.b64decode(text), most_bytes + 1)
    if len(content) > most_bytes or not unpacking.eof:
        raise LinksimError("numbers that unpack to more than the unit can have, or are cut off")
    return np.frombuffer(content, dtype).astype(dtype[1:])


def read_records(path: Path, notes: list[str]) -> list[Record]:
    """The units in one file, every checksum verified.

    Raises
    ------
    LinksimError
        If a line is damaged; an unfinished last line is noted and skipped.
    """
    records, offset, number, older = [], 0, 0, 0
    try:
        if not path.is_file():
            raise LinksimError(f"{path} is no file; move it away")  # a pipe would never end
        with open(path, "rb") as file:  # line by line: the whole may be larger than the memory
            for line in file:
                if not line.endswith(b"\n"):
                    notes.append(
                        f"{path}: the last unit is unfinished (its run was killed); it is skipped and run again"
                    )
                    break
                number += 1
                record = _parse(path, number, line[:-1], offset)
                if record is None:
                    older += 1
                else:
                    records.append(record)
                offset += len(line)
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror or error}); make it readable") from error
    if older:
        notes.append(f"{path}: {older} units were stored by an older version of linksim; they are kept and not used")
    return records


@lru_cache(maxsize=256)
def _shared(metrics: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """One object for equal ones: nearly all units measure the same metrics."""
    return metrics


def _parse(path: Path, number: int, line: bytes, offset: int) -> Record | None:
    """The record of a line; None of an older format."""

    def damaged(why: str) -> LinksimError:
        return LinksimError(
            f"{path} is damaged in line {number} ({why}); it was left as it is. Move the file away, or delete "
            "that line, and run the same command again: what is missing is simulated"
        )

    if len(line) < 10 or line[8:9] != b" " or line[:8] != b"%08x" % zlib.crc32(line[9:]):
        raise damaged("the checksum does not match")
    try:
        body = json.loads(line[9:])
        if body["format"] < STORE_FORMAT:
            return None
        if body["format"] > STORE_FORMAT:
            raise LinksimError(
                f"{path} is of store format {body['format']}, this version of linksim uses {STORE_FORMAT}; "
                "install the newer linksim, or choose another folder with --out"
            )
        _check_identity(body)
        if identity_hash({name: body[name] for name in _IDENTITY}) != body["id"]:
            raise damaged("the unit is not the one its id says")
        metrics = _shared(tuple(sorted((str(name), str(version)) for name, version in body["metrics"].items())))
        link, fingerprint = sys.intern(str(body["link"])), sys.intern(str(body["fingerprint"]))
        return Record(body["id"], link, fingerprint, metrics, path, offset, len(line), line[:8].decode())
    except LinksimError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged("not a unit") from error


def _check_identity(body: dict) -> None:
    """Raise a ValueError where a field is not of the kind that this version writes."""
    (count, digest), (start, stop) = body["pictures"], body["draws"]
    texts = (body["id"], body["link"], body["fingerprint"], body["axis"], digest)
    whole = (count, start, stop, body["seed"])
    if (
        not all(isinstance(text, str) for text in texts)
        or not all(type(number) is int for number in whole)
        or type(body["value"]) not in (int, float)
        or not 1 <= count <= _MOST_PICTURES
        or not 0 <= start < stop < 1 << 62
        or not all(isinstance(version, str) for version in body["metrics"].values())
        or not body["metrics"]
    ):
        raise ValueError("a field is of another kind")


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


def read_unit(record: Record) -> tuple[dict[str, Any], UnitStatistics]:
    """A stored unit as it lies in its file, its identity included, and its numbers.

    Raises
    ------
    LinksimError
        If the file changed since it was opened, or the line is not a unit.
    """
    line = read_line(record)
    try:
        body = json.loads(line[9:])
        return body, decode_statistics(body)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError, zlib.error) as error:
        why = " ".join(f"{error}".split())[:120] or type(error).__name__
        raise LinksimError(
            f"{record.path} holds a unit of link {record.link!r} ({record.id[:12]}) that cannot be used ({why}); "
            "move the file away, and run the same command again: what is missing is simulated"
        ) from error


def read_statistics(record: Record) -> UnitStatistics:
    """The numbers of a stored unit.

    Raises
    ------
    LinksimError
        As `read_unit`.
    """
    return read_unit(record)[1]


def agree(a: Record, b: Record) -> bool:
    """Whether two records of one unit agree in their counts and in the metrics, of one version, that both have."""
    if a.checksum == b.checksum and a.length == b.length:
        return True
    shared = {name for name, _ in set(a.metrics) & set(b.metrics)}
    return only(read_statistics(a), shared).agrees_with(only(read_statistics(b), shared))
