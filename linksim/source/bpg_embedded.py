"""BPG without bpgenc: x265 through PyAV encodes one HEVC picture, libavcodec decodes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Literal

import numpy as np

from linksim.errors import LinksimError
from linksim.source.bitio import split_nal_units
from linksim.source.bpg_container import FORMATS, BpgFile, parse
from linksim.source.colour import planes_to_rgb, rgb_to_planes
from linksim.source.hevc import (
    IDR,
    PPS,
    SPS,
    CodingTools,
    end_of_sequence,
    nal_unit_type,
    skips_transform_and_quantisation,
    vps,
)

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")

# One picture, constant QP, best mean squared error, nothing but the picture in the stream. What
# x265 tunes for the eye (psy-rd, aq) costs up to 0.7 dB of PSNR; its info SEI costs 2.3 kB.
_OPTIONS = (
    "keyint=1:hash=0:aud=0:wpp=0:pools=none:frame-threads=1:ipratio=1:aq-mode=0:cutree=0:psy-rd=0:psy-rdoq=0:"
    "amp=1:rect=1:bframes=0:rc-lookahead=0:repeat-headers=1:allow-non-conformance=1:log-level=none"
)
# A BPG side of at most 8 would be coded as 8, which x265 refuses: there the smallest block is 16.
_BLOCKS = "min-cu-size=8"
_BLOCKS_TINY = "min-cu-size=16:ctu=16:max-tu-size=16:tu-intra-depth=1:tu-inter-depth=1"

# An error of Co weighs 2/3 of one of Y or Cg in the squared error of R, G and B; drawn shapes need no transform.
_YCGCO_OPTIONS = "crqpoffs=1:tskip=1"


def encode(
    picture: np.ndarray,
    qp: int,
    chroma: str,
    bit_depth: int,
    preset: str,
    colour_space: Literal["bt601", "ycgco"] = "bt601",
) -> bytes:
    """One picture as a `.bpg` file.

    Parameters
    ----------
    picture : uint8 [H, W, 3]
    qp : int
        HEVC quantisation parameter, 0 (best) to 51.
    chroma : {"444", "420"}
    bit_depth : {8, 10, 12}
    preset : str
        Of x265.
    colour_space : {"bt601", "ycgco"}

    Raises
    ------
    LinksimError
        If x265 refuses, for instance a picture beyond its largest size.
    """
    height, width, _ = picture.shape
    tiny = min(height, width) <= 8
    block = 16 if tiny else 8
    planes = rgb_to_planes(picture, chroma, bit_depth, colour_space)
    coded = -(-height // block) * block, -(-width // block) * block
    options = [_OPTIONS, _BLOCKS_TINY if tiny else _BLOCKS, f"info=0:qp={qp}"]
    options += [_YCGCO_OPTIONS] * (colour_space == "ycgco")
    units = split_nal_units(_run_x265(planes, coded, chroma, bit_depth, preset, ":".join(options)))
    tools = [CodingTools.from_sps(unit) for unit in units if nal_unit_type(unit) == SPS]
    if len(tools) != 1 or tools[0].min_cb != block:
        raise LinksimError("x265 wrote a stream that BPG cannot carry; install another version of av")
    return BpgFile(
        height=height,
        width=width,
        chroma=chroma,
        bit_depth=bit_depth,
        colour_space=colour_space,
        limited_range=False,
        tools=tools[0],
        nal_units=[unit for unit in units if nal_unit_type(unit) in (PPS, *IDR)],
    ).to_bytes()


def decode(data: bytes, max_pixels: int) -> np.ndarray:
    """The picture of a `.bpg` file, by this encoder or by the real one; `uint8 [H, W, 3]`.

    Time and memory are bounded by the size that the header states, and that by `max_pixels`.
    Damage inside the picture is not noticed: what comes out is then some picture.

    Raises
    ------
    LinksimError
        If the file is damaged in a way that shows, is too large, or is not supported: MPEG-2 chroma positions, alpha,
        animation, 11, 13 or 14 bits, lossless coding with range extensions.
    """
    file = parse(data, max_pixels)
    chroma_format = FORMATS.index(file.chroma)
    block = file.tools.min_cb
    coded = -(-file.height // block) * block, -(-file.width // block) * block
    if file.bit_depth not in (8, 9, 10, 12):
        raise LinksimError(f"BPG of {file.bit_depth} bits is not supported; encode with 8, 10 or 12")
    picture = _first_picture(file.nal_units)
    _check_lossless(file.tools, picture)
    sps = file.tools.to_sps(chroma_format, file.bit_depth, *coded)
    # A slice that is cut off makes libavcodec read on past it, into whatever the memory holds; with
    # a unit behind the slice it does not, and damaged files too decode to the same pixels every time.
    units = [vps(), sps, *picture, end_of_sequence()]
    planes = _run_libavcodec(b"".join(b"\0\0\0\1" + unit for unit in units), *coded, chroma_format, file.bit_depth)
    return planes_to_rgb(
        planes, file.height, file.width, file.chroma, file.bit_depth, file.colour_space, file.limited_range
    )


@cache
def versions() -> str:
    """Versions of PyAV, libavcodec and x265: bytes repeat across runs, not across these."""
    av = import_av()
    planes = [np.full((16, 16), 128, np.uint8)] * 3
    stream = _run_x265(planes, (16, 16), "444", 8, "ultrafast", f"{_OPTIONS}:{_BLOCKS}:info=1:qp=51")
    # x265 says its version only in the stream, in its info SEI.
    found = re.search(rb"x265 \(build (\d+)\) - ([^:]*):", stream)
    x265 = f"{found[1].decode()} {found[2].decode()}" if found else "unknown"
    libavcodec = ".".join(map(str, av.library_versions["libavcodec"]))
    return f"av {av.__version__}, libavcodec {libavcodec}, x265 {x265}"


def import_av() -> Any:
    """PyAV, imported late: its wheels link x265, which is under the GPL, and take their time to load."""
    try:
        import av
    except ImportError as error:
        raise LinksimError(f"BPG needs PyAV ({error}): run `pip install av`") from None
    return av


def _run_x265(
    planes: Sequence[np.ndarray], coded: tuple[int, int], chroma: str, bit_depth: int, preset: str, options: str
) -> bytes:
    """Code planes, padded here by edge replication to `coded` (H, W), into an Annex-B stream."""
    av = import_av()
    pixel_format = f"yuv{chroma}p" + ("" if bit_depth == 8 else f"{bit_depth}le")
    height, width = coded
    try:
        frame = av.VideoFrame(width, height, pixel_format)
        for i, plane in enumerate(planes):
            # Chroma is padded after subsampling.
            halves = 2 if i and chroma == "420" else 1
            _write_plane(frame.planes[i], plane, height // halves, width // halves)
        context = av.CodecContext.create("libx265", "w")
        context.width, context.height, context.pix_fmt = width, height, pixel_format
        context.time_base = Fraction(1, 25)
        context.options = {"preset": preset, "x265-params": options}
        packets = [*context.encode(frame), *context.encode(None)]
    except (av.error.FFmpegError, ValueError, MemoryError) as error:
        raise LinksimError(f"x265 refused a {width}x{height} picture ({error}); use a smaller picture") from None
    return b"".join(bytes(packet) for packet in packets)


def _write_plane(target: Any, plane: np.ndarray, height: int, width: int) -> None:
    rows = np.frombuffer(target, plane.dtype).reshape(-1, target.line_size // plane.itemsize)
    rows[:height, :width] = np.pad(plane, ((0, height - plane.shape[0]), (0, width - plane.shape[1])), mode="edge")


def _first_picture(units: Sequence[bytes]) -> list[bytes]:
    """The PPS and slices of the first picture.

    Parameter sets in the file are dropped: another SPS could state another size. So are all slices
    from the second picture on: a short file could ask for thousands of pictures.
    """
    kept, started = [], False
    for unit in units:
        unit_type = nal_unit_type(unit)
        if unit_type in IDR and len(unit) > 2:
            if unit[2] & 0x80:  # first_slice_segment_in_pic_flag
                if started:
                    break
                started = True
            kept.append(unit)
        elif unit_type == PPS:
            kept.append(unit)
    if not started:
        raise LinksimError("the BPG file holds no picture; send the stream again: it is damaged")
    return kept


def _check_lossless(tools: CodingTools, units: Sequence[bytes]) -> None:
    """Refuse what libavcodec decodes wrongly and without a word: range extensions in blocks coded without loss.

    It does not rotate their residuals, and smooths block edges that implicit RDPCM leaves alone (H.265, 8.4.4.2.6).
    `bpgenc -lossless` of HM writes such files; that of x265 uses no range extension, and decodes exactly.
    """
    if tools.range_flags and any(skips_transform_and_quantisation(u) for u in units if nal_unit_type(u) == PPS):
        raise LinksimError(
            "lossless BPG with HEVC range extensions is not supported; use engine='tools', or encode with `-e x265`"
        )


def _run_libavcodec(stream: bytes, height: int, width: int, chroma_format: int, bit_depth: int) -> list[np.ndarray]:
    """Decode one HEVC picture to its planes, `uint8` or `uint16`: views of the decoder's memory."""
    av = import_av()
    try:
        context = av.CodecContext.create("hevc", "r")
        context.thread_count = 1
        frames = [*context.decode(av.Packet(stream)), *context.decode(None)]
    except (av.error.FFmpegError, ValueError, MemoryError) as error:
        raise LinksimError(f"the BPG picture cannot be decoded ({error}); send the stream again") from None
    if not frames or (frames[0].height, frames[0].width) != (height, width):
        raise LinksimError("the BPG picture cannot be decoded; send the stream again: it is damaged")
    dtype = np.dtype(np.uint8 if bit_depth == 8 else np.uint16)
    planes = []
    for i, plane in enumerate(frames[0].planes[: 1 if chroma_format == 0 else 3]):
        rows = np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)
        halves_down = 2 if i and chroma_format == 1 else 1
        halves_across = 2 if i and chroma_format in (1, 2) else 1
        planes.append(rows[: height // halves_down, : width // halves_across])
    return planes
