"""LPIPS against the published values of its repository."""

import os
from pathlib import Path

import numpy as np
import pytest

from linksim import images
from linksim.errors import LinksimError
from linksim.metrics.lpips import Lpips
from linksim.places import find

needs_weights = pytest.mark.skipif(
    find("weights/lpips_alex_v0.1.npz") is None, reason="the LPIPS weights are not in LINKSIM_DATA"
)


def example(name):
    folder = Path(os.environ.get("LINKSIM_DATA", "")) / "lpips_examples"
    found = sorted(folder.glob(f"{name}.*"))
    if not found:
        pytest.skip("the LPIPS examples are not in LINKSIM_DATA")
    return images.read_picture(found[0]).pixels[None].astype("float32") / 255


@needs_weights
def test_published_examples():
    """The upstream example pictures: 0.722 and 0.138."""
    distance, reference = Lpips("alex"), example("ex_ref")
    assert float(distance(reference, example("ex_p0"))[0]) == pytest.approx(0.722, abs=5e-4)
    assert float(distance(reference, example("ex_p1"))[0]) == pytest.approx(0.138, abs=5e-4)
    assert float(distance(reference, reference)[0]) == 0


@needs_weights
def test_each_picture_has_its_own_distance():
    distance, rng = Lpips("alex"), np.random.default_rng(0)
    a, b = rng.random((2, 3, 64, 80, 3)).astype("float32")
    together = np.asarray(distance(a, b))
    alone = np.concatenate([np.asarray(distance(a[i : i + 1], b[i : i + 1])) for i in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-4)


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
