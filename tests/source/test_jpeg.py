"""JPEG and JPEG 2000."""

import io

import numpy as np
import pytest
from PIL import Image

from linksim.errors import LinksimError
from linksim.source import Jpeg, Jpeg2000


@pytest.mark.parametrize("codec", [Jpeg(), Jpeg2000()], ids=["jpeg", "jpeg2000"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (8, 8), (17, 19), (1, 5000), (3000, 2), (111, 77)])
def test_every_size_comes_back(codec, size, crop, psnr):
    picture = crop(*size)
    first, last = codec.qualities[0], codec.qualities[-1]
    assert codec.decode(codec.encode_at(picture, last)).shape == picture.shape
    assert psnr(codec.decode(codec.encode_at(picture, first)), picture) > 40


def test_jpeg_is_444_without_metadata(photo):
    """One JFIF segment, no EXIF, no comment, no thumbnails; all components at full resolution."""
    data = Jpeg().encode_at(photo, 75)
    with Image.open(io.BytesIO(data)) as image:
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3
        assert set(image.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_jpeg_2000_is_a_bare_codestream_that_anyone_reads(photo):
    """SOC and SIZ at the start, no comment that names the encoder; OpenJPEG in imagecodecs reads the same."""
    imagecodecs = pytest.importorskip("imagecodecs")
    data = Jpeg2000().encode_at(photo, 40)
    assert data[:4] == b"\xff\x4f\xff\x51" and b"OpenJPEG" not in data
    theirs = imagecodecs.jpeg2k_decode(data).astype(int)
    assert np.abs(theirs - Jpeg2000().decode(data)).max() <= 1


def test_jpeg_2000_beats_jpeg_at_low_rate(photo):
    """At a quarter bit per pixel, as is well known."""
    budget = photo[..., 0].size // 32
    assert Jpeg2000().best_within(photo, budget).psnr > Jpeg().best_within(photo, budget).psnr + 1


def test_a_stream_of_another_codec_is_refused(crop):
    jpeg, jpeg2000 = Jpeg().encode_at(crop(16, 16), 50), Jpeg2000().encode_at(crop(16, 16), 20)
    for codec, stream in ((Jpeg(), jpeg2000), (Jpeg2000(), jpeg)):
        with pytest.raises(LinksimError):
            codec.decode(stream)


def test_a_side_too_long_for_jpeg_is_refused():
    with pytest.raises(LinksimError, match="65535"):
        Jpeg().encode_at(np.zeros((1, 70_000, 3), np.uint8), 10)
