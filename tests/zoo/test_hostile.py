"""Weights and cards from elsewhere: no other file is read, nothing large is unpacked, one line says what is wrong."""

import json
import shutil

import h5py
import numpy as np
import pytest

from linksim import zoo
from linksim.errors import LinksimError
from linksim.zoo.card import ROOT, read_card
from linksim.zoo.weights import assign, load_arrays, save_arrays

ENTRY = "deepjscc/cifar10-1_6-snr10"


@pytest.fixture
def secret(tmp_path):
    """A file that a stranger's weights have no business with."""
    path = tmp_path / "secret"
    path.write_bytes(np.arange(16, dtype="<f4").tobytes())
    return path


def one_line(call):
    with pytest.raises(LinksimError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_other_files_are_not_read(tmp_path, secret):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", (16,), "<f4", external=[(str(secret), 0, 64)])
    assert "stands in another file" in one_line(lambda: load_arrays(tmp_path / "a.h5"))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["w"] = np.arange(16.0)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        layout = h5py.VirtualLayout((16,), "<f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "w", (16,))
        file.create_virtual_dataset("w", layout)
    assert "stands in another file" in one_line(lambda: load_arrays(tmp_path / "b.h5"))
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["w"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "w")
        file["x"] = h5py.SoftLink("/nowhere")
    assert load_arrays(tmp_path / "c.h5") == {}  # links lead nowhere


def test_what_unpacks_to_much_more_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip")
        file["v"] = np.zeros(3)
    assert "would unpack to" in one_line(lambda: load_arrays(tmp_path / "a.h5"))
    save_arrays(tmp_path / "b.h5", {"w": np.zeros(1 << 20, np.float32)}, compressed=True)  # zeros of ours are read
    assert load_arrays(tmp_path / "b.h5")["w"].nbytes == 1 << 22


@pytest.mark.parametrize(
    "value",
    [np.ones(3, complex), np.array(["a", "b"], h5py.string_dtype()), np.zeros(2, [("a", "f4")]), h5py.Empty("f4")],
    ids=["complex", "strings", "records", "nothing"],
)
def test_what_is_no_number_is_refused(tmp_path, value):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["w"] = value
    assert "no numbers" in one_line(lambda: load_arrays(tmp_path / "a.h5"))


def test_values_are_finite_where_they_are_used():
    class Variable:
        shape, dtype = (2,), "float32"

        def assign(self, value):
            raise AssertionError("changed")

    for value in (np.array([1.0, 1e300]), np.array([1.0, np.nan]), np.array([b"a", b"b"])):
        assert "not finite" in one_line(lambda value=value: assign([Variable()], ["w"], {"w": value}, "here"))


def test_a_folder_is_no_file(tmp_path):
    shutil.copytree(ROOT / ENTRY, tmp_path / "entry")
    (tmp_path / "entry" / "weights.h5").unlink()
    (tmp_path / "entry" / "weights.h5").mkdir()
    one_line(lambda: load_arrays(tmp_path / "entry" / "weights.h5"))
    one_line(lambda: zoo.load(tmp_path / "entry"))


@pytest.mark.parametrize(
    "card",
    [
        "", "{}", "null", "-1", "[" * 200_000, "[]", '"card"', "\xff",
        {"sha256": None}, {"sha256": "0" * 63}, {"name": None}, {"recipe": None}, {"recipe": {}},
        {"recipe": {"codec": 7, "options": {}}}, {"recipe": {"codec": "deepjscc", "options": []}}, {"steps": "many"},
        {"steps": 10**400},
        {"history": {"a": 1}}, {"history": [[1]]}, {"golden": None}, {"golden": ["x"]}, {"val_psnr": None},
        {"shared": {"name": "../../secret/x", "sha256": "0" * 64}}, {"shared": []}, {"unknown": 1},
    ],
)  # fmt: skip
def test_absurd_cards_are_one_line(tmp_path, card):
    shutil.copytree(ROOT / ENTRY, tmp_path / "entry")
    path = tmp_path / "entry" / "card.json"
    if isinstance(card, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **card}))
    else:
        path.write_bytes(card.encode("latin-1"))
    before = path.read_bytes()
    assert "card.json is damaged" in one_line(lambda: read_card(tmp_path / "entry"))
    assert path.read_bytes() == before


@pytest.mark.parametrize("recipe", [{"codec": "nobody", "options": {}}, {"codec": "deepjscc", "options": {"colour": 3}},
                                    {"codec": "deepjscc", "options": {"latent_channels": -4}},
                                    {"codec": "deepjscc", "options": {"latent_channels": "x"}}])  # fmt: skip
def test_codecs_that_cannot_be_made_are_one_line(tmp_path, recipe):
    shutil.copytree(ROOT / ENTRY, tmp_path / "entry")
    path = tmp_path / "entry" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "recipe": recipe}))
    one_line(lambda: zoo.load(tmp_path / "entry"))
