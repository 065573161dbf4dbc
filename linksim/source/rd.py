"""Rate-distortion points of pictures, and their streams, computed once and kept on disk.

One file per codec and picture in `$LINKSIM_CACHE/rd` (else in the user's cache folder):

    b"linksim-rd 1\\n", CRC-32 of the table (4 bytes, big-endian),
    the table as .npy: quality, num_bytes, mse, and CRC-32 of each stream,
    the streams, one after the other.

Files are written aside and renamed, so that readers and any number of writers meet whole files
only. A file that does not check is computed again and replaced.
"""

from __future__ import annotations

import io
import os
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.files import CACHE_REMEDY, cache_folder, prepare_folder, replacing
from linksim.pixels import mean_squared_error, pixel_digest
from linksim.source.base import SourceCodec, running
from linksim.source.points import RdPoints

_MAGIC = b"linksim-rd 1\n"
_TABLE = np.dtype([("quality", "<i4"), ("num_bytes", "<i8"), ("mse", "<f8"), ("crc", "<u4")])

# Where the cache cannot be written, tables are kept in memory: 2 kB each.
_unwritten: OrderedDict[Path, np.ndarray] = OrderedDict()
_MAX_UNWRITTEN = 4096
_warned = False


def folder() -> Path:
    """Where the points are kept: `$LINKSIM_CACHE/rd`, else `rd` in the user's cache folder of linksim."""
    return cache_folder("rd")


def cache_file(codec: SourceCodec, picture: np.ndarray) -> Path:
    """The file of one picture (`uint8 [H, W, 3]`, contiguous): named by codec, shape and pixels."""
    name = pixel_digest(picture)
    # A folder of ten thousand files is slow to list, so there are 256 folders.
    return folder() / f"{type(codec).__name__.lower()}-{codec.fingerprint()[:16]}" / name[:2] / f"{name}.rd"


def points(codec: SourceCodec, picture: np.ndarray) -> RdPoints:
    """All qualities of one picture, from disk or computed and kept."""
    return _as_points(_load_or_compute(codec, picture, cache_file(codec, picture)))


def stream(codec: SourceCodec, picture: np.ndarray, quality: int) -> bytes:
    """One stream of one picture, from disk; coded anew where the cache is cold or damaged."""
    path = cache_file(codec, picture)
    data = _read_stream(path, codec.qualities, list(codec.qualities).index(quality))
    return _encode(codec, picture, quality) if data is None else data


def decode(codec: SourceCodec, data: bytes, max_pixels: int) -> np.ndarray:
    """The picture of a stream, `uint8 [H, W, 3]`; one line where a codec of a user's fails."""
    with running(codec, "decode"):
        return codec.decode(data, max_pixels=max_pixels)


def _encode(codec: SourceCodec, picture: np.ndarray, quality: int) -> bytes:
    with running(codec, "encode_at"):
        return codec.encode_at(picture, quality)


def is_cached(codec: SourceCodec, picture: np.ndarray) -> bool:
    """Whether the points of a picture are on disk, in a file that checks."""
    return _read_table(cache_file(codec, picture), codec.qualities) is not None


def is_writable() -> bool:
    """Whether the cache folder can be written; if not, warns once."""
    try:
        prepare_folder(folder(), CACHE_REMEDY)
    except LinksimError as error:
        _warn_once(str(error))
        return False
    return True


def keep(path: Path, parts: Sequence[bytes]) -> bool:
    """Write a file of the cache, whole or not at all; where that fails, warn once and go on."""
    try:
        with replacing(path) as temporary, open(temporary, "wb") as file:
            file.writelines(parts)
    except OSError as error:
        _warn_once(f"{folder()} cannot be written ({error.strerror}); {CACHE_REMEDY}")
        return False
    return True


def _load_or_compute(codec: SourceCodec, picture: np.ndarray, path: Path) -> np.ndarray:
    table = _read_table(path, codec.qualities)
    if table is not None:
        return table
    if path in _unwritten:
        return _unwritten[path]
    table = np.zeros(len(codec.qualities), _TABLE)
    streams = []
    height, width, _ = picture.shape
    for row, quality in zip(table, codec.qualities, strict=True):
        data = _encode(codec, picture, quality)
        decoded = decode(codec, data, height * width)
        if decoded.shape != picture.shape:
            raise LinksimError(f"{codec.name} gave back another size at quality {quality}; check its installation")
        row["quality"], row["num_bytes"], row["crc"] = quality, len(data), zlib.crc32(data)
        row["mse"] = mean_squared_error(picture, decoded)
        streams.append(data)
    if not _keep_table(path, table, streams):
        _unwritten[path] = table
        if len(_unwritten) > _MAX_UNWRITTEN:
            _unwritten.popitem(last=False)
    return table


def _as_points(table: np.ndarray) -> RdPoints:
    return RdPoints(*(table[field].copy() for field in ("quality", "num_bytes", "mse")))


def _keep_table(path: Path, table: np.ndarray, streams: Sequence[bytes]) -> bool:
    packed = io.BytesIO()
    np.lib.format.write_array(packed, table, version=(1, 0), allow_pickle=False)
    head = packed.getvalue()
    return keep(path, [_MAGIC, zlib.crc32(head).to_bytes(4, "big"), head, *streams])


def _read_table(path: Path, qualities: Sequence[int]) -> np.ndarray | None:
    """The table of a whole file, or None where there is none."""
    try:
        with open(path, "rb") as file:
            return _table_at(file, qualities)
    except OSError:
        return None


def _read_stream(path: Path, qualities: Sequence[int], index: int) -> bytes | None:
    """One stream of a whole file, or None where there is none or it does not check."""
    try:
        with open(path, "rb") as file:
            table = _table_at(file, qualities)
            if table is None:
                return None
            file.seek(int(table["num_bytes"][:index].sum()), os.SEEK_CUR)
            data = file.read(int(table["num_bytes"][index]))
            if zlib.crc32(data) == table["crc"][index]:
                return data
        path.unlink()  # damaged: `points` then computes the picture anew
    except OSError:
        pass  # not there, or not ours to remove
    return None


def _table_at(file: io.BufferedReader, qualities: Sequence[int]) -> np.ndarray | None:
    """Read the table; the file then stands at the first stream. None if anything does not check."""
    # The size of the head follows from the ladder, so that a damaged length cannot mislead.
    packed = io.BytesIO()
    np.lib.format.write_array(packed, np.zeros(len(qualities), _TABLE), version=(1, 0), allow_pickle=False)
    prefix, head = file.read(len(_MAGIC) + 4), file.read(len(packed.getvalue()))
    if prefix != _MAGIC + zlib.crc32(head).to_bytes(4, "big"):
        return None
    table = np.lib.format.read_array(io.BytesIO(head), allow_pickle=False)
    whole = os.fstat(file.fileno()).st_size == file.tell() + int(table["num_bytes"].sum())
    return table if whole and np.array_equal(table["quality"], qualities) else None


def _warn_once(problem: str) -> None:
    """Tell the user, the first time, that the cache cannot be written."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(f"rate-distortion points are not kept: {problem}", stacklevel=3)
