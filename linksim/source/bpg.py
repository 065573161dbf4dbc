"""BPG, the baseline of this field: HEVC intra in a small container."""

from __future__ import annotations

from typing import Literal

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import digest_bytes
from linksim.source import bpg_container, bpg_embedded
from linksim.source.base import MAX_PIXELS, SourceCodec
from linksim.source.bpg_tools import BpgTools

VERSION = 1
"""Raised whenever the bytes of a picture, or the pixels of a stream, change."""

_DEEP_420_VERSION = 2
"""The same, of 4:2:0 above 8 bits: since 2 its chroma is rounded between its two filters, as libbpg does."""


class Bpg(SourceCodec):
    """BPG: genuine `.bpg` streams, quality = HEVC QP from 0 (best) to 51.

    `name` is "BPG", with what differs from YCbCr 4:4:4 of 8 bits appended ("BPG 4:2:0").

    Parameters
    ----------
    chroma : {"444", "420"}
        The learned-transmission literature calls `bpgenc -f 444`.
    bit_depth : {8, 10, 12}
        Bits per sample inside the codec.
    engine : {"embedded", "tools", "auto"}
        "embedded" needs nothing but PyAV, and is the default so that results do not depend on what
        is installed. "tools" runs `bpgenc` and `bpgdec` from PATH. "auto" takes the tools when
        both are there.
    preset : str
        Effort of x265 in the embedded engine. "placebo" saves 0.1 to 0.2 % of the bytes.
    tools_encoder : {"jctvc", "x265"}
        Encoder inside `bpgenc`; its x265 codes at QP - 3 and fails on pictures of 24x24 and below.
    colour : {"ycbcr", "ycgco"}
        "ycbcr" is what published baselines use. "ycgco" (with a chroma offset of its own, and transform skip) is
        closer at equal bytes in 4:4:4: on Kodak 0.04 dB at 0.1 to 0.5 and 0.24 dB at 2 to 4 bits a pixel, on 24
        colourful validation photographs of `photos` 0.08 to 0.18 dB; no picture loses more than 0.23 dB. It takes 1.3
        times as long (`python docs/bpg_colours.py`).

    Raises
    ------
    LinksimError
        If an option is unknown, or an engine is not installed.
    """

    qualities = range(52)

    def __init__(
        self,
        chroma: Literal["444", "420"] = "444",
        bit_depth: int = 8,
        engine: Literal["embedded", "tools", "auto"] = "embedded",
        preset: str = "slower",
        tools_encoder: Literal["jctvc", "x265"] = "jctvc",
        colour: Literal["ycbcr", "ycgco"] = "ycbcr",
    ):
        for option, value, known in (
            ("chroma", chroma, ("444", "420")),
            ("bit_depth", bit_depth, (8, 10, 12)),
            ("engine", engine, ("embedded", "tools", "auto")),
            ("preset", preset, bpg_embedded.PRESETS),
            ("tools_encoder", tools_encoder, ("jctvc", "x265")),
            ("colour", colour, ("ycbcr", "ycgco")),
        ):
            if value not in known:
                raise LinksimError(f"BPG has no {option}={value!r}; use one of {', '.join(map(str, known))}")
        self.chroma, self.bit_depth, self.preset, self.colour = chroma, bit_depth, preset, colour
        # What all the literature means by BPG is plain "BPG".
        self.name = "BPG" + " YCgCo" * (colour == "ycgco") + " 4:2:0" * (chroma == "420")
        self.name += f" {bit_depth} bit" * (bit_depth != 8)
        use_tools = engine == "tools" or (engine == "auto" and BpgTools.available())
        self._tools = BpgTools(chroma, bit_depth, tools_encoder, colour) if use_tools else None
        self.engine = "tools" if use_tools else "embedded"

    def fingerprint(self) -> str:
        """Hex digest of the options and of the versions of the libraries."""
        how = self._tools.versions() if self._tools else f"{self.preset}, {bpg_embedded.versions()}"
        version = _DEEP_420_VERSION if self.chroma == "420" and self.bit_depth > 8 else VERSION
        text = f"BPG {version}, {self.engine}, {self.chroma}, {self.bit_depth} bits, {how}"
        text += f", {self.colour}" * (self.colour != "ycbcr")
        return digest_bytes([text.encode()])  # of the text itself: it names the folders of caches that people have

    def encode_at(self, picture: np.ndarray, quality: int) -> bytes:
        self.check_quality(quality)
        picture = self.check_picture(picture)
        if self._tools:
            return self._tools.encode(picture, quality)
        space: Literal["bt601", "ycgco"] = "ycgco" if self.colour == "ycgco" else "bt601"
        return bpg_embedded.encode(picture, quality, self.chroma, self.bit_depth, self.preset, space)

    def decode(self, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        if self._tools:
            return self._tools.decode(data, max_pixels)
        return bpg_embedded.decode(data, max_pixels)

    def header_bytes(self, data: bytes) -> int:
        """Those of the BPG container, 12 to 19; the HEVC picture with its parameter set follows."""
        return bpg_container.header_length(data)
