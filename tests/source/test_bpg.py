"""The embedded BPG engine: genuine files out, genuine files in."""

import dataclasses
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linksim.errors import LinksimError
from linksim.source import Bpg, Jpeg, Jpeg2000, base, bpg_embedded
from linksim.source.bitio import split_nal_units, write_ue7
from linksim.source.bpg_container import BpgFile, parse
from linksim.source.colour import planes_to_rgb, rgb_to_planes
from linksim.source.hevc import IDR, PPS, SPS, CodingTools, nal_unit_type

SIZES = [(1, 1), (1, 5), (5, 1), (2, 3), (8, 8), (9, 8), (16, 16), (17, 19), (1, 5000), (5000, 9), (111, 77), (64, 64)]


def vectors():
    """Files that the real bpgenc 0.9.8 wrote, beside what the real bpgdec made of them."""
    data = os.environ.get("LINKSIM_DATA")
    folder = Path(data).resolve().parent / "reference" / "bpg_vectors" if data else None
    files = sorted(folder.glob("*.bpg")) if folder and folder.is_dir() else []
    if not files:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no $LINKSIM_DATA/../reference/bpg_vectors here"))]
    return [pytest.param(file, id=file.stem) for file in files]


@pytest.mark.parametrize("file", vectors())
def test_files_of_the_real_bpgenc_decode_to_the_pixels_of_the_real_bpgdec(file):
    expected = np.asarray(Image.open(file.with_suffix(".png")).convert("RGB"))
    assert np.array_equal(Bpg().decode(file.read_bytes()), expected)


@pytest.mark.parametrize("file", vectors())
def test_a_real_file_taken_apart_and_put_together_is_the_same_file(file):
    """Header fields, their lengths, NAL units and start codes are laid out as bpgenc does."""
    data = file.read_bytes()
    assert parse(data, 10**6).to_bytes() == data


@pytest.mark.parametrize(
    "chroma, bit_depth, colour",
    [("444", 8, "ycbcr"), ("420", 8, "ycbcr"), ("444", 10, "ycbcr"), ("420", 12, "ycbcr"), ("444", 8, "ycgco")],
)
@pytest.mark.parametrize("height, width", SIZES)
def test_every_size_comes_back(height, width, chroma, bit_depth, colour, crop, psnr):
    picture, codec = crop(height, width), Bpg(chroma, bit_depth, colour=colour)
    decoded = {qp: codec.decode(codec.encode_at(picture, qp)) for qp in (4, 30, 51)}
    assert all(picture.shape == other.shape and other.dtype == np.uint8 for other in decoded.values())
    assert psnr(decoded[4], picture) > (45 if chroma == "444" else 36)
    assert psnr(decoded[30], picture) > 28


@pytest.mark.parametrize("chroma", ["444", "420"])
@pytest.mark.parametrize("size", [(64, 64), (16, 48), (111, 77), (8, 200)])
def test_repackaging_changes_no_pixel(size, chroma, crop, monkeypatch):
    """The rebuilt parameter sets decode to the very planes that x265's own stream decodes to."""
    streams = []
    run_x265 = bpg_embedded._run_x265
    monkeypatch.setattr(bpg_embedded, "_run_x265", lambda *args: streams.append(run_x265(*args)) or streams[-1])
    picture = crop(*size)
    data = Bpg(chroma).encode_at(picture, 25)
    tools = [CodingTools.from_sps(unit) for unit in split_nal_units(streams[0]) if nal_unit_type(unit) == SPS]
    assert parse(data, 10**6).tools == tools[0]
    coded = [-(-side // tools[0].min_cb) * tools[0].min_cb for side in size]
    planes = bpg_embedded._run_libavcodec(streams[0], *coded, 3 if chroma == "444" else 1, 8)
    assert np.array_equal(Bpg().decode(data), planes_to_rgb(planes, *size, chroma, 8))


def test_the_file_is_genuine_and_small(crop):
    """Magic, 4:4:4 of 8 bits, BT.601 full range, size, then the picture: 35 bytes and a bit for a 32x32 flat one."""
    data = Bpg().encode_at(np.full((32, 33, 3), 120, np.uint8), 51)
    assert data[:6] == b"BPG\xfb\x60\x00" and data[6:9] == b"\x21\x20\x00"
    assert len(data) < 45
    assert Bpg("420").encode_at(crop(8, 8), 40)[4] == 0x20
    assert Bpg(bit_depth=10).encode_at(crop(8, 8), 40)[4] == 0x62


def test_the_same_picture_gives_the_same_bytes(photo):
    assert Bpg().encode_at(photo, 28) == Bpg().encode_at(photo, 28)


def test_finer_quantisation_is_longer_and_better(photo, psnr):
    codec = Bpg()
    streams = [codec.encode_at(photo, qp) for qp in range(51, -1, -10)]
    quality = [psnr(codec.decode(stream), photo) for stream in streams]
    assert sorted(map(len, streams)) == list(map(len, streams)) and sorted(quality) == quality


def test_bpg_beats_jpeg_at_equal_bytes(photo, psnr):
    """By several dB at 0.5 bits per pixel, as every comparison of the two finds."""
    budget = photo.shape[0] * photo.shape[1] // 16
    best = {}
    for codec in (Bpg(preset="medium"), Jpeg()):
        for quality in codec.qualities[::2]:
            stream = codec.encode_at(photo, quality)
            if len(stream) <= budget:
                best[codec.name] = max(best.get(codec.name, 0.0), psnr(codec.decode(stream), photo))
    assert best["BPG"] > best["JPEG"] + 3


def test_444_beats_420_where_bytes_are_plenty(crop, psnr):
    """Halved chroma bounds the quality that 4:2:0 can reach."""
    picture = crop(96, 96)
    best = [psnr(Bpg(chroma).decode(Bpg(chroma).encode_at(picture, 4)), picture) for chroma in ("444", "420")]
    assert best[0] > best[1] + 2


def test_ycgco_shows_more_at_equal_bytes(photo, psnr):
    """The rows of its transform are nearly orthogonal, with nearly equal weight in the error of R, G and B."""
    ycbcr, ycgco = Bpg(), Bpg(colour="ycgco")
    curves = []
    for codec in (ycbcr, ycgco):
        streams = [codec.encode_at(photo, qp) for qp in (22, 19, 16, 13)]
        curves.append(([np.log(len(data)) for data in streams], [psnr(codec.decode(data), photo) for data in streams]))
    (plain_bytes, plain_db), (other_bytes, other_db) = curves
    within = [i for i, size in enumerate(other_bytes) if plain_bytes[0] <= size <= plain_bytes[-1]]
    assert len(within) >= 2
    assert all(other_db[i] > np.interp(other_bytes[i], plain_bytes, plain_db) + 0.05 for i in within)
    # Who receives a stream need not be told.
    assert parse(streams[0], 10**6).colour_space == "ycgco"
    assert psnr(ycbcr.decode(streams[0]), photo) == other_db[0]


def test_a_grey_file_decodes(crop):
    """Pixel format 0, which `bpgenc` writes for grey pictures: luma alone, coded here by x265."""
    import av

    picture = crop(40, 56)
    grey = picture[..., 1]
    frame = av.VideoFrame(56, 40, "gray")
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(40, -1)
    rows[:, :56] = grey
    context = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = 56, 40, "gray"
    context.time_base = Fraction(1, 25)
    context.options = {"x265-params": f"{bpg_embedded._OPTIONS}:min-cu-size=8:info=0:qp=10"}
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    units = split_nal_units(stream)
    header = next(CodingTools.from_sps(unit) for unit in units if nal_unit_type(unit) == SPS).to_bpg()
    rest = b"\0\0\1".join(unit for unit in units if nal_unit_type(unit) in (34, 19, 20))
    data = b"BPG\xfb\x00\x00" + write_ue7(56) + write_ue7(40) + b"\0" + write_ue7(len(header)) + header + rest
    decoded = Bpg().decode(data)
    assert (decoded == decoded[..., :1]).all()
    assert np.abs(decoded[..., 0].astype(int) - grey).mean() < 2


def test_extension_data_is_skipped_and_a_stated_length_is_honoured(crop):
    """EXIF and the like stand between header and picture; bytes after the picture are not its."""
    data = Bpg().encode_at(crop(20, 30), 30)
    picture = data[9:]
    extended = data[:5] + b"\x08" + data[6:8] + write_ue7(len(picture)) + b"\x05hello" + picture + b"trailing"
    assert np.array_equal(Bpg().decode(extended), Bpg().decode(data))


@pytest.mark.parametrize(
    "position, value, word",
    [(4, 0x70, "alpha"), (5, 0x04, "alpha"), (5, 0x01, "animated"), (4, 0x80, "MPEG-2"), (4, 0x6D, "21 bits|exist")],
)
def test_what_is_not_supported_is_named(position, value, word, crop):
    data = bytearray(Bpg().encode_at(crop(20, 30), 40))
    data[position] = value
    with pytest.raises(LinksimError, match=word):
        Bpg().decode(bytes(data))


@pytest.mark.parametrize(
    "options", [{"chroma": "422"}, {"bit_depth": 9}, {"engine": "hm"}, {"preset": "fastest"}, {"colour": "rgb"}]
)
def test_an_unknown_option_is_refused_with_what_there_is(options):
    with pytest.raises(LinksimError, match="use one of"):
        Bpg(**options)


def test_legends_tell_variants_apart():
    assert [codec.name for codec in (Bpg(), Bpg("420"), Bpg("420", 10))] == ["BPG", "BPG 4:2:0", "BPG 4:2:0 10 bit"]
    assert Bpg(colour="ycgco").name == "BPG YCgCo"


def test_the_fingerprint_names_versions_and_options():
    """x265 of another version writes other bytes: it must not share a cache."""
    assert "x265 " in bpg_embedded.versions() and "unknown" not in bpg_embedded.versions()
    others = (Bpg("420"), Bpg(bit_depth=10), Bpg(preset="placebo"), Bpg(colour="ycgco"))
    prints = {codec.fingerprint() for codec in (Bpg(), *others)}
    assert len(prints) == 5 and Bpg().fingerprint() == Bpg().fingerprint()


@pytest.mark.parametrize("chroma, bit_depth", [("444", 8), ("420", 8), ("444", 10)])
def test_lossless_files_decode_exactly_or_are_refused(chroma, bit_depth, crop):
    """x265 codes without loss and without range extensions; with them libavcodec decodes wrongly, and says nothing."""
    planes = rgb_to_planes(crop(64, 64), chroma, bit_depth)
    options = f"{bpg_embedded._OPTIONS}:min-cu-size=8:info=0:lossless=1"
    units = split_nal_units(bpg_embedded._run_x265(planes, (64, 64), chroma, bit_depth, "medium", options))
    tools = next(CodingTools.from_sps(unit) for unit in units if nal_unit_type(unit) == SPS)
    kept = [unit for unit in units if nal_unit_type(unit) in (PPS, *IDR)]
    file = BpgFile(64, 64, chroma, bit_depth, "bt601", False, tools, kept)
    assert np.array_equal(Bpg().decode(file.to_bytes()), planes_to_rgb(planes, 64, 64, chroma, bit_depth))
    for flags in (0b100000000, 0b001000000, 0b000000010):  # rotation, implicit RDPCM, persistent Rice parameters
        other = dataclasses.replace(file, tools=dataclasses.replace(tools, range_flags=flags))
        with pytest.raises(LinksimError, match="lossless BPG with HEVC range extensions"):
            Bpg().decode(other.to_bytes())


@pytest.mark.parametrize("codec", [Bpg(), Jpeg(), Jpeg2000()], ids=["bpg", "jpeg", "jpeg2000"])
def test_a_picture_that_no_decoder_would_take_is_not_coded(codec, crop, monkeypatch):
    monkeypatch.setattr(base, "MAX_PIXELS", 99)
    with pytest.raises(LinksimError, match="10x10 is more than the 99 pixels"):
        codec.encode_at(crop(10, 10), codec.qualities[40])
