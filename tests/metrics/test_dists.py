"""DISTS against NumPy in float64, with made weights of VGG16."""

import numpy as np
import pytest
from float64_networks import made_vgg16, vgg16, write_vgg16

from linksim import metrics
from linksim.errors import LinksimError
from linksim.metrics.dists import Dists

CHANNELS = (3, 64, 128, 256, 512, 512)


def made_alpha_beta():
    rng = np.random.default_rng(3)
    return {name: rng.random(sum(CHANNELS), np.float32) for name in ("alpha", "beta")}


@pytest.fixture(scope="module")
def arrays():
    return made_vgg16() | made_alpha_beta()


@pytest.fixture(scope="module")
def distance(arrays):
    return Dists(arrays)


def pair(height, width):
    """Waves, and the same with noise, float32 [1, H, W, 3]."""
    i, j, c = np.mgrid[:height, :width, :3]
    waves = 0.5 + 0.3 * np.sin(0.3 * i + 0.1 * j * (c + 1))
    noise = np.random.default_rng(1).normal(0, 0.1, waves.shape)
    return waves[None].astype(np.float32), np.clip(waves + noise, 0, 1)[None].astype(np.float32)


def flat(level):
    return np.full((1, 40, 33, 3), level, np.float32)


def l2_pooled(x):
    """Ding et al., eq. 3: the root of the squares under a Hann window of 3x3, of every second place; zeros around."""
    hann = np.hanning(5)[1:-1]
    window = np.outer(hann, hann) / np.outer(hann, hann).sum()
    squares = np.pad(x**2, [(1, 1), (1, 1), (0, 0)])
    rows, columns = ((n - 1) // 2 + 1 for n in x.shape[:2])
    found = np.empty((rows, columns, x.shape[2]))
    for i, j in np.ndindex(rows, columns):
        found[i, j] = np.tensordot(window, squares[2 * i : 2 * i + 3, 2 * j : 2 * j + 3], 2)
    return np.sqrt(found + 1e-12)


def in_float64(arrays, x, y):
    """Eq. 4 to 8, channel by channel; the weights add up to 1."""
    layers = [
        [p, *vgg16((p - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225], arrays, l2_pooled)]
        for p in (x[0].astype(float), y[0].astype(float))
    ]
    alpha, beta = (arrays[name].astype(float) for name in ("alpha", "beta"))
    texture, structure = [], []
    for a, b in zip(*layers, strict=True):
        for u, v in zip(np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)):
            texture.append((2 * u.mean() * v.mean() + 1e-6) / (u.mean() ** 2 + v.mean() ** 2 + 1e-6))
            covariance = ((u - u.mean()) * (v - v.mean())).mean()
            structure.append((2 * covariance + 1e-6) / (u.var() + v.var() + 1e-6))
    return 1 - (alpha @ texture + beta @ structure) / (alpha.sum() + beta.sum())


@pytest.mark.parametrize("size", [(16, 16), (33, 38)])
def test_is_the_published_formula(arrays, distance, size):
    """With odd and even sides at several stages."""
    x, y = pair(*size)
    expected = in_float64(arrays, x, y)
    assert 0.01 < expected < 1
    assert float(distance(x, y)[0]) == pytest.approx(expected, rel=1e-3)


def test_flat_pictures_are_not_lost_in_rounding(arrays, distance):
    """Their variances are small beside their means, which float32 shows where products are subtracted."""
    x, y = flat(0.6), flat(0.54)
    assert float(distance(x, y)[0]) == pytest.approx(in_float64(arrays, x, y), rel=1e-3)


@pytest.mark.parametrize("picture", [pair(40, 33)[1], flat(0.6), flat(0), flat(1)])
def test_equal_pictures_have_no_distance(distance, picture):
    assert float(distance(picture, picture)[0]) == pytest.approx(0, abs=1e-6)


def test_symmetric(distance):
    x, y = pair(40, 33)
    assert float(distance(x, y)[0]) == pytest.approx(float(distance(y, x)[0]), rel=1e-6)


def test_a_texture_shifted_by_a_pixel_is_nearer_than_a_blurred_one(arrays):
    """What DISTS was made for, where only means count: all weight on texture."""
    distance = Dists(arrays | {"beta": np.zeros(sum(CHANNELS), np.float32)})
    noise = np.random.default_rng(4).random((1, 64, 65, 3), np.float32)
    x, shifted = noise[:, :, :-1], noise[:, :, 1:]
    blurred = (x + shifted) / 2
    assert 10 * float(distance(x, shifted)[0]) < float(distance(x, blurred)[0])


def test_each_picture_has_its_own_distance(distance):
    (x, y), (u, v) = pair(40, 33), (flat(0.3), flat(0.5))
    together = np.asarray(distance(np.concatenate([x, u]), np.concatenate([y, v])))
    alone = [float(distance(x, y)[0]), float(distance(u, v)[0])]
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_weights_are_read_from_two_files(tmp_path, monkeypatch, distance):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    with pytest.raises(LinksimError, match=r"no weights/dists_alpha_beta.npz.*set LINKSIM_DATA"):
        Dists()
    (tmp_path / "weights").mkdir()
    np.savez(tmp_path / "weights/dists_alpha_beta.npz", **made_alpha_beta())
    assert "vgg16_torchvision.npz" in metrics.get("dists").missing()
    with pytest.raises(LinksimError, match=r"no weights/vgg16_torchvision.npz.*set LINKSIM_DATA"):
        Dists()
    write_vgg16(tmp_path)
    assert metrics.get("dists").missing() is None
    x, y = pair(20, 24)
    assert float(Dists()(x, y)[0]) == float(distance(x, y)[0])
    np.savez(tmp_path / "weights/vgg16_torchvision.npz", kernel=np.zeros(3))
    with pytest.raises(LinksimError, match=r"no array 'features.0.weight'"):
        Dists()(x, y)
