"""From a run to the zoo: only what is better, whole, and with its card."""

import dataclasses

import numpy as np
import pytest
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.errors import LinksimError
from linksim.training import Recipe, Training
from linksim.training.adopt import adopt
from linksim.training.run import train
from linksim.training.validation import score
from linksim.zoo import golden_output, load, read_card
from linksim.zoo.shared import entry_arrays, share
from linksim.zoo.weights import file_sha256, load_arrays, save_arrays

RECIPE = Recipe("test/tiny", "deepjscc", {"latent_channels": 4}, steps=12, batch_size=8, learning_rate=3e-3)


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    pictures = smooth(80)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[16:], pictures[:16]))


def test_only_what_is_better_is_adopted(tmp_path):
    runs, zoo = tmp_path / "runs", tmp_path / "zoo"
    train(RECIPE, runs)
    first = adopt(RECIPE.name, runs, zoo)
    assert first.adopted and first.before is None
    files = {path.name: path.read_bytes() for path in (zoo / RECIPE.name).iterdir()}
    assert set(files) == {"weights.h5", "card.json"}
    assert golden_output(load(zoo / RECIPE.name)) == pytest.approx(first.card.golden, abs=1e-4)
    assert not adopt(RECIPE.name, runs, zoo).adopted  # as good is not better
    assert files == {path.name: path.read_bytes() for path in (zoo / RECIPE.name).iterdir()}
    longer = tmp_path / "longer"
    train(dataclasses.replace(RECIPE, steps=40), longer)
    second = adopt(RECIPE.name, longer, zoo)
    assert second.adopted and score(second.card.layers) > second.before == score(first.card.layers)
    assert read_card(zoo / RECIPE.name).steps == 40
    assert [path.name for path in (zoo / "test").iterdir()] == ["tiny"]


def test_a_run_that_was_stopped_is_taken_so_far(tmp_path):
    def stop(done):
        if done.step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Training(RECIPE, tmp_path / RECIPE.name, report=stop).run()
    done = adopt(RECIPE.name, tmp_path, tmp_path / "zoo")
    assert done.adopted and done.card.steps == 8 and "so far: stopped 4 steps before its end" in done.card.notes
    assert Training(RECIPE, tmp_path / RECIPE.name).run().step == 12  # and it can still go on


def test_another_model_does_not_take_its_place(tmp_path):
    train(RECIPE, tmp_path / "a")
    adopt(RECIPE.name, tmp_path / "a", tmp_path / "zoo")
    train(dataclasses.replace(RECIPE, options={"latent_channels": 6}, steps=40), tmp_path / "b")
    with pytest.raises(LinksimError, match="another name"):
        adopt(RECIPE.name, tmp_path / "b", tmp_path / "zoo")
    # Crops of another size are other validation pictures.
    train(dataclasses.replace(RECIPE, crop=8, steps=40), tmp_path / "c")
    with pytest.raises(LinksimError, match="in the zoo has crop .* the run 8; give the recipe another name"):
        adopt(RECIPE.name, tmp_path / "c", tmp_path / "zoo")
    with pytest.raises(LinksimError, match="holds no run"):
        adopt("test/none", tmp_path / "a", tmp_path / "zoo")


def test_who_shares_the_weights_of_an_entry_keeps_them_when_it_is_replaced(tmp_path):
    zoo, stage = tmp_path / "zoo", "test/second"
    train(RECIPE, tmp_path / "runs")
    adopt(RECIPE.name, tmp_path / "runs", zoo)
    train(dataclasses.replace(RECIPE, name=stage, warm_start=RECIPE.name, steps=4), tmp_path / "runs")
    # as if it had trained other weights alone
    first = load_arrays(zoo / RECIPE.name / "weights.h5")
    second = {**load_arrays(tmp_path / "runs" / stage / "weights.h5"), **first, "999/own": np.ones(2, np.float16)}
    save_arrays(zoo / stage / "weights.h5", second)
    card = read_card(tmp_path / "runs" / stage)
    dataclasses.replace(card, sha256=file_sha256(zoo / stage / "weights.h5")).write(zoo / stage)
    assert share(zoo / stage, zoo).shared["name"] == RECIPE.name
    train(dataclasses.replace(RECIPE, steps=40), tmp_path / "longer")
    assert adopt(RECIPE.name, tmp_path / "longer", zoo).adopted
    kept = read_card(zoo / stage)
    found = entry_arrays(zoo / stage, kept)
    assert kept.shared is None and all(np.array_equal(found[n], second[n]) for n in second)


def test_an_entry_that_stood_aside_when_it_was_killed_comes_back_with_the_next_adoption(tmp_path):
    zoo = tmp_path / "zoo"
    train(RECIPE, tmp_path / "runs")
    adopt(RECIPE.name, tmp_path / "runs", zoo)
    aside = zoo / ".adopting" / "test" / "other" / "before"
    aside.mkdir(parents=True)
    (aside / "card.json").write_text((zoo / RECIPE.name / "card.json").read_text())
    train(dataclasses.replace(RECIPE, steps=40), tmp_path / "longer")
    assert adopt(RECIPE.name, tmp_path / "longer", zoo).adopted
    assert (zoo / "test" / "other" / "card.json").exists() and not (zoo / ".adopting").exists()
