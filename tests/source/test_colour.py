"""Colour conversion and chroma filters against plain floating-point arithmetic."""

import tracemalloc

import numpy as np
import pytest

from linksim.source import colour
from linksim.source.colour import DOUBLE, HALVE, planes_to_rgb, rgb_to_planes

BT601 = np.array([[0.299, 0.587, 0.114], [-0.299 / 1.772, -0.587 / 1.772, 0.5], [0.5, -0.587 / 1.402, -0.114 / 1.402]])
YCGCO = np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0, -0.5]])  # H.265, E.3.1, matrix_coeffs 8


@pytest.fixture(scope="module")
def colours():
    """All colours of a 52-step cube, and random ones, uint8 [H, 7, 3]."""
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    rest = np.random.default_rng(0).integers(0, 256, (200_000, 3), dtype=np.uint8)
    both = np.concatenate([cube, rest])
    return both[: len(both) // 7 * 7].reshape(-1, 7, 3)


def half_up(values):
    return np.floor(values + 0.5)


@pytest.mark.parametrize("space, matrix", [("bt601", BT601), ("ycgco", YCGCO)])
@pytest.mark.parametrize("bit_depth", [8, 10, 12])
def test_forward_is_full_range_and_rounded_half_up(colours, bit_depth, space, matrix):
    """Equal to float64 but where its value is within 0.002 of half a step: weights have 18 bits and more."""
    exact = colours @ matrix.T * ((2**bit_depth - 1) / 255) + np.array([0, 1, 1]) * 2 ** (bit_depth - 1)
    for plane, values in zip(rgb_to_planes(colours, "444", bit_depth, space), np.moveaxis(exact, -1, 0)):
        expected = np.clip(half_up(values), 0, 2**bit_depth - 1)
        sure = np.abs(values % 1 - 0.5) > 2e-3
        assert np.array_equal(plane[sure], expected[sure])
        assert np.abs(plane.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("bit_depth", [8, 10, 12])
def test_inverse_is_full_range_bt601_rounded_half_up(bit_depth):
    rng = np.random.default_rng(1)
    planes = rng.integers(0, 2**bit_depth, (3, 500, 400)).astype(np.uint16)
    centred = (planes - np.array([0, 1, 1])[:, None, None] * 2.0 ** (bit_depth - 1)) * 255 / (2**bit_depth - 1)
    exact = np.moveaxis(np.tensordot(np.linalg.inv(BT601), centred, 1), 0, -1)
    got = planes_to_rgb(planes, 500, 400, "444", bit_depth)
    sure = np.abs(exact % 1 - 0.5) > 2e-3
    assert np.array_equal(got[sure], np.clip(half_up(exact), 0, 255)[sure])


@pytest.mark.parametrize("space", ["bt601", "ycgco"])
def test_grey_stays_grey(space):
    """R = G = B gives chroma 128 exactly, and comes back exactly."""
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    y, cb, cr = rgb_to_planes(grey, "444", 8, space)
    assert np.array_equal(y[:, 0], np.arange(256)) and (cb == 128).all() and (cr == 128).all()
    assert np.array_equal(planes_to_rgb([y, cb, cr], 256, 1, "444", 8, space), grey)
    assert np.array_equal(planes_to_rgb([y], 256, 1, "grey", 8), grey)


def test_the_loss_of_8_bit_ycbcr_is_small(photo, psnr):
    """Rounding of YCbCr to 8 bits alone costs about 52 dB in 4:4:4."""
    assert psnr(planes_to_rgb(rgb_to_planes(photo, "444", 8), *photo.shape[:2], "444", 8), photo) > 51


@pytest.mark.parametrize("height, width", [(1, 1), (2, 2), (5, 1), (1, 6), (130, 67), (64, 64)])
def test_chroma_filters_equal_plain_convolution(height, width):
    """Down by 10 taps at full then 8-bit precision, up by 7 taps, edges replicated, strips invisible."""
    rng = np.random.default_rng(height * width)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    _, full, _ = rgb_to_planes(picture, "444", 8)
    y, half, cr = rgb_to_planes(picture, "420", 8)
    assert half.shape == ((height + 1) // 2, (width + 1) // 2)

    padded = np.pad(full.astype(int), 6, mode="edge")
    across = np.array([[np.dot(HALVE, row[2 + 2 * j : 12 + 2 * j]) for j in range(half.shape[1])] for row in padded])
    across = (across + 1) >> 1
    down = np.array([np.dot(HALVE, across[2 + 2 * i : 12 + 2 * i]) for i in range(half.shape[0])])
    assert np.array_equal(half, np.clip((down + 4096) >> 13, 0, 255))

    def double(samples):
        padded = np.pad(samples, ((3, 3), (0, 0)), mode="edge")
        out = [np.dot(DOUBLE[:: 1 if i % 2 else -1], padded[i // 2 : i // 2 + 7]) for i in range(2 * len(samples))]
        return np.array(out)

    up = [double(double(plane.astype(int)).T).T[:height, :width] for plane in (half, cr)]
    up = [np.clip((plane + 2048) >> 12, 0, 255).astype(np.uint8) for plane in up]
    assert np.array_equal(
        planes_to_rgb([y, half, cr], height, width, "420", 8), planes_to_rgb([y, *up], height, width, "444", 8)
    )


def test_both_chroma_filters_keep_a_flat_plane():
    assert sum(HALVE) == 128 and sum(DOUBLE) == 64


def test_other_colour_spaces_of_a_file():
    """RGB is stored as G, B, R; YCgCo and limited range follow their definitions; white is white in all."""
    planes = [np.full((1, 1), value, np.uint8) for value in (10, 20, 30)]
    assert planes_to_rgb(planes, 1, 1, "444", 8, "rgb")[0, 0].tolist() == [30, 10, 20]
    planes = [np.full((1, 1), value, np.uint8) for value in (100, 128 + 10, 128 - 30)]
    assert planes_to_rgb(planes, 1, 1, "444", 8, "ycgco")[0, 0].tolist() == [60, 110, 120]
    white = [np.full((1, 1), value, np.uint8) for value in (235, 128, 128)]
    for space in ("bt601", "bt709", "bt2020", "ycgco"):
        assert planes_to_rgb(white, 1, 1, "444", 8, space, limited_range=True)[0, 0].tolist() == [255, 255, 255]


def test_half_the_columns_only():
    """4:2:2: one chroma column for two luma columns; a flat one stays flat."""
    flat = [np.full((5, 7), 90, np.uint8), np.full((5, 4), 70, np.uint8), np.full((5, 4), 200, np.uint8)]
    full = [flat[0], np.full((5, 7), 70, np.uint8), np.full((5, 7), 200, np.uint8)]
    assert np.array_equal(planes_to_rgb(flat, 5, 7, "422", 8), planes_to_rgb(full, 5, 7, "444", 8))


@pytest.mark.parametrize("chroma", ["grey", "420", "422", "444"])
def test_tiles_are_invisible(chroma, monkeypatch):
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (21, 35, 3), dtype=np.uint8)
    planes = rng.integers(0, 1024, (3, 22, 36)).astype(np.uint16)
    shown = planes_to_rgb(planes, 21, 35, chroma, 10)
    coded = rgb_to_planes(picture, "420", 8)
    monkeypatch.setattr(colour, "_PIXELS", 48)
    monkeypatch.setattr(colour, "_COLUMNS", 8)
    assert np.array_equal(planes_to_rgb(planes, 21, 35, chroma, 10), shown)
    assert all(np.array_equal(a, b) for a, b in zip(rgb_to_planes(picture, "420", 8), coded))


@pytest.mark.parametrize("height, width", [(8, 1 << 18), (1 << 18, 8)])
def test_memory_is_bounded_by_the_picture_whatever_its_shape(height, width):
    """Beside the three planes, or the picture, no more than some tiles: a wide picture once took 46 bytes a pixel."""
    pixels = height * width
    planes = [np.full((height, width), 99, np.uint8), *[np.full((height // 2, width // 2), 99, np.uint8)] * 2]
    tracemalloc.start()
    try:
        picture = planes_to_rgb(planes, height, width, "420", 8)
        assert tracemalloc.get_traced_memory()[1] < 3 * pixels + (24 << 20)
        tracemalloc.reset_peak()
        rgb_to_planes(picture, "420", 8)
        assert tracemalloc.get_traced_memory()[1] < 8 * pixels + (24 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bit_depth", [10, 12])
def test_deep_chroma_is_rounded_to_14_bits_between_the_filters(bit_depth):
    """As libbpg 0.9.8 does (`interp2_vh`): rows first, 14 bits kept, then columns."""
    half = np.random.default_rng(4).integers(0, 2**bit_depth, (5, 6))
    padded = np.pad(half, 3, mode="edge")

    def double(samples, axis):
        lines = np.moveaxis(samples, axis, 0)
        count = 2 * (len(lines) - 6)
        taps = [DOUBLE if i % 2 else DOUBLE[::-1] for i in range(count)]
        return np.moveaxis(
            np.array([np.tensordot(taps[i], lines[i // 2 : i // 2 + 7], 1) for i in range(count)]), 0, axis
        )

    drop = bit_depth - 8
    down = (double(padded, 0) + 2 ** (drop - 1)) >> drop
    shift = 20 - bit_depth
    expected = np.clip((double(down, 1) + 2 ** (shift - 1)) >> shift, 0, 2**bit_depth - 1)
    planes = [np.full((10, 12), 2 ** (bit_depth - 1), np.uint16), half.astype(np.uint16), half[::-1].astype(np.uint16)]
    shown = planes_to_rgb(planes, 10, 12, "420", bit_depth)
    full = [planes[0], expected.astype(np.uint16), expected[::-1].astype(np.uint16)]
    assert np.array_equal(shown[..., 2], planes_to_rgb(full, 10, 12, "444", bit_depth)[..., 2])
