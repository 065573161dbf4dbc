"""Bits per pixel of the full picture that codecs without loss take for what a base layer sends.

Kodak shrunk by 8, and every eighth label map of CamVid's test split: the table of docs/bits.md.
"""

import io
import lzma
from collections.abc import Callable, Iterable

import imagecodecs
import numpy as np
from PIL import Image

from linksim import images


def pillow(form: str, **options: object) -> Callable[[np.ndarray], int]:
    """Bytes of a file that Pillow writes."""

    def size(values: np.ndarray) -> int:
        file = io.BytesIO()
        Image.fromarray(values).save(file, form, **options)
        return len(file.getvalue())

    return size


LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 9}]
CODECS: dict[str, Callable[[np.ndarray], int]] = {
    "JPEG XL": lambda v: len(imagecodecs.jpegxl_encode(v, lossless=True, effort=9, usecontainer=False)),
    "WebP": pillow("WEBP", lossless=True, quality=100, method=6),
    "JPEG 2000": lambda v: len(imagecodecs.jpeg2k_encode(v, level=0, reversible=True)),
    "JPEG-LS": lambda v: len(imagecodecs.jpegls_encode(v)),
    "PNG": pillow("PNG", optimize=True),
    "LZMA": lambda v: len(lzma.compress(v.tobytes(), format=lzma.FORMAT_RAW, filters=LZMA)),
}


def shrunk(pixels: np.ndarray) -> np.ndarray:
    """The means of 8x8 pixels."""
    height, width = (n // 8 for n in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


def row(what: str, maps: Iterable[np.ndarray], pixels: int) -> None:
    """Print a row of the table."""
    maps = [np.ascontiguousarray(values) for values in maps]
    bits = {name: 8 * sum(map(size, maps)) / pixels for name, size in CODECS.items()}
    print(what, *(f"{name} {value:.3f}" for name, value in bits.items()), sep=" | ")


if __name__ == "__main__":
    kodak = images.load("kodak")
    row("small picture", (shrunk(p.pixels) for p in kodak), sum(p.size[0] * p.size[1] for p in kodak))
    labels = [one.labels for one in images.load_labelled("camvid", "test")[::8]]
    row("label map", labels, sum(v.size for v in labels))
