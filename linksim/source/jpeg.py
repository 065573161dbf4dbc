"""JPEG through Pillow (libjpeg-turbo): 4:4:4, optimised Huffman tables, no metadata."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator

import numpy as np
import PIL
from PIL import Image, ImageFile, features

from linksim.errors import LinksimError
from linksim.identity import digest_bytes
from linksim.source.base import MAX_PIXELS, SourceCodec

VERSION = 1
"""Raised whenever the bytes of a picture, or the pixels of a stream, change."""

_MAX_SIDE = 65500  # of libjpeg
# Bytes per pixel that the stream gets room for. Noise at quality 100 takes 3.3. No stream takes 16: a
# coefficient has less than 8 + 11 bits on average, and stuffing at most doubles them.
_BUFFER = (4, 16)
_buffer_lock = threading.Lock()
# libjpeg walks over the whole picture once per scan, however short the scan: bound their number.
_MAX_SCANS = 16
_START_OF_SCAN = b"\xff\xda"


class Jpeg(SourceCodec):
    """Baseline JPEG, quality from 100 (best) to 1 on the scale of libjpeg."""

    name = "JPEG"
    qualities = range(100, 0, -1)

    def fingerprint(self) -> str:
        """Hex digest of the options and of the versions of the libraries."""
        library = features.version_feature("libjpeg_turbo") or features.version_codec("jpg")
        text = f"JPEG {VERSION}, 444, optimised, Pillow {PIL.__version__}, libjpeg {library}"
        return digest_bytes([text.encode()])  # of the text itself: it names the folders of caches that people have

    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        """As in `SourceCodec`; sides are at most 65500."""
        self.check_quality(quality)
        picture = self.check_picture(picture)
        height, width, _ = picture.shape
        if max(height, width) > _MAX_SIDE:
            raise LinksimError(
                f"JPEG cannot code a {height}x{width} picture: its sides must not exceed {_MAX_SIDE}; use another codec"
            )
        # The first buffer is nearly always enough.
        for i, bytes_per_pixel in enumerate(_BUFFER):
            out = io.BytesIO()
            try:
                with _buffer(bytes_per_pixel * (height + 7) * (width + 7)):
                    Image.fromarray(picture).save(out, "JPEG", quality=quality, subsampling=0, optimize=True)
                return out.getvalue()
            except (OSError, ValueError) as error:
                if i == len(_BUFFER) - 1:
                    raise LinksimError(
                        f"JPEG cannot code this {height}x{width} picture at quality {quality} ({_one_line(error)}); "
                        "use another codec, such as JPEG 2000"
                    ) from None
        raise AssertionError("unreachable")

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        if data.count(_START_OF_SCAN) > _MAX_SCANS:
            raise LinksimError(f"the JPEG stream has more than {_MAX_SCANS} scans; encode it with fewer")
        return decode_with_pillow(data, "JPEG", max_pixels)


@contextlib.contextmanager
def _buffer(size: int) -> Iterator[None]:
    """Let Pillow write streams of up to `size` bytes.

    With optimised Huffman tables, libjpeg writes the whole stream into one buffer. Pillow allows for one
    byte per pixel, or two from quality 95 on, which noise in 4:4:4 exceeds; `ImageFile.MAXBLOCK` is the
    only way to ask for more, and is global. The bytes of a stream do not depend on it.
    """
    with _buffer_lock:
        before = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(before, size)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = before


def decode_with_pillow(data: bytes, file_format: str, max_pixels: int) -> np.ndarray:
    """Decode a stream that must be of one format of Pillow; `uint8 [H, W, 3]`.

    Raises
    ------
    LinksimError
        If it is not, is damaged in a way that shows, or has more than `max_pixels` pixels.
    """
    # Pillow's parsers meet hostile headers with many kinds of exceptions (struct.error, KeyError,
    # SyntaxError, ...): whatever they raise, the stream is at fault.
    try:
        image = Image.open(io.BytesIO(data), formats=[file_format])
    except Exception as error:
        raise LinksimError(f"this is not a readable {file_format} stream ({_one_line(error)}); send it again") from None
    with image:
        width, height = image.size
        if width * height > max_pixels:
            raise LinksimError(
                f"the {file_format} stream says {height}x{width} pixels, more than the {max_pixels} allowed; "
                "raise max_pixels if that is right"
            )
        try:
            return np.array(image.convert("RGB"))
        except Exception as error:
            raise LinksimError(
                f"the {file_format} picture cannot be decoded ({_one_line(error)}); send the stream again"
            ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
