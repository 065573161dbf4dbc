"""CIFAR-10 (Krizhevsky, 2009): 60,000 pictures of 32x32 in ten classes.

Read from the official *binary* version: the Python version is a pickle, and unpickling a
download runs whatever is in it.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.files import cache_folder
from linksim.identity import digest_bytes
from linksim.images.download import download, sha256_of_file
from linksim.images.files import read_picture
from linksim.images.picture import Picture
from linksim.places import data_roots, pretty

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE = "cifar-10-binary.tar.gz"
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
FOLDER = "cifar-10-batches-bin"

# SHA-256 of the uint8 [N, 32, 32, 3] arrays in the official order, in C order.
PIXELS_SHA256 = {
    "train": "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "test": "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
}

BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
NUM_MOSAICS = {"train": 50, "test": 10}

_BATCH_SIZE = 10_000
_RECORD = 1 + 3 * 32 * 32  # one label byte, then the red, green and blue planes
_MOSAIC_ROWS, _MOSAIC_COLUMNS = 40, 25


@cache
def cifar10_arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels of one split, in the official order, decoded once per process.

    Looked for in `cifar10/` of `LINKSIM_DATA` and of the cache, in this order: lossless mosaics
    (`test_00.webp` .. of 40x25 pictures with `test_labels.npy`), the folder
    `cifar-10-batches-bin`, the archive `cifar-10-binary.tar.gz`; else the archive is downloaded
    (170 MB). Whatever it came from, the pixels must have the known SHA-256.

    Parameters
    ----------
    split : {"train", "test"}
        50,000 or 10,000 pictures.

    Returns
    -------
    pixels : [N, 32, 32, 3], uint8
        Read-only, as callers share it.
    labels : [N], int64
        0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck;
        read-only.

    Raises
    ------
    LinksimError
        If the data are neither there nor to be had, or are damaged.
    """
    if split not in BATCHES:
        raise LinksimError(f"CIFAR-10 has no split {split!r}; choose train or test")
    where, read = _find(split)
    try:
        pixels, labels = read()
        _check(pixels, labels, split)
    except (OSError, EOFError, KeyError, ValueError, tarfile.TarError, zlib.error) as error:
        raise LinksimError(
            f"cifar10 in {pretty(where)} is damaged ({error}); replace it, or remove it to download it again"
        ) from error
    pixels.setflags(write=False)
    labels.setflags(write=False)
    return pixels, labels


def load_cifar10(split: str, limit: int | None = None) -> list[Picture]:
    """The first `limit` pictures of a split, all by default, named `test_00000` and so on."""
    pixels, _ = cifar10_arrays(split)
    return [Picture(f"{split}_{i:05d}", p) for i, p in enumerate(pixels[:limit])]


def _find(split: str) -> tuple[Path, Callable[[], tuple[np.ndarray, np.ndarray]]]:
    """The place that a split is to be read from and the function that does it."""
    for root in data_roots():
        folder = root / "cifar10"
        if os.path.exists(folder / f"{split}_00.webp"):
            return folder, partial(_read_mosaics, folder, split)
        if os.path.isdir(folder / FOLDER):
            return folder / FOLDER, partial(_read_folder, folder / FOLDER, split)
        if os.path.exists(folder / ARCHIVE):
            return folder / ARCHIVE, partial(_read_archive, folder / ARCHIVE, split)
    archive = cache_folder() / "cifar10" / ARCHIVE
    remedy = f"Put {ARCHIVE} from {URL} into {pretty(archive.parent)}, or set LINKSIM_DATA"
    download(URL, archive, sha256_of_file(ARCHIVE_SHA256), "cifar10", remedy)
    return archive, partial(_read_archive, archive, split)


def _read_mosaics(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = _MOSAIC_ROWS, _MOSAIC_COLUMNS
    pixels = np.empty((NUM_MOSAICS[split], rows, columns, 32, 32, 3), np.uint8)
    for i, tiles in enumerate(pixels):
        mosaic = read_picture(folder / f"{split}_{i:02d}.webp").pixels
        tiles[:] = mosaic.reshape(rows, 32, columns, 32, 3).swapaxes(1, 2)
    labels = np.load(folder / f"{split}_labels.npy", allow_pickle=False)
    return pixels.reshape(-1, 32, 32, 3), labels.astype(np.int64)


def _read_folder(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    return _parse([(folder / name).read_bytes() for name in BATCHES[split]])


def _read_archive(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Members are read in memory: nothing in the archive decides where a file is written."""
    wanted = {f"{FOLDER}/{name}": name for name in BATCHES[split]}
    batches: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if member.name in wanted and member.isfile():
                file = archive.extractfile(member)
                if file is not None and member.size == _BATCH_SIZE * _RECORD:
                    batches[wanted[member.name]] = file.read()
    return _parse([batches[name] for name in BATCHES[split]])


def _parse(batches: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Records of the binary version: https://www.cs.toronto.edu/~kriz/cifar.html."""
    records = np.concatenate([np.frombuffer(batch, np.uint8).reshape(-1, _RECORD) for batch in batches])
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, 0].astype(np.int64)


def _check(pixels: np.ndarray, labels: np.ndarray, split: str) -> None:
    if digest_bytes([np.ascontiguousarray(pixels).data]) != PIXELS_SHA256[split]:
        raise ValueError("SHA-256 of the pixels differs from the original's")
    # Both splits hold their ten classes in equal parts.
    if labels.shape != (len(pixels),) or np.unique(labels, return_counts=True)[1].tolist() != [len(pixels) // 10] * 10:
        raise ValueError("the labels do not fit the pictures")
