"""JPEG and JPEG 2000."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFile

from linksim.errors import LinksimError
from linksim.source import Jpeg, Jpeg2000, RdCurves


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
    assert RdCurves(Jpeg2000()).best_within(photo, budget).psnr > RdCurves(Jpeg()).best_within(photo, budget).psnr + 1


def test_a_stream_of_another_codec_is_refused(crop):
    jpeg, jpeg2000 = Jpeg().encode_at(crop(16, 16), 50), Jpeg2000().encode_at(crop(16, 16), 20)
    for codec, stream in ((Jpeg(), jpeg2000), (Jpeg2000(), jpeg)):
        with pytest.raises(LinksimError):
            codec.decode(stream)


def test_a_side_too_long_for_jpeg_is_refused():
    assert Jpeg().decode(Jpeg().encode_at(np.zeros((1, 65_500, 3), np.uint8), 10)).shape == (1, 65_500, 3)
    with pytest.raises(LinksimError, match="sides must not exceed 65500"):
        Jpeg().encode_at(np.zeros((1, 65_501, 3), np.uint8), 10)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (64, 64), (200, 300), (301, 517), (3, 20_000)])
def test_jpeg_codes_noise_at_high_quality(size, psnr, capfd):
    """The stream is longer than a byte or two per pixel, for which Pillow's own buffer is made."""
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    before = ImageFile.MAXBLOCK
    for quality in range(85, 101, 5):
        stream = Jpeg().encode_at(noise, quality)
        assert psnr(Jpeg().decode(stream), noise) > 25
    assert ImageFile.MAXBLOCK == before
    assert capfd.readouterr().err == ""  # libjpeg prints where its buffer is too small


def test_jpeg_codes_the_most_costly_picture():
    """Pixels that are black or white at random in every channel fill all coefficients."""
    picture = np.random.default_rng(2).integers(0, 2, (256, 256, 3), dtype=np.uint8) * np.uint8(255)
    stream = Jpeg().encode_at(picture, 100)
    assert np.abs(Jpeg().decode(stream).astype(int) - picture).mean() < 1


def test_another_failure_of_jpeg_says_what_it_was(monkeypatch, crop):
    def fail(self, *args, **kwargs):
        raise OSError("no room")

    monkeypatch.setattr(Image.Image, "save", fail)
    before = ImageFile.MAXBLOCK
    with pytest.raises(LinksimError, match=r"8x9 picture at quality 50 \(no room\)"):
        Jpeg().encode_at(crop(8, 9), 50)
    assert ImageFile.MAXBLOCK == before
