"""SSIM and MS-SSIM against a literal transcription of their definitions and what follows from them."""

import numpy as np
import pytest

from linksim import metrics
from linksim.errors import LinksimError

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def photo(side=256):
    """Smooth shapes, edges and texture."""
    y, x = np.mgrid[:side, :side] / side
    planes = [128 + 80 * np.sin(9 * x + 4 * y), 255.0 * ((x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.1), 200 * x * y]
    texture = np.random.default_rng(3).normal(0, 6, (side, side, 3))
    return np.clip(np.stack(planes, -1) + texture, 0, 255).astype(np.uint8)


def noisy(picture, sigma, seed=0):
    return np.clip(picture + np.random.default_rng(seed).normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)


def brute_force(x, y):
    """Means over window positions of SSIM and of its contrast-structure term, one window at a time."""
    g = np.array([[np.exp(-(i * i + j * j) / (2 * 1.5**2)) for i in range(-5, 6)] for j in range(-5, 6)])
    g /= g.sum()
    ssim, cs = [], []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            ma, mb = (g * a).sum(), (g * b).sum()
            va, vb, cov = (g * (a - ma) ** 2).sum(), (g * (b - mb) ** 2).sum(), (g * (a - ma) * (b - mb)).sum()
            cs.append((2 * cov + C2) / (va + vb + C2))
            ssim.append((2 * ma * mb + C1) / (ma**2 + mb**2 + C1) * cs[-1])
    return np.mean(ssim), np.mean(cs)


def halve(p):
    """Means of 2x2 blocks, one block at a time; a last odd row or column meets itself."""
    h, w = p.shape
    last = np.pad(p, ((0, 1), (0, 1)), mode="edge")
    return np.array([[last[i : i + 2, j : j + 2].mean() for j in range(0, w, 2)] for i in range(0, h, 2)])


@pytest.mark.parametrize("sigma", [0, 5, 60])
def test_ssim_is_the_published_formula(sigma):
    a = photo()[100:119, 90:114]
    b = noisy(a, sigma)
    expected = np.mean([brute_force(a[..., c].astype(float), b[..., c].astype(float))[0] for c in range(3)])
    assert metrics.get("ssim")(a[None], b[None])[0] == pytest.approx(expected, abs=1e-10)


def test_ssim_agrees_with_scikit_image():
    from skimage.metrics import structural_similarity

    a, b = photo(96), noisy(photo(96), 20)
    other = structural_similarity(
        a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert metrics.get("ssim")(a[None], b[None])[0] == pytest.approx(other, abs=1e-10)


@pytest.mark.parametrize("shape", [(161, 161), (164, 173)])
def test_ms_ssim_is_the_published_formula(shape):
    """With odd sides at several scales."""
    a = photo()[: shape[0], : shape[1]]
    b = noisy(a, 30)
    values = []
    for c in range(3):
        x, y, value = a[..., c].astype(float), b[..., c].astype(float), 1.0
        for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
            ssim, cs = brute_force(x, y)
            value *= (ssim if scale == 4 else cs) ** weight
            x, y = halve(x), halve(y)
        values.append(value)
    assert metrics.get("ms_ssim")(a[None], b[None])[0] == pytest.approx(np.mean(values), abs=1e-9)


@pytest.mark.parametrize("dark, bright", [(0, 255), (100, 120)])
def test_flat_pictures_leave_only_luminance(dark, bright):
    """No structure to compare: SSIM is its luminance term, on every scale the same."""
    a = np.full((1, 170, 165, 3), dark, np.uint8)
    b = np.full((1, 170, 165, 3), bright, np.uint8)
    luminance = (2.0 * dark * bright + C1) / (dark**2 + bright**2 + C1)
    assert metrics.get("ssim")(a, b)[0] == pytest.approx(luminance, rel=1e-9)
    assert metrics.get("ms_ssim")(a, b)[0] == pytest.approx(luminance**0.1333, rel=1e-9)


def test_identity_is_one():
    a = photo()[None]
    assert metrics.get("ssim")(a, a)[0] == pytest.approx(1, abs=1e-12)
    assert metrics.get("ms_ssim")(a, a)[0] == pytest.approx(1, abs=1e-12)
    assert metrics.get("ms_ssim_db")(a, a)[0] == 100.0


def test_a_negative_is_structurally_opposite():
    a = photo()[None]
    assert metrics.get("ssim")(a, ~a)[0] < 0
    assert metrics.get("ms_ssim")(a, ~a)[0] == 0.0
    assert metrics.get("ms_ssim_db")(a, ~a)[0] == 0.0


def test_decibel_form():
    a, b = photo()[None], noisy(photo(), 15)[None]
    value = metrics.get("ms_ssim")(a, b)[0]
    assert 0.5 < value < 1
    assert metrics.get("ms_ssim_db")(a, b)[0] == pytest.approx(-10 * np.log10(1 - value))


@pytest.mark.parametrize("name, side", [("ssim", 11), ("ms_ssim", 161), ("ms_ssim_db", 161)])
def test_smallest_picture(name, side):
    """Below it there is an error, and no quiet change of window or scales."""
    a = photo()
    assert np.isfinite(metrics.get(name)(a[None, :side, :side], a[None, :side, :side]))
    with pytest.raises(LinksimError, match=f"at least {side}x{side}, not {side - 1}x200"):
        metrics.get(name)(a[None, : side - 1, :200], a[None, : side - 1, :200])
