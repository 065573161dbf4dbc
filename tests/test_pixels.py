"""What a picture is, when two are the same, and how far apart two are."""

import hashlib

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.pixels import (
    PSNR_CAP_DB,
    check_pixels,
    mean_squared_error,
    mean_squared_errors,
    pixel_digest,
    psnr_of_mse,
)

RNG = np.random.default_rng(0)


def picture(*size: int) -> np.ndarray:
    return RNG.integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "pixels, got",
    [
        (None, "NoneType"),
        ([[[0, 0, 0]]], "list"),
        (np.zeros((4, 4), np.uint8), r"uint8 \[4, 4\]"),
        (np.zeros((4, 4, 4), np.uint8), r"uint8 \[4, 4, 4\]"),
        (np.zeros((0, 4, 3), np.uint8), r"uint8 \[0, 4, 3\]"),
        (np.zeros((4, 4, 3), np.float32), r"float32 \[4, 4, 3\]"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"uint8 \[1, 4, 4, 3\]"),
    ],
)
def test_what_is_no_picture_is_refused(pixels, got):
    with pytest.raises(LinksimError, match=f"the original is {got}; a picture is a uint8 array"):
        check_pixels(pixels, "the original")


def test_a_picture_passes_and_a_view_becomes_contiguous():
    p = picture(5, 7)
    assert check_pixels(p) is p
    view = check_pixels(p[::2, ::-1])
    assert view.flags.c_contiguous and np.array_equal(view, p[::2, ::-1])
    assert check_pixels(picture(1, 1)).shape == (1, 1, 3)


def test_the_digest_is_of_shape_and_pixels():
    p = picture(4, 6)
    assert pixel_digest(p) == hashlib.sha256(b"(4, 6, 3)" + p.tobytes()).hexdigest()
    assert len({pixel_digest(each) for each in (p, p ^ 1, p.reshape(6, 4, 3))}) == 3
    assert pixel_digest(p[:, ::-1]) == pixel_digest(p[:, ::-1].copy())


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (700, 500)])
def test_mse_is_the_mean_of_squares_exactly(size):
    a, b = picture(*size), picture(*size)
    exact = int(((a.astype(np.int64) - b) ** 2).sum()) / a.size
    assert mean_squared_error(a, b) == mean_squared_error(b, a) == exact
    assert mean_squared_error(a, a) == 0
    assert mean_squared_error(np.zeros_like(a), np.full_like(a, 255)) == 255**2


def test_mse_of_a_picture_does_not_depend_on_its_batch():
    a, b = RNG.integers(0, 256, (2, 9, 33, 31, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        mean_squared_errors(a, b), [mean_squared_error(x, y) for x, y in zip(a, b, strict=True)]
    )


def test_psnr_by_its_definition_and_capped():
    assert psnr_of_mse(255.0**2) == 0
    assert psnr_of_mse(1.0) == pytest.approx(48.1308036)
    assert psnr_of_mse(0.0) == PSNR_CAP_DB == 100
    assert psnr_of_mse(1e-30) == PSNR_CAP_DB
    assert np.all(psnr_of_mse(np.array([[0.0, 65025.0]])) == [[100, 0]])
    assert isinstance(psnr_of_mse(2.0), float) and np.isnan(psnr_of_mse(np.nan))


def test_a_negative_mse_is_refused():
    with pytest.raises(LinksimError, match="at least 0"):
        psnr_of_mse(np.array([1.0, -0.1]))
