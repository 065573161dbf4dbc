"""What every metric promises."""

import re
import subprocess
import sys

import numpy as np
import pytest

from linksim import metrics
from linksim.errors import LinksimError
from linksim.metrics import weights

NAMES = ["mse", "psnr", "ssim", "ms_ssim", "ms_ssim_db"]
NETWORKS = {"lpips": 31, "lpips_squeeze": 17, "lpips_vgg": 16, "dists": 16}
"""Metrics that need weights, and the smallest sides they look at."""

COMPUTED = [
    *NAMES,
    *(
        pytest.param(name, marks=pytest.mark.skipif(metrics.get(name).missing() is not None, reason="weights missing"))
        for name in NETWORKS
    ),
]


def pair(batch, side=161):
    rng = np.random.default_rng(5)
    a = rng.integers(0, 256, (batch, side, side + 3, 3))
    b = np.clip(a + rng.normal(0, 20, a.shape) * np.arange(1, batch + 1)[:, None, None, None], 0, 255)
    return a.astype(np.uint8), b.astype(np.uint8)


def test_names_and_units():
    assert {*NAMES, *NETWORKS} <= set(metrics.names())
    assert {n: metrics.get(n).unit for n in NAMES} == dict(zip(NAMES, ["", "dB", "", "", "dB"]))
    assert [n for n in NAMES if not metrics.get(n).higher_is_better] == ["mse"]
    assert {(metrics.get(n).unit, metrics.get(n).higher_is_better) for n in NETWORKS} == {("", False)}
    assert all(metrics.get(n).name == n and metrics.get(n).version >= 1 for n in (*NAMES, *NETWORKS))


@pytest.mark.parametrize("name", COMPUTED)
def test_value_depends_on_its_own_pair_only(name):
    """To the last bit: a sweep may batch pictures as it likes."""
    a, b = pair(3)
    together = metrics.get(name)(a, b)
    assert together.dtype == np.float64 and together.shape == (3,)
    apart = [metrics.get(name)(a[i : i + 1], b[i : i + 1])[0] for i in range(3)]
    assert together.tolist() == apart
    assert metrics.get(name)(a[:0], b[:0]).shape == (0,)


@pytest.mark.parametrize("name", COMPUTED)
def test_symmetric_and_worse_with_more_noise(name):
    metric = metrics.get(name)
    a, b = pair(3)
    np.testing.assert_allclose(metric(a, b), metric(b, a), rtol=1e-12)
    steps = np.diff(metric(a, b))  # the noise grows with the index
    assert (steps < 0).all() if metric.higher_is_better else (steps > 0).all()


@pytest.mark.parametrize("name", COMPUTED)
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
@pytest.mark.parametrize("name", [*NAMES, *NETWORKS])
def test_wrong_input_is_named(name, reference, reconstruction, said):
    """Broadcasting a shape or wrapping a float would give a number that means nothing."""
    with pytest.raises(LinksimError, match=f"^{name}: .*{said}"):
        metrics.get(name)(reference, reconstruction)


@pytest.mark.parametrize("name, side", NETWORKS.items())
def test_what_a_network_cannot_look_at_is_one_line(name, side, monkeypatch):
    """Before any weights are read."""
    monkeypatch.setattr(weights, "MAX_PIXELS", 40 * 50)
    for height, width, said in (
        (side - 1, 45, f"{name} needs .* at least {side}x{side}, not {side - 1}x45"),
        (45, side - 1, f"not 45x{side - 1}"),
        (41, 50, f"{name} looks at .* at most 2000 pixels, not 41x50; cut or shrink them"),
    ):
        a = np.zeros((1, height, width, 3), np.uint8)
        with pytest.raises(LinksimError, match=said):
            metrics.get(name)(a, a)


@pytest.mark.parametrize("name", COMPUTED[len(NAMES) :])
def test_the_smallest_picture_that_a_network_looks_at(name):
    side = NETWORKS[name]
    for shape in ((side, side + 9), (side + 8, side)):
        a, b = np.random.default_rng(6).integers(0, 256, (2, 1, *shape, 3)).astype(np.uint8)
        assert 0 < metrics.get(name)(a, b)[0] < 10


def test_a_metric_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    assert [n for n in metrics.names() if metrics.get(n).missing()] == list(NETWORKS)
    for name in NETWORKS:
        said = metrics.get(name).missing()
        assert said.startswith("there is no weights/") and "set LINKSIM_DATA" in said and "\n" not in said


def test_unknown_metric_lists_the_known():
    with pytest.raises(LinksimError, match="'psnrr'.*mse, psnr, lpips, .*dists, ssim"):
        metrics.get("psnrr")


def test_a_name_is_taken_once():
    with pytest.raises(LinksimError, match="already"):
        metrics.register(metrics.get("psnr"))


def test_metrics_and_pictures_load_no_framework():
    """And none of the libraries that they need only when something is computed or read."""
    heavy = ["tensorflow", "keras", "sionna", "torch", "skimage", "pooch", "PIL", "requests", "scipy"]
    code = f"import sys, linksim.metrics, linksim.images; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_metric_of_ones_own_that_fails_is_one_line():
    """With its place; linksim's own are bugs of linksim, and are shown whole."""

    def compute(reference, reconstruction):
        raise ValueError("my bug")

    a, _ = pair(1, 16)
    place = rf"{re.escape(__file__)}, line {compute.__code__.co_firstlineno + 1}"
    mine = metrics.Metric("beauty", "", 1, True, compute=compute)
    with pytest.raises(
        LinksimError, match=rf"^{place}, in compute of metric 'beauty': ValueError: my bug; mend the fun"
    ):
        mine(a, a)
    of_sets = metrics.SetMetric("beauties", "", 1, True, accumulate=compute, finish=compute)
    with pytest.raises(LinksimError, match=rf"^{place}, in accumulate of metric 'beauties': ValueError"):
        of_sets(a, a)
    assert not mine.is_built_in and metrics.get("ssim").is_built_in
