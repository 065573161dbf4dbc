"""Sets with labels, in the layouts of their own sites, from small files made here."""

import numpy as np
import pytest
from PIL import Image

from linksim import images
from linksim.errors import LinksimError
from linksim.images.labelled import LABELLED, UNKNOWN

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)


def put(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path


def made(data, name, labels):
    """One picture of a set, with these labels as the set's files have them."""
    if name == "camvid":
        put(data / "camvid/val/0001TP.png", PIXELS)
        put(data / "camvid/val_labels/0001TP.png", labels)
    elif name == "cityscapes":
        put(data / "cityscapes/leftImg8bit/val/bonn/bonn_000000_000019_leftImg8bit.png", PIXELS)
        put(data / "cityscapes/gtFine/val/bonn/bonn_000000_000019_gtFine_labelIds.png", labels)
    else:
        put(data / "ade20k/images/validation/ADE_val_00000001.jpg", PIXELS)
        put(data / "ade20k/annotations/validation/ADE_val_00000001.png", labels)


@pytest.mark.parametrize(
    "name, in_file, expected",
    [
        ("camvid", [0, 10, 11], [0, 10, UNKNOWN]),
        ("cityscapes", [7, 33, 4], [0, 18, UNKNOWN]),  # road, bicycle, static
        ("ade20k", [1, 150, 0], [0, 149, UNKNOWN]),
    ],
)
def test_classes_are_counted_from_zero(data, name, in_file, expected):
    labels = np.resize(np.array(in_file, np.uint8), (6, 9))
    made(data, name, labels)
    (one,) = images.load_labelled(name, "val")
    np.testing.assert_array_equal(one.labels, np.resize(np.array(expected, np.uint8), (6, 9)))
    assert one.picture.pixels.shape == (6, 9, 3) and LABELLED[name].classes > max(e for e in expected if e != UNKNOWN)


def test_bad_label_maps_are_one_line(data):
    made(data, "camvid", np.full((6, 8), 3, np.uint8))
    with pytest.raises(LinksimError, match=r"0001TP are uint8 \[6, 8\], the picture is \[6, 9\]"):
        images.load_labelled("camvid", "val")
    made(data, "camvid", np.full((6, 9), 12, np.uint8))
    with pytest.raises(LinksimError, match="has class 12, the set 11 classes"):
        images.load_labelled("camvid", "val")
    path = data / "camvid/val_labels/0001TP.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LinksimError, match="damaged"):
        images.load_labelled("camvid", "val")
    path.unlink()
    with pytest.raises(LinksimError, match="missing"):
        images.load_labelled("camvid", "val")


def test_missing_sets_and_splits_are_one_line():
    with pytest.raises(LinksimError, match="put the set there"):
        images.load_labelled("cityscapes", "train")
    with pytest.raises(LinksimError, match="take one of camvid, cityscapes, ade20k"):
        images.load_labelled("coco", "train")
