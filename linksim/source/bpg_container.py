"""The BPG file format: header in, header out (Bellard, BPG Specification 0.9.5)."""

from __future__ import annotations

from dataclasses import dataclass

from linksim.errors import LinksimError
from linksim.source.bitio import read_ue7, split_nal_units, write_ue7
from linksim.source.hevc import CodingTools

MAGIC = b"BPG\xfb"
FORMATS = ("grey", "420", "422", "444")  # index = chroma_format_idc of HEVC
COLOUR_SPACES = ("bt601", "rgb", "ycgco", "bt709", "bt2020")


@dataclass(frozen=True)
class BpgFile:
    """A BPG file taken apart.

    Parameters
    ----------
    height, width : int
        Of the picture, in pixels.
    chroma : {"grey", "420", "422", "444"}
        Chroma of 4:2:0 and 4:2:2 sits between the luma samples, as in JPEG.
    bit_depth : int
        8 to 14.
    colour_space : {"bt601", "rgb", "ycgco", "bt709", "bt2020"}
    limited_range : bool
        Whether luma runs from 16 to 235 instead of 0 to 255.
    tools : CodingTools
    nal_units : list of bytes
        The HEVC picture without VPS and SPS, start codes removed.
    """

    height: int
    width: int
    chroma: str
    bit_depth: int
    colour_space: str
    limited_range: bool
    tools: CodingTools
    nal_units: list[bytes]

    def to_bytes(self) -> bytes:
        """The file, byte for byte as the real `bpgenc` lays it out."""
        fields = bytes(
            [
                FORMATS.index(self.chroma) << 5 | self.bit_depth - 8,
                COLOUR_SPACES.index(self.colour_space) << 4 | self.limited_range << 1,
            ]
        )
        header = self.tools.to_bpg()
        picture = write_ue7(len(header)) + header + b"\0\0\1".join(self.nal_units)
        # Length 0: the picture runs to the end of the file, which saves a byte or two.
        return MAGIC + fields + write_ue7(self.width) + write_ue7(self.height) + write_ue7(0) + picture


def parse(data: bytes, max_pixels: int) -> BpgFile:
    """Take a BPG file apart; nothing is decoded or allocated yet.

    Raises
    ------
    LinksimError
        If the file is no BPG file, is damaged, holds more than `max_pixels` pixels, or uses what
        is not supported: alpha, CMYK, animation, MPEG-2 chroma positions.
    """
    if data[:4] != MAGIC:
        raise LinksimError("this is not a BPG file (it does not start with 'BPG\\xfb'); pass a .bpg stream")
    if len(data) < 6:
        raise LinksimError("the BPG header is cut off; send the stream again: it is truncated")
    pixel_format, alpha1, bit_depth = data[4] >> 5, data[4] >> 4 & 1, 8 + (data[4] & 15)
    colour, extension, alpha2 = data[5] >> 4, data[5] >> 3 & 1, data[5] >> 2 & 1
    limited_range, animation = bool(data[5] >> 1 & 1), data[5] & 1
    if pixel_format > 5 or bit_depth > 14 or colour >= len(COLOUR_SPACES):
        raise LinksimError("the BPG header holds a format that does not exist; send the stream again: it is damaged")
    if pixel_format > 3:
        raise LinksimError("BPG with MPEG-2 chroma positions is not supported; encode with `bpgenc -f 420` or 444")
    if alpha1 or alpha2:
        raise LinksimError("BPG with alpha or CMYK is not supported; encode a plain RGB picture")
    if animation:
        raise LinksimError("animated BPG is not supported; encode one picture")
    if (pixel_format == 0 and colour) or (pixel_format != 3 and COLOUR_SPACES[colour] == "rgb"):
        raise LinksimError(
            "the BPG header names a colour space that its format cannot have; send the stream again: it is damaged"
        )

    width, position = read_ue7(data, 6)
    height, position = read_ue7(data, position)
    if width == 0 or height == 0:
        raise LinksimError("the BPG file has no pixels; send the stream again: it is damaged")
    if width * height > max_pixels:
        raise LinksimError(
            f"the BPG file says {height}x{width} pixels, more than the {max_pixels} allowed; "
            "raise max_pixels if that is right"
        )
    length, position = read_ue7(data, position)
    if extension:
        skip, position = read_ue7(data, position)
        position += skip
    header_length, start = read_ue7(data, position)
    end = position + length if length else len(data)
    if start + header_length > min(end, len(data)) or end > len(data):
        raise LinksimError("the BPG file is shorter than its header says; send the stream again: it is truncated")
    body = start + header_length
    return BpgFile(
        height=height,
        width=width,
        chroma=FORMATS[pixel_format],
        bit_depth=bit_depth,
        colour_space=COLOUR_SPACES[colour],
        limited_range=limited_range,
        tools=CodingTools.from_bpg(data[start:body]),
        nal_units=split_nal_units(data[body:end]),
    )


def header_length(data: bytes) -> int:
    """Bytes before the HEVC picture: magic, options, size and coding tools; 12 or 13 for sides below 128.

    Raises
    ------
    LinksimError
        If the file is damaged in a way that shows.
    """
    units = parse(data, 1 << 62).nal_units
    return len(data) - len(b"\0\0\1".join(units))
