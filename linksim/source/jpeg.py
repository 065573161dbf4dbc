"""JPEG through Pillow (libjpeg-turbo): 4:4:4, optimised Huffman tables, no metadata."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import PIL
from PIL import Image, features

from linksim.errors import LinksimError
from linksim.source.base import MAX_PIXELS, SourceCodec, check_picture

_VERSION = 1  # raise it when the bytes of the same picture change
# libjpeg walks over the whole picture once per scan, however short the scan: bound their number.
_MAX_SCANS = 16
_START_OF_SCAN = b"\xff\xda"


class Jpeg(SourceCodec):
    """Baseline JPEG, quality from 100 (best) to 1 on the scale of libjpeg."""

    name = "JPEG"
    qualities = range(100, 0, -1)

    def fingerprint(self) -> str:
        library = features.version_feature("libjpeg_turbo") or features.version_codec("jpg")
        text = f"JPEG {_VERSION}, 444, optimised, Pillow {PIL.__version__}, libjpeg {library}"
        return hashlib.sha256(text.encode()).hexdigest()

    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        self.check_quality(quality)
        out = io.BytesIO()
        try:
            Image.fromarray(check_picture(picture)).save(out, "JPEG", quality=quality, subsampling=0, optimize=True)
        except (OSError, ValueError) as error:
            raise LinksimError(f"JPEG cannot code this picture ({error}): its sides must not exceed 65535") from None
        return out.getvalue()

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        if data.count(_START_OF_SCAN) > _MAX_SCANS:
            raise LinksimError(f"the JPEG stream has more than {_MAX_SCANS} scans: encode it with fewer")
        return decode_with_pillow(data, "JPEG", max_pixels)


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
        raise LinksimError(f"this is not a readable {file_format} stream ({_one_line(error)}): send it again") from None
    with image:
        width, height = image.size
        if width * height > max_pixels:
            raise LinksimError(
                f"the {file_format} stream says {height}x{width} pixels, more than the {max_pixels} allowed: "
                "raise max_pixels if that is right"
            )
        try:
            return np.array(image.convert("RGB"))
        except Exception as error:
            raise LinksimError(
                f"the {file_format} picture cannot be decoded ({_one_line(error)}): send the stream again"
            ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
