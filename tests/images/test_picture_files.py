"""Files become uint8 RGB by the stated rules, or an error that names them."""

import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linksim import images
from linksim.errors import LinksimError
from linksim.images import files
from linksim.images.files import picture_paths, read_folder, read_picture

RNG = np.random.default_rng(7)


def rgb(height=6, width=9):
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(array, path, mode=None, **options):
    image = Image.fromarray(array)
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


def write_png(path, samples, colour_type, extra=b""):
    """A 16-bit PNG by hand, filter 0: uint16 [H, W, C], colour type as in the PNG specification."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def on_white(colour, alpha):
    colour, alpha = colour.astype(float), alpha[..., None] / 255
    return np.rint(colour * alpha + 255 * (1 - alpha)).astype(np.uint8)


@pytest.mark.parametrize("height, width", [(6, 9), (1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("suffix, options", [(".png", {}), (".webp", {"lossless": True})])
def test_lossless_files_keep_every_sample(tmp_path, height, width, suffix, options):
    pixels = rgb(height, width)
    picture = read_picture(save(pixels, tmp_path / f"a b{suffix}", **options))
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.name == "a b"
    assert picture.pixels.flags.c_contiguous


def test_jpeg(tmp_path):
    pixels = np.full((20, 30, 3), (200, 100, 50), np.uint8)
    got = read_picture(save(pixels, tmp_path / "a.JPG", quality=95)).pixels
    assert np.abs(got.astype(int) - pixels).max() <= 3


def test_grey_is_repeated(tmp_path):
    grey = rgb()[..., 0]
    np.testing.assert_array_equal(read_picture(save(grey, tmp_path / "a.png")).pixels, np.stack([grey] * 3, -1))


def test_one_bit_is_black_and_white(tmp_path):
    bits = rgb()[..., 0] > 127
    np.testing.assert_array_equal(
        read_picture(save(bits, tmp_path / "a.png")).pixels, np.stack([bits * np.uint8(255)] * 3, -1)
    )


def test_palette(tmp_path):
    image = Image.fromarray(rgb()).quantize(16)
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, np.asarray(image.convert("RGB")))


def test_transparent_palette_entry_is_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=0)
    assert read_picture(tmp_path / "a.png").pixels.tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_colour_key_is_white(tmp_path):
    pixels = np.array([[[1, 2, 3], [1, 2, 4]]], np.uint8)
    save(pixels, tmp_path / "a.png", transparency=(1, 2, 3))
    assert read_picture(tmp_path / "a.png").pixels.tolist() == [[[255, 255, 255], [1, 2, 4]]]


def test_alpha_is_composited_on_white(tmp_path):
    """Every alpha with many colours: the nearest integer to c a + 255 (1 - a)."""
    alpha = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 40, axis=1)
    colour = rgb(256, 40)
    save(np.dstack([colour, alpha]), tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, on_white(colour, alpha))


def test_grey_with_alpha(tmp_path):
    grey, alpha = rgb()[..., 0], rgb()[..., 0]
    save(np.dstack([grey, alpha]), tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, on_white(np.stack([grey] * 3, -1), alpha))


def test_webp_with_alpha(tmp_path):
    rgba = np.dstack([rgb(), np.full((6, 9), 128, np.uint8)])
    save(rgba, tmp_path / "a.webp", lossless=True)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.webp").pixels, on_white(rgba[..., :3], rgba[..., 3]))


@pytest.mark.parametrize("channels, colour_type", [(1, 0), (3, 2), (2, 4), (4, 6)])
def test_sixteen_bit_is_rounded_to_the_nearest_level(tmp_path, channels, colour_type):
    """Grey, RGB, grey + alpha, RGBA; cutting off the lower byte would be half a level too dark."""
    wide = RNG.integers(0, 65536, (50, 60, channels), dtype=np.uint16)
    wide[0, :4] = np.array([0, 128, 129, 65535])[:, None]  # 128.5 is the first step: 0, 0, 1, 255
    narrow = np.rint(wide / 257).astype(np.uint8)
    colour = np.broadcast_to(narrow[..., : 1 if channels < 3 else 3], (50, 60, 3))
    expected = on_white(colour, narrow[..., -1]) if channels in (2, 4) else colour
    np.testing.assert_array_equal(read_picture(write_png(tmp_path / "a.png", wide, colour_type)).pixels, expected)


@pytest.mark.parametrize("key, colour_type", [((300,), 0), ((300, 400, 500), 2)])
def test_sixteen_bit_colour_key(tmp_path, key, colour_type):
    """All 16 bits decide: a neighbour that rounds to the same 8 bits stays opaque."""
    body = b"tRNS" + np.array(key, ">u2").tobytes()
    extra = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    wide = np.array([[key, np.array(key) + 1]], np.uint16)
    got = read_picture(write_png(tmp_path / "a.png", wide, colour_type, extra)).pixels
    assert got[0, 0].tolist() == [255, 255, 255]
    assert got[0, 1].max() <= 2


def test_cmyk(tmp_path):
    """Full cyan is no red; Pillow's plain conversion, no profile."""
    ink = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    ink.save(tmp_path / "a.jpg", quality=95)
    got = read_picture(tmp_path / "a.jpg").pixels.astype(int)
    assert np.abs(got - [0, 255, 255]).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("wide", [False, True])
def test_exif_orientation_is_applied(tmp_path, orientation, wide):
    """As Pillow's own ImageOps.exif_transpose does, which reads 8-bit files only."""
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = rgb(4, 7)
    save(pixels, tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    if wide:
        body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
        extra = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        write_png(tmp_path / "a.png", pixels.astype(np.uint16) * 257, 2, extra)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, expected)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_first_frame_of_an_animation(tmp_path, suffix):
    frames = [Image.fromarray(np.full((8, 8, 3), v, np.uint8)) for v in (10, 200)]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    assert (read_picture(tmp_path / f"a{suffix}").pixels == 10).all()


def test_colour_profile_is_ignored(tmp_path):
    from PIL import ImageCms

    pixels = rgb()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    np.testing.assert_array_equal(read_picture(save(pixels, tmp_path / "a.png", icc_profile=lab)).pixels, pixels)


def test_content_decides_and_not_the_suffix(tmp_path):
    pixels = rgb()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    np.testing.assert_array_equal(read_picture(tmp_path / "a.jpg").pixels, pixels)


def broken_files(folder: Path):
    photo = np.asarray(Image.fromarray(rgb(8, 8)).resize((64, 64)))
    for suffix in ("png", "jpg", "webp"):
        whole = save(photo, folder / f"whole.{suffix}").read_bytes()
        for share in (0.02, 0.5, 0.95):
            yield f"cut{share}.{suffix}", whole[: int(len(whole) * share)]
    png = (folder / "whole.png").read_bytes()
    yield "flipped.png", png[:200] + bytes([png[200] ^ 1]) + png[201:]
    yield "noend.png", png[:-12]
    wide = write_png(folder / "wide.png", np.zeros((30, 30, 3), np.uint16), 2).read_bytes()
    yield "wide.png", wide[:60] + wide[64:]
    yield "text.png", b"This is no picture.\n"
    yield "empty.jpg", b""
    yield "page.webp", b"<!DOCTYPE html><title>404</title>"
    gif = io.BytesIO()
    Image.fromarray(photo).save(gif, "GIF")
    yield "gif.png", gif.getvalue()


def test_broken_files_are_named(tmp_path):
    (tmp_path / "in").mkdir()
    for name, content in broken_files(tmp_path):
        path = tmp_path / "in" / name
        path.write_bytes(content)
        with pytest.raises(LinksimError) as error:
            read_picture(path)
        message = str(error.value)
        assert name in message and message.endswith("replace or remove it") and "\n" not in message
        assert path.read_bytes() == content


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "wide.png"])
def test_flipped_bytes_give_a_picture_or_a_named_error(tmp_path, suffix):
    """Whatever the bytes: a picture, or one LinksimError."""
    if suffix == "wide.png":
        path = write_png(tmp_path / "a.wide.png", rgb(8, 8).astype(np.uint16) * 257, 2)
    else:
        path = save(rgb(8, 8), tmp_path / f"a.{suffix}", exif=Image.Exif())
    whole = path.read_bytes()
    for _ in range(150):
        content = bytearray(whole)
        for position in RNG.integers(0, len(whole), RNG.integers(1, 4)):
            content[position] = RNG.integers(256)
        path.write_bytes(content)
        try:
            assert read_picture(path).pixels.dtype == np.uint8
        except LinksimError as error:
            assert path.name in str(error)


def test_a_broken_file_in_a_folder_is_not_skipped(tmp_path):
    save(rgb(), tmp_path / "a.png")
    (tmp_path / "b.png").write_text("text")
    with pytest.raises(LinksimError, match="b.png"):
        images.load(tmp_path)
    assert len(images.load(tmp_path, limit=1)) == 1  # only what is asked for is read


def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    """A file of 100 bytes that claims 2^31 x 2^10 pixels, and one just above the limit."""
    path = write_png(tmp_path / "bomb.png", np.zeros((1, 1, 3), np.uint16), 2)
    content = bytearray(path.read_bytes())
    for size in [(2**31 - 1, 1024), (10000, 10000)]:
        content[16:24] = struct.pack(">II", *size)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        path.write_bytes(content)
        with pytest.raises(LinksimError, match="bomb.png has more than 67108864 pixels; crop or shrink it"):
            read_picture(path)
    monkeypatch.setattr(files, "MAX_PIXELS", 53)
    with pytest.raises(LinksimError, match="more than 53"):
        read_picture(save(rgb(6, 9), tmp_path / "a.png"))
    assert read_picture(save(rgb(5, 9), tmp_path / "a.png")).size == (5, 9)


def test_missing_file(tmp_path):
    with pytest.raises(LinksimError, match="nothing.png is not a file"):
        read_picture(tmp_path / "nothing.png")


def test_folder_order_is_natural(tmp_path):
    for name in ["p10.png", "p2.png", "p1.webp", "Q3.png", "²x.png", "p02.png"]:
        save(rgb(), tmp_path / name)
    assert [p.name for p in picture_paths(tmp_path)] == ["p1.webp", "p02.png", "p2.png", "p10.png", "Q3.png", "²x.png"]


def test_folder_ignores_what_is_no_picture(tmp_path):
    save(rgb(), tmp_path / "a.png")
    (tmp_path / "readme.txt").write_text("text")
    (tmp_path / ".hidden.png").write_text("text")
    (tmp_path / "inner.png").mkdir()
    assert [p.name for p in read_folder(tmp_path)] == ["a"]


def test_names_in_a_folder_are_unique(tmp_path):
    for name in ["a.png", "a.webp", "b.png"]:
        save(rgb(), tmp_path / name)
    assert [p.name for p in read_folder(tmp_path)] == ["a.png", "a.webp", "b"]


def test_folder_without_pictures(tmp_path):
    with pytest.raises(LinksimError, match="holds no picture; put .png"):
        images.load(tmp_path)


@pytest.mark.parametrize("channels", [3, 4])
def test_reading_takes_little_memory_beside_the_picture(tmp_path, channels):
    """With an alpha channel it once took forty bytes a pixel."""
    save(np.full((2048, 2048, channels), 99, np.uint8), tmp_path / "a.png")
    tracemalloc.start()
    try:
        read_picture(tmp_path / "a.png")
        assert tracemalloc.get_traced_memory()[1] < 3 * 2048 * 2048 + (52 << 20)
    finally:
        tracemalloc.stop()


def test_names_that_are_no_utf_8_are_written_out(tmp_path):
    """They go into tables, figures and JSON, none of which takes what Python makes of such bytes."""
    path = save(rgb(), Path(os.fsdecode(os.fsencode(tmp_path) + b"/p\xff.png")))
    assert read_picture(path).name == "p\\xff"
    assert [p.name for p in read_folder(tmp_path)] == ["p\\xff"]
