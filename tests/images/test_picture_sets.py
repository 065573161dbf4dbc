"""Sets by name, folder and file."""

import numpy as np
import pytest
from PIL import Image

from linksim import images
from linksim.errors import LinksimError
from linksim.images.sets import name_and_limit


@pytest.fixture
def empty_machine(tmp_path, monkeypatch):
    """No data set anywhere."""
    monkeypatch.delenv("LINKSIM_DATA", raising=False)
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def put(path, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((2, 3, 3), value, np.uint8)).save(path)


def test_sample_is_always_there(empty_machine):
    """Colour photographs, full size, no two alike, and nothing downloaded for them."""
    sample = images.load("sample")
    assert [(p.name, p.size) for p in sample] == [
        ("astronaut", (512, 512)),
        ("chelsea", (300, 451)),
        ("coffee", (400, 600)),
        ("motorcycle_left", (500, 741)),
        ("rocket", (427, 640)),
    ]
    assert all(np.ptp(p.pixels, axis=2).mean() > 5 for p in sample)  # none is grey
    assert len({p.sha256 for p in sample}) == 5
    assert not empty_machine.exists()


def test_sample_is_what_scikit_image_shows():
    from skimage import data

    np.testing.assert_array_equal(images.load("sample", limit=1)[0].pixels, data.astronaut())


def test_names():
    assert images.names() == ["sample", "kodak", "cifar10", "cifar10-train", "clic2021", "clic2021-valid", "camvid"]


def test_unknown_name_lists_the_known():
    with pytest.raises(LinksimError, match="'kodac'; the sets are sample, kodak, cifar10"):
        images.load("kodac")


@pytest.mark.parametrize("spec", ["x" * 5000, "a\0b", "~nobody-of-this-name/x", ""])
def test_strange_paths_are_unknown_too(spec):
    with pytest.raises(LinksimError, match="no picture set, folder or file"):
        images.load(spec)


def test_folder_and_file(tmp_path):
    put(tmp_path / "mine" / "a.png", 1)
    put(tmp_path / "mine" / "b.png", 2)
    folder = images.load(str(tmp_path / "mine"))
    assert (folder.name, [p.name for p in folder]) == ("mine", ["a", "b"])
    one = images.load(tmp_path / "mine" / "b.png")
    assert (one.name, len(one), one[0].pixels.max()) == ("b", 1, 2)


def test_a_set_name_wins_over_a_folder_of_that_name(tmp_path, monkeypatch):
    put(tmp_path / "sample" / "mine.png")
    monkeypatch.chdir(tmp_path)
    assert images.load("sample", limit=1)[0].name == "astronaut"
    assert images.load("./sample")[0].name == "mine"


def test_limit(tmp_path):
    sample = images.load("sample", limit=2)
    assert [p.name for p in sample] == ["astronaut", "chelsea"]
    assert [p.name for p in images.load(sample, limit=1)] == ["astronaut"]
    assert images.load(sample) is sample
    assert len(images.load(sample, limit=9)) == 2
    with pytest.raises(LinksimError, match="limit is 0"):
        images.load("sample", limit=0)


@pytest.mark.parametrize("folder", ["clic2021/test", "clic2021/professional_test_2021"])
def test_clic2021_folder(empty_machine, folder):
    put(empty_machine / folder / "x.png")
    assert [p.name for p in images.load("clic2021")] == ["x"]


def test_clic2021_validation_folder(empty_machine):
    put(empty_machine / "clic2021/professional_valid_2020/valid/y.png")
    assert [p.name for p in images.load("clic2021-valid")] == ["y"]


def test_clic2021_says_what_to_put_where(empty_machine):
    with pytest.raises(LinksimError) as error:
        images.load("clic2021")
    assert "professional_test_2021.zip" in str(error.value)
    assert str(empty_machine / "clic2021" / "test") in str(error.value)


def test_linksim_data_comes_before_the_cache(empty_machine, tmp_path, monkeypatch):
    put(empty_machine / "clic2021/test/cached.png")
    put(tmp_path / "data/clic2021/test/data.png")
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path / "data"))
    assert images.load("clic2021")[0].name == "data"
    put(empty_machine / "clic2021/valid/cached.png")
    assert images.load("clic2021-valid")[0].name == "cached"


def test_linksim_data_that_is_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path / "typo"))
    with pytest.raises(LinksimError, match="LINKSIM_DATA is .*typo.* not a folder"):
        images.load("kodak")


def test_training_photos(empty_machine):
    with pytest.raises(LinksimError, match="any folder of photographs"):
        images.training_photos("train")
    put(empty_machine / "photos/train/b10.webp")
    put(empty_machine / "photos/train/b9.webp")
    assert [p.name for p in images.training_photos("train")] == ["b9.webp", "b10.webp"]
    with pytest.raises(LinksimError, match="train or val"):
        images.training_photos("test")


def test_training_photos_of_this_machine(data_folder):
    for split in ("train", "val"):
        assert len(images.training_photos(split)) > 50


def test_pictures_from_text():
    assert name_and_limit("kodak") == ("kodak", None)
    assert name_and_limit("kodak:6") == ("kodak", 6)
    assert name_and_limit("/data/some:where") == ("/data/some:where", None)
    with pytest.raises(LinksimError, match="at least one"):
        name_and_limit("kodak:0")


def test_more_pictures_than_there_are_is_said(capsys):
    assert len(images.load("sample", 999_999)) == 5
    assert capsys.readouterr().err == "linksim: sample has 5 pictures, fewer than 999999: all are taken\n"
    images.load("sample", 5)
    assert capsys.readouterr().err == ""
