"""What every metric promises."""

import subprocess
import sys

import numpy as np
import pytest

from linksim import metrics
from linksim.errors import LinksimError

NAMES = ["mse", "psnr", "ssim", "ms_ssim", "ms_ssim_db"]


def pair(batch, side=161):
    rng = np.random.default_rng(5)
    a = rng.integers(0, 256, (batch, side, side + 3, 3))
    b = np.clip(a + rng.normal(0, 20, a.shape) * np.arange(1, batch + 1)[:, None, None, None], 0, 255)
    return a.astype(np.uint8), b.astype(np.uint8)


def test_names_and_units():
    assert set(NAMES) <= set(metrics.names())
    assert {n: metrics.get(n).unit for n in NAMES} == dict(zip(NAMES, ["", "dB", "", "", "dB"]))
    assert [n for n in NAMES if not metrics.get(n).higher_is_better] == ["mse"]
    assert all(metrics.get(n).name == n and metrics.get(n).version >= 1 for n in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_value_depends_on_its_own_pair_only(name):
    """To the last bit: a sweep may batch pictures as it likes."""
    a, b = pair(3)
    together = metrics.get(name)(a, b)
    assert together.dtype == np.float64 and together.shape == (3,)
    apart = [metrics.get(name)(a[i : i + 1], b[i : i + 1])[0] for i in range(3)]
    assert together.tolist() == apart
    assert metrics.get(name)(a[:0], b[:0]).shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_symmetric_and_worse_with_more_noise(name):
    metric = metrics.get(name)
    a, b = pair(3)
    np.testing.assert_allclose(metric(a, b), metric(b, a), rtol=1e-12)
    steps = np.diff(metric(a, b))  # the noise grows with the index
    assert (steps < 0).all() if metric.higher_is_better else (steps > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_input_is_left_as_it_was(name):
    a, b = pair(1)
    before = a.copy(), b.copy()
    metrics.get(name)(a, b)
    assert (a == before[0]).all() and (b == before[1]).all()


@pytest.mark.parametrize(
    "reference, reconstruction, said",
    [
        (np.zeros((1, 200, 200, 3)), np.zeros((1, 200, 200, 3), np.uint8), "reference is float64"),
        (np.zeros((1, 200, 200, 3), np.uint8), np.zeros((1, 200, 200, 3), np.float32), "reconstruction is float32"),
        ([[1]], np.zeros((1, 200, 200, 3), np.uint8), "reference is list"),
        (np.zeros((200, 200, 3), np.uint8), np.zeros((200, 200, 3), np.uint8), r"shape \[200, 200, 3\]"),
        (np.zeros((1, 200, 200, 1), np.uint8), np.zeros((1, 200, 200, 1), np.uint8), r"pass \[B, H, W, 3\]"),
        (np.zeros((1, 0, 200, 3), np.uint8), np.zeros((1, 0, 200, 3), np.uint8), r"pass \[B, H, W, 3\]"),
        (np.zeros((1, 200, 200, 3), np.uint8), np.zeros((2, 200, 200, 3), np.uint8), "one size"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_wrong_input_is_named(name, reference, reconstruction, said):
    """Broadcasting a shape or wrapping a float would give a number that means nothing."""
    with pytest.raises(LinksimError, match=f"^{name}: .*{said}"):
        metrics.get(name)(reference, reconstruction)


def test_unknown_metric_lists_the_known():
    with pytest.raises(LinksimError, match="'psnrr'.*mse, psnr, ssim"):
        metrics.get("psnrr")


def test_a_name_is_taken_once():
    with pytest.raises(LinksimError, match="already"):
        metrics.register(metrics.get("psnr"))


def test_metrics_and_pictures_load_no_framework():
    """And none of the libraries that they need only when something is computed or read."""
    heavy = ["tensorflow", "keras", "sionna", "torch", "skimage", "pooch", "PIL", "requests", "scipy"]
    code = f"import sys, linksim.metrics, linksim.images; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
