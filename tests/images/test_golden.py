"""Pixels of fixed files under the reading rules, pinned to their VERSION."""

import struct
import zlib

import numpy as np
from PIL import Image

from linksim import images
from linksim.images import files
from linksim.pixels import pixel_digest

WHERE = "linksim/images/files.py"


def ramp(height: int, width: int, channels: int, step: int, modulus: int) -> np.ndarray:
    count = height * width * channels
    return (np.arange(count) * step % modulus).reshape(height, width, channels)


def png(depth: int, colour_type: int, samples: np.ndarray, extra: bytes = b"") -> bytes:
    """A PNG written by hand, filter 0 (PNG specification, sections 5 and 11)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in samples)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_golden_reading_rules(golden, tmp_path):
    """16 bits are rounded, transparency is laid on white, grey is expanded, orientation is applied."""
    files_by_name = {
        "grey-16": png(16, 0, ramp(3, 4, 1, 9973, 65_536)),
        "colour-16": png(16, 2, ramp(3, 4, 3, 6007, 65_536)),
        "alpha-16": png(16, 6, ramp(3, 4, 4, 5003, 65_536)),
        "alpha-8": png(8, 6, ramp(3, 4, 4, 37, 256)),
        "grey-alpha-8": png(8, 4, ramp(3, 4, 2, 41, 256)),
    }
    pixels = []
    for name, content in files_by_name.items():
        (tmp_path / f"{name}.png").write_bytes(content)
        pixels.append(images.read_picture(tmp_path / f"{name}.png").pixels)
    turned = Image.fromarray(ramp(3, 4, 3, 7, 256).astype(np.uint8))
    exif = turned.getexif()
    exif[0x0112] = 8
    turned.save(tmp_path / "turned.png", exif=exif)
    pixels.append(images.read_picture(tmp_path / "turned.png").pixels.swapaxes(0, 1))
    golden.check("images-reading-rules", files.VERSION, np.stack(pixels), WHERE)


def test_golden_samples(golden):
    """The built-in photographs, by which a newcomer compares with us."""
    pictures = images.load("sample")
    rows = [[p.name, str(p.size), pixel_digest(p.pixels)[:16]] for p in pictures if p.name != "rocket"]
    golden.check("images-sample", files.VERSION, rows, WHERE)
    (rocket,) = [p for p in pictures if p.name == "rocket"]
    # The only JPEG: decoders differ by a level here and there.
    golden.check("images-sample-jpeg", files.VERSION, rocket.pixels[::16, ::16].mean(axis=2), WHERE, atol=2.0)
