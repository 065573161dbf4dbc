"""FID: the distance by other formulas, and the network by an independent computation of its blocks."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.linalg import sqrtm

from linksim import metrics
from linksim.errors import LinksimError
from linksim.metrics import Fid
from linksim.metrics.fid import FID, FrechetDistance, fid, patches
from linksim.metrics.weights import INCEPTION_FILE

# Distance


def exact(rng, mean, deviation):
    """Rows whose sample mean and covariance, diagonal, are exactly the given ones."""
    q = np.linalg.qr(np.column_stack([np.ones(200), rng.normal(size=(200, len(mean)))]))[0][:, 1:]
    return mean + math.sqrt(199) * q * deviation


def test_diagonal_gaussians():
    """Where covariances commute, the distance is that of means plus that of standard deviations, squared."""
    rng = np.random.default_rng(0)
    m1, m2, s1, s2 = rng.normal(size=(4, 12))
    expected = np.sum((m1 - m2) ** 2) + np.sum((abs(s1) - abs(s2)) ** 2)
    assert fid(exact(rng, m1, abs(s1)), exact(rng, m2, abs(s2))) == pytest.approx(expected, rel=1e-12)


def test_root_of_the_product_of_covariances():
    """The formula of the paper, with SciPy's root of a matrix."""
    rng = np.random.default_rng(1)
    x, y = rng.gamma(2.0, size=(300, 20)), rng.normal(1.5, 2, (200, 20)) @ rng.normal(size=(20, 20))
    c1, c2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert fid(x, y) == pytest.approx(expected, rel=1e-10)


def test_singular_covariances():
    """Fewer rows than features: the limit of covariances with a little of the identity added."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 6, 30))
    c1, c2 = (np.cov(z, rowvar=False) for z in (x, y))
    eigenvalues = np.linalg.eigvals((c1 + 1e-14 * np.eye(30)) @ (c2 + 1e-14 * np.eye(30))).real
    root = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(c1 + c2) - 2 * root
    assert fid(x, y) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rows", [6, 200])
def test_equal_sets_are_at_distance_zero(rows):
    x = np.random.default_rng(3).gamma(0.4, size=(rows, 30))
    assert fid(x, x) < 1e-12
    assert fid(x, x[::-1]) < 1e-12  # in any order
    assert fid(x, x + 2) == pytest.approx(4 * 30)


def test_batches_do_not_show(monkeypatch):
    """To the last bit, also where rows are folded on the way, and folding changes the value by rounding alone."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(3, 1, (2, 100, 10))
    at_once = fid(x, y)
    monkeypatch.setattr("linksim.metrics.fid._FOLD", 16)
    folded = fid(x, y)
    distance = FrechetDistance()
    for start, stop in [(0, 1), (1, 16), (16, 16), (16, 49), (49, 100)]:
        distance.add(x[start:stop], y[start:stop])
    assert distance.counts == (100, 100)
    assert distance.value() == folded == distance.value()
    assert folded == pytest.approx(at_once, rel=1e-12)


def test_wrong_features_are_one_line():
    with pytest.raises(LinksimError, match="at least 2 patches"):
        fid(np.zeros((1, 4)), np.zeros((1, 4)))
    with pytest.raises(LinksimError, match="at least 2 patches"):
        FrechetDistance().value()
    with pytest.raises(LinksimError, match=r"\[3, 4\] and \[3, 5\]"):
        fid(np.zeros((3, 4)), np.zeros((3, 5)))
    with pytest.raises(LinksimError, match=r"pass \[N, D\]"):
        fid(np.zeros(4), np.zeros(4))
    with pytest.raises(LinksimError, match="not finite"):
        fid(np.full((3, 4), np.nan), np.zeros((3, 4)))


# Patches


@pytest.mark.parametrize("height, width, count", [(512, 768, 6), (768, 512, 6), (256, 256, 1), (511, 1023, 3)])
def test_patches_are_cut_from_the_corner(height, width, count):
    """6 of a picture of Kodak, 144 of its 24."""
    pictures = np.random.default_rng(5).integers(0, 256, (2, height, width, 3), np.uint8)
    cut = patches(pictures)
    assert cut.shape == (2, count, 256, 256, 3)
    assert (cut[:, 0] == pictures[:, :256, :256]).all()
    columns = width // 256
    row, column = divmod(count - 1, columns)
    assert (cut[1, -1] == pictures[1, 256 * row :, 256 * column :][:256, :256]).all()


# Network


def conv_shapes():
    """Every convolution of pytorch-fid's network by name: channels out, in, and the sides of the kernel."""
    yield from {
        "Conv2d_1a_3x3": (32, 3, 3, 3),
        "Conv2d_2a_3x3": (32, 32, 3, 3),
        "Conv2d_2b_3x3": (64, 32, 3, 3),
        "Conv2d_3b_1x1": (80, 64, 1, 1),
        "Conv2d_4a_3x3": (192, 80, 3, 3),
    }.items()
    for name, c, pool in [("5b", 192, 32), ("5c", 256, 64), ("5d", 288, 64)]:
        yield from block_shapes(name, A(c, pool))
    yield from block_shapes(
        "6a",
        {
            "branch3x3": (384, 288, 3, 3),
            "branch3x3dbl_1": (64, 288, 1, 1),
            "branch3x3dbl_2": (96, 64, 3, 3),
            "branch3x3dbl_3": (96, 96, 3, 3),
        },
    )
    for name, c in [("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)]:
        yield from block_shapes(name, C(768, c))
    yield from block_shapes(
        "7a",
        {
            "branch3x3_1": (192, 768, 1, 1),
            "branch3x3_2": (320, 192, 3, 3),
            "branch7x7x3_1": (192, 768, 1, 1),
            "branch7x7x3_2": (192, 192, 1, 7),
            "branch7x7x3_3": (192, 192, 7, 1),
            "branch7x7x3_4": (192, 192, 3, 3),
        },
    )
    yield from block_shapes("7b", E(1280))
    yield from block_shapes("7c", E(2048))


def block_shapes(name, shapes):
    return ((f"Mixed_{name}.{branch}", shape) for branch, shape in shapes.items())


def A(c, pool, of=1):
    return {
        "branch1x1": (64 // of, c, 1, 1),
        "branch5x5_1": (48 // of, c, 1, 1),
        "branch5x5_2": (64 // of, 48 // of, 5, 5),
        "branch3x3dbl_1": (64 // of, c, 1, 1),
        "branch3x3dbl_2": (96 // of, 64 // of, 3, 3),
        "branch3x3dbl_3": (96 // of, 96 // of, 3, 3),
        "branch_pool": (pool, c, 1, 1),
    }


def C(c, c7, of=1):
    return {
        "branch1x1": (192 // of, c, 1, 1),
        "branch7x7_1": (c7, c, 1, 1),
        "branch7x7_2": (c7, c7, 1, 7),
        "branch7x7_3": (192 // of, c7, 7, 1),
        "branch7x7dbl_1": (c7, c, 1, 1),
        "branch7x7dbl_2": (c7, c7, 7, 1),
        "branch7x7dbl_3": (c7, c7, 1, 7),
        "branch7x7dbl_4": (c7, c7, 7, 1),
        "branch7x7dbl_5": (192 // of, c7, 1, 7),
        "branch_pool": (192 // of, c, 1, 1),
    }


def E(c, of=1):
    return {
        "branch1x1": (320 // of, c, 1, 1),
        "branch3x3_1": (384 // of, c, 1, 1),
        "branch3x3_2a": (384 // of, 384 // of, 1, 3),
        "branch3x3_2b": (384 // of, 384 // of, 3, 1),
        "branch3x3dbl_1": (448 // of, c, 1, 1),
        "branch3x3dbl_2": (384 // of, 448 // of, 3, 3),
        "branch3x3dbl_3a": (384 // of, 384 // of, 1, 3),
        "branch3x3dbl_3b": (384 // of, 384 // of, 3, 1),
        "branch_pool": (192 // of, c, 1, 1),
    }


def random_arrays(shapes):
    rng, arrays = np.random.default_rng(6), {}
    for name, shape in shapes:
        arrays[f"{name}.conv.weight"] = rng.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape).astype(np.float32)
        for what in ("bn.weight", "bn.running_var"):
            arrays[f"{name}.{what}"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)
        for what in ("bn.bias", "bn.running_mean"):
            arrays[f"{name}.{what}"] = rng.normal(0, 0.2, shape[0]).astype(np.float32)
        arrays[f"{name}.bn.num_batches_tracked"] = np.zeros((), np.int64)
    return arrays


@pytest.fixture(scope="module")
def arrays():
    return random_arrays(conv_shapes())


def neighbours(x, kh, kw, fill):
    """[B, h, w, kh, kw, c] around every position, `fill` beyond the edges."""
    padded = np.pad(x, [(0, 0), (kh // 2,) * 2, (kw // 2,) * 2, (0, 0)], constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), (1, 2)).transpose(0, 1, 2, 4, 5, 3)


def apply(x, name, arrays):
    """Convolution, batch normalization and ReLU, each for itself, in float64."""
    a = {what: arrays[f"{name}.{what}"].astype(np.float64) for what in ("conv.weight", "bn.weight", "bn.bias")}
    kernel = a["conv.weight"]
    y = np.einsum("bhwijc,ocij->bhwo", neighbours(x, *kernel.shape[2:], 0), kernel)
    mean, variance = (arrays[f"{name}.bn.running_{what}"].astype(np.float64) for what in ("mean", "var"))
    return np.maximum((y - mean) / np.sqrt(variance + 0.001) * a["bn.weight"] + a["bn.bias"], 0)


def chain(x, arrays, *names):
    for name in names:
        x = apply(x, f"block.{name}", arrays)
    return x


def mean_pool(x):
    return np.nanmean(neighbours(x, 3, 3, np.nan), axis=(3, 4))


def max_pool(x):
    return neighbours(x, 3, 3, -np.inf).max(axis=(3, 4))


def expected_a(x, p):
    third = chain(x, p, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
    return [
        chain(x, p, "branch1x1"), chain(x, p, "branch5x5_1", "branch5x5_2"), third,
        chain(mean_pool(x), p, "branch_pool"),
    ]  # fmt: skip


def expected_c(x, p):
    seven = chain(x, p, *(f"branch7x7_{i}" for i in (1, 2, 3)))
    twice = chain(x, p, *(f"branch7x7dbl_{i}" for i in (1, 2, 3, 4, 5)))
    return [chain(x, p, "branch1x1"), seven, twice, chain(mean_pool(x), p, "branch_pool")]


def expected_e(x, p, pool):
    short, long = chain(x, p, "branch3x3_1"), chain(x, p, "branch3x3dbl_1", "branch3x3dbl_2")
    return [
        chain(x, p, "branch1x1"), chain(short, p, "branch3x3_2a"), chain(short, p, "branch3x3_2b"),
        chain(long, p, "branch3x3dbl_3a"), chain(long, p, "branch3x3dbl_3b"), chain(pool(x), p, "branch_pool"),
    ]  # fmt: skip


@pytest.mark.parametrize("which", ["a", "c", "e mean", "e max"])
def test_blocks_in_float64(which):
    """Small ones of few channels; zeros beyond the edges count in convolutions and not in pooling."""
    from linksim.metrics import inception

    x = np.random.default_rng(7).normal(0.5, 1, (2, 9, 6, 5))  # negative values too: padded zeros would show in maxima
    shapes = {"a": A(5, 4, of=16), "c": C(5, 3, of=16)}.get(which, E(5, of=64))
    p = random_arrays((f"block.{branch}", shape) for branch, shape in shapes.items())
    layers, single = inception.folded(p), x.astype(np.float32)
    if which == "a":
        got, expected = inception.block_a(single, "block", layers), expected_a(x, p)
    elif which == "c":
        got, expected = inception.block_c(single, "block", layers), expected_c(x, p)
    elif which == "e mean":
        got = inception.block_e(inception._mean_pool(single), single, "block", layers)
        expected = expected_e(x, p, mean_pool)
    else:
        got = inception.block_e(inception._max_pool(single), single, "block", layers)
        expected = expected_e(x, p, max_pool)
    np.testing.assert_allclose(np.asarray(got), np.concatenate(expected, axis=-1), rtol=1e-4, atol=1e-4)


def test_pictures_are_stretched_as_torch_does():
    """Bilinear between pixel centres, edges repeated, nothing blurred: interpolate(..., align_corners=False)."""
    from linksim.metrics.inception import stretched

    picture = np.random.default_rng(8).random((1, 256, 256, 3))
    where = np.clip((np.arange(299) + 0.5) * 256 / 299 - 0.5, 0, 255)
    matrix = np.maximum(0, 1 - abs(where[:, None] - np.arange(256)))
    expected = 2 * np.einsum("ij,bjkc,lk->bilc", matrix, picture, matrix, optimize=True) - 1
    np.testing.assert_allclose(np.asarray(stretched(picture.astype(np.float32))), expected, atol=1e-4)


def test_features_of_a_whole_network(arrays):
    """94 convolutions fit together; pictures get their own features, in passes of eight as alone."""
    from linksim.metrics.inception import Inception

    assert sum(name.endswith(".conv.weight") for name in arrays) == 94
    network = Inception(arrays)
    pictures = np.random.default_rng(9).random((2, 256, 256, 3)).astype(np.float32)
    features = network(pictures)
    assert features.shape == (2, 2048) and features.dtype == np.float32
    assert (features >= 0).all() and features.std(axis=1).min() > 0.01
    np.testing.assert_allclose(features[1:], network(pictures[1:]), rtol=1e-3, atol=1e-4)
    assert network(pictures[:0]).shape == (0, 2048)


def test_fid_of_pictures(arrays):
    """Batches do not show; nothing changed is 0, more noise is further away."""
    rng = np.random.default_rng(10)
    pictures = np.kron(rng.integers(0, 256, (2, 17, 32, 3)), np.ones((1, 16, 16, 1))).astype(np.uint8)
    values = []
    for deviation in (0, 20, 60):
        noisy = np.clip(pictures + rng.normal(0, deviation, pictures.shape), 0, 255).astype(np.uint8)
        score = Fid(arrays)
        score.add(pictures, noisy)
        assert score.num_patches == 4
        values.append(score.value())
    assert values[0] == pytest.approx(0, abs=1e-9) and values[0] < values[1] < values[2]
    apart = Fid(arrays)
    for i in range(2):
        apart.add(pictures[i : i + 1], noisy[i : i + 1])
    assert apart.value() == values[2]


# Errors


def test_pictures_that_cannot_be_scored_are_named(arrays):
    score = Fid(arrays)
    small = np.zeros((1, 255, 400, 3), np.uint8)
    with pytest.raises(LinksimError, match="256x256, not 255x400"):
        score.add(small, small)
    with pytest.raises(LinksimError, match="fid: the reconstruction is float32"):
        score.add(small, small.astype(np.float32))
    with pytest.raises(LinksimError, match="at least 2 patches"):
        score.value()


def test_missing_and_wrong_weights_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    assert INCEPTION_FILE in FID.missing()
    with pytest.raises(LinksimError, match=f"no {INCEPTION_FILE}.*set LINKSIM_DATA"):
        Fid()
    (tmp_path / "weights").mkdir()
    np.savez(tmp_path / INCEPTION_FILE, **random_arrays([("Conv2d_1a_3x3", (32, 3, 3, 3))]))
    assert FID.missing() is None
    picture = np.zeros((1, 256, 256, 3), np.uint8)
    with pytest.raises(LinksimError, match="has no Conv2d_2a_3x3.conv.weight; make it"):
        Fid().add(picture, picture)
    np.savez(tmp_path / INCEPTION_FILE, **{"a.conv.weight": np.zeros((1, 1, 1, 1))})
    with pytest.raises(LinksimError, match=r"has no a\.bn\.weight; make it"):
        Fid()
    np.savez(tmp_path / INCEPTION_FILE, **{"AuxLogits.fc.bias": np.zeros(1000)})
    with pytest.raises(LinksimError, match="torchvision's Inception"):
        Fid()


def test_fid_is_no_metric_of_sweeps():
    """Its statistics would make a store of 42 MB a unit."""
    assert "fid" not in metrics.names()


def test_the_network_is_loaded_when_first_used():
    code = "import sys, linksim.metrics.fid; print([m for m in ('keras', 'tensorflow', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
