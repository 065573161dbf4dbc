"""From a run to the zoo: only what is better, whole, and with its card."""

import dataclasses

import pytest
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.errors import LinksimError
from linksim.training import Recipe, Training
from linksim.training.adopt import adopt
from linksim.training.run import train
from linksim.training.validation import score
from linksim.zoo import golden_output, load, read_card

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
    with pytest.raises(LinksimError, match="holds no run"):
        adopt("test/none", tmp_path / "a", tmp_path / "zoo")
