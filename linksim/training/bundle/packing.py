"""Pictures in few bytes: small ones without loss, with the standard library; photographs as WebP."""

from __future__ import annotations

import bz2
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.files import write_atomically


def pack(pictures: np.ndarray) -> bytes:
    """Pictures of one size, uint8 `[N, H, W, 3]`, to about 58 % (CIFAR-10) of their bytes.

    Red and blue as differences to green, each row as the difference to the one above, colour by colour, bzip2.
    """
    planes = pictures.copy()
    planes[..., 0] -= pictures[..., 1]
    planes[..., 2] -= pictures[..., 1]
    rows = np.diff(planes, axis=1, prepend=np.uint8(0))
    return bz2.compress(np.ascontiguousarray(np.moveaxis(rows, 3, 0)).tobytes())


def unpack(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """The inverse of `pack`: uint8 of `shape`, (N, H, W, 3)."""
    count, height, width, colours = shape
    rows = np.frombuffer(bz2.decompress(data), np.uint8).reshape(colours, count, height, width)
    pictures = np.moveaxis(np.cumsum(rows, axis=2, dtype=np.uint8), 0, 3).copy()
    pictures[..., 0] += pictures[..., 1]
    pictures[..., 2] += pictures[..., 1]
    return pictures


QUALITY = 95
"""Of photographs in WebP. They were compressed before, and what is learned is 15 dB coarser."""


def photograph(pixels: np.ndarray) -> bytes:
    """A photograph, uint8 `[H, W, 3]`, as WebP: about a seventh of its bytes."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "WEBP", quality=QUALITY)
    return data.getvalue()


def write_photographs(path: Path, photographs: Iterable[bytes]) -> None:
    """What `photograph` made of several, in a file whose first line is the length of each."""
    photographs = list(photographs)
    head = " ".join(["webp", *(str(len(data)) for data in photographs)]) + "\n"
    write_atomically(path, head.encode() + b"".join(photographs))


def _photographs(lengths: list[int], data: bytes) -> np.ndarray:
    from PIL import Image

    ends = np.cumsum([0, *lengths])
    if ends[-1] != len(data) or not lengths:
        raise ValueError("it was cut off")

    def pixels(i: int) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(data[ends[i] : ends[i + 1]])).convert("RGB"))

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(pixels, range(len(lengths)))))


def write_pictures(path: Path, pictures: np.ndarray) -> None:
    """One picture set, packed, in a file whose first line is its shape."""
    head = " ".join(map(str, pictures.shape)) + "\n"
    write_atomically(path, head.encode() + pack(pictures))


def read_pictures(path: Path) -> np.ndarray:
    """What `write_pictures` or `write_photographs` wrote, all of one size: uint8 `[N, H, W, 3]`.

    Raises
    ------
    LinksimError
        If the file is missing or damaged.
    """
    try:
        head, _, data = path.read_bytes().partition(b"\n")
        first, *others = head.split()
        if first == b"webp":
            return _photographs([int(n) for n in others], data)
        return unpack(data, tuple(map(int, (first, *others))))
    except (OSError, ValueError, EOFError) as error:
        raise LinksimError(f"{path} cannot be read ({error}); make the bundle again") from error
