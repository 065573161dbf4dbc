"""LPIPS against the published values of its repository, and against NumPy in float64."""

import os
from pathlib import Path

import numpy as np
import pytest
from float64_networks import conv, pooled, vgg16, write_vgg16
from lpips_files import write_alex

from linksim import images, metrics
from linksim.errors import LinksimError
from linksim.metrics.lpips import Lpips
from linksim.places import find


def needs(network):
    return pytest.mark.skipif(
        find(f"weights/lpips_{network}_v0.1.npz") is None, reason="the LPIPS weights are not in LINKSIM_DATA"
    )


def example(name):
    folder = Path(os.environ.get("LINKSIM_DATA", "")) / "lpips_examples"
    found = sorted(folder.glob(f"{name}.*"))
    if not found:
        pytest.skip("the LPIPS examples are not in LINKSIM_DATA")
    return images.read_picture(found[0]).pixels[None]


@needs("alex")
def test_published_examples():
    """The upstream example pictures: 0.722 and 0.138."""
    distance = Lpips("alex")
    reference, p0, p1 = (example(name).astype("float32") / 255 for name in ("ex_ref", "ex_p0", "ex_p1"))
    assert float(distance(reference, p0)[0]) == pytest.approx(0.722, abs=5e-4)
    assert float(distance(reference, p1)[0]) == pytest.approx(0.138, abs=5e-4)
    assert float(distance(reference, reference)[0]) == 0


@needs("alex")
def test_the_metric_gives_what_is_published():
    reference, p0, p1 = (example(name) for name in ("ex_ref", "ex_p0", "ex_p1"))
    found = metrics.get("lpips")(np.concatenate([reference] * 3), np.concatenate([p0, p1, reference]))
    np.testing.assert_allclose(found, [0.722, 0.138, 0], atol=5e-4)
    assert found[2] == 0


@needs("alex")
def test_each_picture_has_its_own_distance():
    distance, rng = Lpips("alex"), np.random.default_rng(0)
    a, b = rng.random((2, 3, 64, 80, 3)).astype("float32")
    together = np.asarray(distance(a, b))
    alone = np.concatenate([np.asarray(distance(a[i : i + 1], b[i : i + 1])) for i in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def pair(height, width):
    """Waves, and the same with noise, uint8 [1, H, W, 3]."""
    i, j, c = np.mgrid[:height, :width, :3]
    waves = 127 + 80 * np.sin(0.3 * i + 0.1 * j * (c + 1))
    noise = np.random.default_rng(1).normal(0, 25, waves.shape)
    return np.uint8(waves)[None], np.uint8(np.clip(waves + noise, 0, 255))[None]


def distance_in_float64(features, arrays, x, y):
    """Zhang et al., eq. 1: features of unit length in every place, differences weighed by channel, mean over places."""
    total = 0.0
    seen = [(p[0] / 127.5 - 1 - arrays["shift"].astype(float)) / arrays["scale"].astype(float) for p in (x, y)]
    for number, (a, b) in enumerate(zip(*(features(p) for p in seen), strict=True)):
        a, b = (z / (np.linalg.norm(z, axis=-1, keepdims=True) + 1e-10) for z in (a, b))
        total += ((a - b) ** 2 @ arrays[f"lin{number}"].astype(float)).mean()
    return total


@needs("squeeze")
@pytest.mark.parametrize("size", [(17, 17), (36, 49), (41, 47)])
def test_squeezenet_is_that_of_pytorch(size):
    """Sides that leave windows hanging over the edge at one pooling or another, and the smallest."""
    with np.load(find("weights/lpips_squeeze_v0.1.npz")) as file:
        arrays = dict(file)

    def named(name):
        return arrays[f"features.{name}.kernel"], arrays[f"features.{name}.bias"]

    def fire(x, place):
        x = conv(x, *named(f"{place}.squeeze"))
        return np.concatenate([conv(x, *named(f"{place}.expand1x1")), conv(x, *named(f"{place}.expand3x3"), pad=1)], -1)

    def features(x):
        layers = {1: conv(x, *named(0), stride=2)}
        for place in range(2, 13):
            before = layers[place - 1]
            layers[place] = pooled(before, 3, ceil=True) if place in (2, 5, 8) else fire(before, place)
        return [layers[place] for place in (1, 4, 7, 9, 10, 11, 12)]

    x, y = pair(*size)
    expected = distance_in_float64(features, arrays, x, y)
    assert 0.01 < expected < 2
    assert metrics.get("lpips_squeeze")(x, y)[0] == pytest.approx(expected, rel=1e-4)


def write_vgg(data):
    """Made weights of VGG16 and of LPIPS on it; the file of LPIPS does not say how the input is scaled."""
    arrays = write_vgg16(data)
    rng = np.random.default_rng(2)
    lin = {f"lin{i}": rng.random(c, np.float32) / c for i, c in enumerate((64, 128, 256, 512, 512))}
    np.savez(data / "weights/lpips_vgg_v0.1.npz", **lin)
    scaling = {"shift": np.array([-0.030, -0.088, -0.188]), "scale": np.array([0.458, 0.448, 0.450])}
    return arrays | lin | scaling


@pytest.mark.parametrize("size", [(16, 16), (35, 38)])
def test_vgg16_is_that_of_pytorch(tmp_path, monkeypatch, size):
    arrays = write_vgg(tmp_path)
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    x, y = pair(*size)
    expected = distance_in_float64(lambda p: vgg16(p, arrays, lambda z: pooled(z, 2)), arrays, x, y)
    assert expected > 0.001
    found = Lpips("vgg")(x.astype("float32") / 255, y.astype("float32") / 255)
    assert float(found[0]) == pytest.approx(expected, rel=1e-4)


def test_missing_and_damaged_weights_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    with pytest.raises(LinksimError, match="set LINKSIM_DATA"):
        Lpips("alex")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/lpips_alex_v0.1.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(LinksimError, match="damaged"):
        Lpips("alex")
    with pytest.raises(LinksimError, match="unknown"):
        Lpips("resnet")


def test_an_array_that_is_not_in_its_file_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    write_alex(tmp_path)
    path = tmp_path / "weights/lpips_alex_v0.1.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "conv4_bias"}
    np.savez(path, **arrays)
    x = np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(LinksimError, match="no array 'conv4_bias'"):
        Lpips("alex")(x, x)
