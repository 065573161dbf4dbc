"""JPEG 2000 through Pillow (OpenJPEG): bare codestreams, 9/7 wavelet, one tile, one layer."""

from __future__ import annotations

import io
import struct

import numpy as np
import PIL
from PIL import Image, features

from linksim.errors import LinksimError
from linksim.identity import digest_bytes
from linksim.source.base import MAX_PIXELS, SourceCodec
from linksim.source.jpeg import decode_with_pillow

VERSION = 1
"""Raised whenever the bytes of a picture, or the pixels of a stream, change."""


# Rungs 7 % of the bytes apart: at most about 0.15 dB are lost between two of them.
_LARGEST_RATE = 16.0  # bits per pixel
_RUNG = 1.07
_NUM_RUNGS = 104  # down to 0.015 bits per pixel
_HEADERS = 140  # bytes around the coded picture, which the encoder counts into the rate

# Marker codes (ITU-T T.800, table A.2)
_SOC, _SIZ, _COD, _QCD, _COM, _SOT, _SOD = 0xFF4F, 0xFF51, 0xFF52, 0xFF5C, 0xFF64, 0xFF90, 0xFF93
_MAX_LEVELS = 5


class Jpeg2000(SourceCodec):
    """JPEG 2000 in as few bytes as it gets: no JP2 boxes, no comment.

    Quality 0 aims at 16 bits per pixel beside the headers, each next one at 1/1.07 of them, down
    to quality 103. Streams may miss their aim by some bytes; budgets are held against what they have.
    """

    name = "JPEG2000"
    qualities = range(_NUM_RUNGS)

    def fingerprint(self) -> str:
        """Hex digest of the options and of the versions of the libraries."""
        library = features.version_codec("jpg_2000")
        ladder = f"{_LARGEST_RATE} {_RUNG} {_NUM_RUNGS} {_HEADERS}"
        text = f"JPEG2000 {VERSION}, {ladder}, Pillow {PIL.__version__}, openjpeg {library}"
        return digest_bytes([text.encode()])  # of the text itself: it names the folders of caches that people have

    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        self.check_quality(quality)
        picture = self.check_picture(picture)
        height, width, _ = picture.shape
        target = _HEADERS + height * width * _LARGEST_RATE / 8 / _RUNG**quality
        out = io.BytesIO()
        try:
            Image.fromarray(picture).save(
                out,
                "JPEG2000",
                no_jp2=True,
                quality_mode="rates",
                quality_layers=[max(1.0, picture.size / target)],
                irreversible=True,
                mct=1,  # without the colour transform it loses 3 dB
                codeblock_size=(64, 64),
                num_resolutions=min(_MAX_LEVELS + 1, min(height, width).bit_length()),
            )
        except (OSError, ValueError) as error:
            raise LinksimError(f"JPEG 2000 cannot code this {height}x{width} picture ({error}); use JPEG") from None
        return _without_comment(out.getvalue())

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """As in `SourceCodec`; takes codestreams of the kind that `encode_at` writes.

        Others are refused: tiles, layers and precincts are ways to make a short stream cost much
        time and memory.
        """
        height, width = _check_header(data)
        if width * height > max_pixels:
            raise LinksimError(
                f"the JPEG 2000 stream says {height}x{width} pixels, more than the {max_pixels} allowed; "
                "raise max_pixels if that is right"
            )
        return decode_with_pillow(data, "JPEG2000", max_pixels)


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """Markers of the main header up to the first SOT: (code, start, end), markers included."""
    found, position = [], 2
    if data[:2] != _SOC.to_bytes(2, "big"):
        raise LinksimError("this is not a JPEG 2000 codestream; pass the bytes that encode() returned")
    while position + 4 <= len(data):
        code, length = struct.unpack_from(">HH", data, position)
        end = position + 2 + length
        found.append((code, position, end))
        if code == _SOT:
            return found
        position = end
    raise LinksimError("the JPEG 2000 header is cut off; send the stream again: it is truncated")


def _without_comment(stream: bytes) -> bytes:
    """Drop the 39 bytes in which OpenJPEG names itself."""
    for code, start, end in _segments(stream):
        if code == _COM:
            return stream[:start] + stream[end:]
    return stream


def _check_header(data: bytes) -> tuple[int, int]:
    """(H, W) of a codestream of the kind that this encoder writes; LinksimError for any other."""
    segments = _segments(data)
    height, width = 0, 0
    legal = [code for code, _, _ in segments if code != _COM] == [_SIZ, _COD, _QCD, _SOT]
    for code, start, end in segments:
        body = data[start + 4 : end]
        if code == _SIZ and legal and len(body) == 45:
            _, width, height, x0, y0, tile_w, tile_h, tile_x, tile_y, parts = struct.unpack_from(">H8IH", body)
            one_tile = (tile_w, tile_h) == (width, height) and not any((x0, y0, tile_x, tile_y))
            legal = one_tile and width > 0 and height > 0 and parts == 3 and body[36:] == b"\x07\x01\x01" * 3
        elif code == _COD and legal and len(body) == 10:
            # No precincts or markers, one layer, colour transform, 64x64 blocks of plain style, 9/7.
            style, order, layers, transform, levels, *blocks = struct.unpack(">BBHBB4B", body)
            legal = (style, order, layers, transform, blocks) == (0, 0, 1, 1, [4, 4, 0, 0]) and levels <= _MAX_LEVELS
        elif code == _SOT and legal and len(body) == 8:
            legal = struct.unpack_from(">H", body)[0] == 0 and data[end : end + 2] == _SOD.to_bytes(2, "big")
        elif code not in (_QCD, _COM):
            legal = False
    if not legal:
        raise LinksimError(
            "the JPEG 2000 header is not one that this encoder writes; send the stream again: it is damaged"
        )
    return height, width
