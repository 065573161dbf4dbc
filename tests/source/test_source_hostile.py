"""Bytes from a channel: a picture or a LinksimError, soon, in little memory, the same every time."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source import Bpg, Jpeg, Jpeg2000
from linksim.source.bitio import write_ue7
from linksim.source.bpg_container import parse

CODECS = [(Bpg(), 30), (Bpg("420"), 30), (Jpeg(), 40), (Jpeg2000(), 60)]


@pytest.fixture(params=CODECS, ids=["bpg", "bpg420", "jpeg", "jpeg2000"])
def codec_and_stream(request, crop):
    codec, quality = request.param
    return codec, codec.encode_at(crop(64, 96), quality)


def damaged(stream, rng):
    """Cut off, bits flipped, or the end random; half of the time within the headers."""
    kind, reach = rng.integers(3), min(len(stream), 90) if rng.integers(2) else len(stream)
    data = bytearray(stream)
    if kind == 0:
        return bytes(data[: rng.integers(reach)])
    if kind == 1:
        for position in rng.integers(reach, size=3):
            data[position] ^= 1 << rng.integers(8)
    else:
        start = rng.integers(reach)
        data[start:] = rng.bytes(len(data) - start)
    return bytes(data)


def test_damaged_streams_end_in_a_picture_or_an_error(codec_and_stream):
    codec, stream = codec_and_stream
    rng = np.random.default_rng(7)
    for _ in range(400):
        data = damaged(stream, rng)
        start = time.process_time()
        try:
            picture = codec.decode(data, max_pixels=1 << 20)
            assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.size <= 3 << 20
        except LinksimError as error:
            assert "\n" not in str(error)
        assert time.process_time() - start < 5


def test_random_bytes_are_refused(codec_and_stream):
    codec, stream = codec_and_stream
    rng = np.random.default_rng(8)
    for size in (0, 1, 2, 5, 6, 7, 40, 1000):
        with pytest.raises(LinksimError):
            codec.decode(rng.bytes(size))
        with pytest.raises(LinksimError):
            codec.decode(stream[:4] + bytes(size))


def test_a_picture_beyond_the_bound_is_refused(codec_and_stream):
    codec, stream = codec_and_stream
    assert codec.decode(stream, max_pixels=64 * 96).shape == (64, 96, 3)
    with pytest.raises(LinksimError, match="64x96"):
        codec.decode(stream, max_pixels=64 * 96 - 1)


def test_a_short_file_that_claims_a_huge_picture_is_refused_at_once(crop):
    data = Bpg().encode_at(crop(64, 96), 40)
    start = time.process_time()
    for sides in ((2**32 - 1, 2**32 - 1), (2**31, 1), (1, 2**26 + 1), (0, 5)):
        with pytest.raises(LinksimError):
            Bpg().decode(data[:6] + b"".join(map(write_ue7, sides)) + data[8:])
    assert time.process_time() - start < 1


def test_another_parameter_set_or_ten_thousand_pictures_in_a_file_change_nothing(crop):
    """The size is what the header states, and only the first picture is decoded."""
    data = Bpg().encode_at(crop(64, 96), 40)
    expected = Bpg().decode(data)
    start = data.index(b"\0\0\1")
    big = Bpg().encode_at(crop(128, 128), 40)
    sps = parse(big, 10**6).tools.to_sps(3, 8, 128, 128)
    assert np.array_equal(Bpg().decode(data[:start] + b"\0\0\1" + sps + data[start:]), expected)
    begun = time.process_time()
    assert np.array_equal(Bpg().decode(data + 10_000 * data[start:]), expected)
    assert time.process_time() - begun < 2


def test_a_jpeg_with_scan_after_scan_is_refused(crop):
    """Each scan costs a walk over the picture, and only some bytes of the stream."""
    data = Jpeg().encode_at(crop(16, 16), 50)
    scan = data[data.index(b"\xff\xda") : -2]
    with pytest.raises(LinksimError, match="scans"):
        Jpeg().decode(data[:-2] + 50 * scan + data[-2:])


def test_jpeg_2000_with_tiles_or_layers_is_refused(crop):
    data = bytearray(Jpeg2000().encode_at(crop(64, 64), 40))
    layers = data.index(b"\xff\x52") + 6
    data[layers : layers + 2] = b"\xff\xff"
    with pytest.raises(LinksimError, match="header"):
        Jpeg2000().decode(bytes(data))


_DECODE_CUT = """
import sys, hashlib, numpy as np
from linksim.source import Bpg
data = open(sys.argv[1], "rb").read()
print([hashlib.sha256(Bpg().decode(data[:n])).hexdigest() for n in range(60, len(data), 97)])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="MALLOC_PERTURB_ is of glibc")
def test_a_cut_off_picture_decodes_to_the_same_pixels_whatever_the_memory_held(crop, tmp_path):
    file = tmp_path / "picture.bpg"
    file.write_bytes(Bpg().encode_at(crop(128, 128), 20))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _DECODE_CUT, str(file)],
            env={**os.environ, "MALLOC_PERTURB_": str(fill)},
            capture_output=True,
            check=True,
        ).stdout
        for fill in (0, 90, 165)
    }
    assert len(outputs) == 1


def test_decoders_are_silent(codec_and_stream, capfd):
    """Complaints of libavcodec, x265 and libjpeg about damage do not reach the user's terminal."""
    codec, stream = codec_and_stream
    rng = np.random.default_rng(9)
    for _ in range(30):
        try:
            codec.decode(damaged(stream, rng), max_pixels=1 << 20)
        except LinksimError:
            pass
    assert capfd.readouterr() == ("", "")
