"""MSE and PSNR against closed forms."""

import numpy as np
import pytest

from linksim import metrics
from linksim.errors import LinksimError
from linksim.metrics import psnr_of_mse


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("offset", [1, 7, 200])
def test_constant_offset(offset):
    """A picture that is d too bright everywhere has MSE d^2 and PSNR 20 log10(255 / d)."""
    dark = noise(2, 9, 5, 3) % 50
    bright = dark + np.uint8(offset)
    for pair in [(dark, bright), (bright, dark)]:  # unsigned differences must not wrap
        np.testing.assert_array_equal(metrics.get("mse")(*pair), [offset**2] * 2)
        np.testing.assert_allclose(metrics.get("psnr")(*pair), 20 * np.log10(255 / offset))


def test_black_against_white_is_zero_decibel():
    black = np.zeros((1, 4, 4, 3), np.uint8)
    assert metrics.get("mse")(black, ~black) == [255.0**2]
    assert metrics.get("psnr")(black, ~black) == [0.0]


def test_one_sample_off_by_one():
    """MSE is a mean over H, W and the three channels."""
    a = np.zeros((1, 5, 7, 3), np.uint8)
    b = a.copy()
    b[0, 2, 3, 1] = 1
    assert metrics.get("mse")(a, b) == [1 / (5 * 7 * 3)]


def test_identical_pictures_are_capped_so_that_means_stay_finite():
    a = noise(3, 8, 8, 3)
    assert metrics.get("mse")(a, a).tolist() == [0.0] * 3
    assert metrics.get("psnr")(a, a).tolist() == [100.0] * 3
    assert psnr_of_mse(1e-12) == 100.0


def test_psnr_of_mse_takes_numbers_and_arrays():
    assert psnr_of_mse(255.0**2 / 1000) == pytest.approx(30.0)
    assert isinstance(psnr_of_mse(1), float)
    assert psnr_of_mse(np.ones((2, 3))).shape == (2, 3)
    assert np.isnan(psnr_of_mse(np.nan))
    with pytest.raises(LinksimError, match="at least 0"):
        psnr_of_mse(-1.0)


def test_mean_of_psnr_is_not_psnr_of_mean_mse():
    """Jensen: the mean of PSNRs is at least the PSNR of the mean MSE."""
    mse = np.array([10.0, 1000.0])
    assert psnr_of_mse(mse).mean() > psnr_of_mse(mse.mean()) + 1


@pytest.mark.parametrize("shape", [(300, 32, 32, 3), (3, 300, 400, 3), (2, 1, 5000, 3), (4, 1, 1, 3)])
def test_chunks_do_not_show(shape):
    """Small pictures by the hundred and pictures larger than a chunk: the plain formula, to the last bit."""
    a, b = noise(*shape, seed=1), noise(*shape, seed=2)
    plain = ((a.astype(np.int64) - b) ** 2).sum(axis=(1, 2, 3)) / np.prod(shape[1:])
    np.testing.assert_array_equal(metrics.get("mse")(a, b), plain)


def test_views_with_strides_are_read_right():
    a, b = noise(2, 10, 12, 3, seed=1), noise(2, 10, 12, 3, seed=2)
    crop = np.s_[::-1, 1:9:2, ::3]
    expected = metrics.get("mse")(a[crop].copy(), b[crop].copy())
    np.testing.assert_array_equal(metrics.get("mse")(a[crop], b[crop]), expected)
