"""Weights that two entries have in common stand once."""

import shutil

import numpy as np
import pytest

from linksim import zoo
from linksim.errors import LinksimError
from linksim.identity import stored_digest
from linksim.zoo.card import Card, read_card
from linksim.zoo.shared import entry_arrays, share, sharers, write_whole
from linksim.zoo.weights import file_sha256, load_arrays, save_arrays

FIRST = {"000/kernel": np.arange(6, dtype=np.float16).reshape(2, 3), "001/bias": np.ones(3, np.float16)}
SECOND = {**FIRST, "002/kernel": np.full((3, 3), 2, np.float16)}


def entry(folder, name, arrays, start=None):
    (folder / name).mkdir(parents=True)
    save_arrays(folder / name / "weights.h5", arrays)
    sha256 = file_sha256(folder / name / "weights.h5")
    Card(name, {"codec": "x", "options": {}, "warm_start": start}, 1, "", 0.0, 20.0, [], sha256, []).write(
        folder / name
    )
    return folder / name


def test_what_the_first_stage_holds_is_left_out_and_found_again(tmp_path):
    base = entry(tmp_path, "a/base", FIRST)
    second = entry(tmp_path, "b/second", SECOND, "a/base")
    card = share(second, tmp_path)
    assert set(load_arrays(second / "weights.h5")) == {"002/kernel"} and read_card(second) == card
    assert card.shared == {"name": "a/base", "sha256": read_card(base).sha256}
    found = entry_arrays(second, card)
    assert list(found) == list(SECOND) and all(np.array_equal(found[n], SECOND[n]) for n in SECOND)
    # one that started from the second, whose own weights moved on
    third = entry(tmp_path, "b/third", {**SECOND, "002/kernel": np.zeros((3, 3), np.float16)}, "b/second")
    assert share(third, tmp_path).shared == card.shared
    assert [c.name for c in sharers("a/base", tmp_path)] == ["b/second", "b/third"]
    write_whole(third, read_card(third), tmp_path)
    assert set(load_arrays(tmp_path / "weights.h5")) == set(SECOND) and read_card(tmp_path).shared is None


def test_weights_have_one_digest_however_they_are_stored(tmp_path):
    """In one file or in two, packed or not; and another one as soon as a value is another."""
    entry(tmp_path, "a/base", FIRST)
    second = entry(tmp_path, "b/second", SECOND, "a/base")
    before = zoo.stored_digest(second)
    share(second, tmp_path)
    assert zoo.stored_digest(second) == before != zoo.stored_digest(tmp_path / "a/base")
    wide = {f"{i:03d}/w": np.array([i], np.float16) for i in range(1002)}  # "1000" before "101" as text
    assert zoo.stored_digest(entry(tmp_path, "c/wide", wide)) == stored_digest(wide.values())
    values = [array.astype(np.float32) for array in SECOND.values()]
    assert stored_digest(values) == before, "a codec that was filled with them"
    values[0][0, 0] += 0.01
    assert stored_digest(values) != before
    save_arrays(tmp_path / "c/wide/weights.h5", {"w": np.zeros(1)})
    with pytest.raises(LinksimError, match="not the file its card describes"):
        zoo.stored_digest(tmp_path / "c/wide")


@pytest.mark.parametrize("change", [lambda a: a + 1, lambda a: a[:1]])
def test_a_first_stage_that_was_trained_again_is_not_shared(tmp_path, change):
    entry(tmp_path, "a/base", FIRST)
    second = entry(tmp_path, "b/second", {**SECOND, "000/kernel": change(FIRST["000/kernel"])}, "a/base")
    assert share(second, tmp_path).shared is None and set(load_arrays(second / "weights.h5")) == set(SECOND)


def test_another_or_no_first_stage_is_one_line(tmp_path):
    base = entry(tmp_path, "a/base", FIRST)
    second = entry(tmp_path, "b/second", SECOND, "a/base")
    card = share(second, tmp_path)
    save_arrays(base / "weights.h5", {n: a + 1 for n, a in FIRST.items()})
    with pytest.raises(LinksimError, match="begins with the weights of 'a/base' .* neither beside it nor in the zoo"):
        entry_arrays(second, card)
    (base / "weights.h5").unlink()
    with pytest.raises(LinksimError, match="neither beside it nor in the zoo; restore them"):
        entry_arrays(second, card)


def test_an_entry_may_be_copied_out_of_the_zoo(tmp_path):
    source = zoo.find("ds2c2/photos-16bits-z0")
    shutil.copytree(source, tmp_path / "mine")
    copied, there = (entry_arrays(folder, read_card(source)) for folder in (tmp_path / "mine", source))
    assert copied.keys() == there.keys() and all(np.array_equal(copied[n], there[n]) for n in there)


def test_the_zoo_holds_no_first_stage_twice():
    whole = {name: load_arrays(zoo.find(name) / "weights.h5") for name in zoo.names() if name.startswith("ds2c2/")}
    first = {name: load_arrays(zoo.find(name) / "weights.h5") for name in zoo.names() if name.startswith("rgan/")}
    assert whole and first
    for own in whole.values():
        for base in first.values():
            assert not all(n in own and np.array_equal(own[n], a) for n, a in base.items())
