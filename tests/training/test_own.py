"""A codec of somebody's own: trained, interrupted, loaded again, and refused where it cannot be trusted."""

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from own_codec import Small

import linksim
import linksim.training.loop as loop
from linksim import zoo
from linksim.codecs import DeepJscc
from linksim.codecs.base import build
from linksim.codecs.registry import name_of
from linksim.errors import LinksimError
from linksim.training import Recipe
from linksim.training.bundle.make import make_bundle
from linksim.zoo.weights import load_arrays

RECIPE = Recipe("mine/small", options={"latent_channels": 2}, steps=12, batch_size=8, learning_rate=5e-3)


def make_small(patch):
    """Epochs of four steps on 64 waves of 16x16, each at a phase of its own."""
    i, j, n = np.mgrid[0:16, 0:16, 0:64]
    waves = 127 + 100 * np.sin(0.3 * i + 0.2 * j + n)
    pictures = np.repeat(np.moveaxis(waves, 2, 0)[..., None], 3, axis=3).astype(np.uint8)
    patch.setattr(loop, "STEPS_PER_EPOCH", 4)
    patch.setattr(loop, "load_data", lambda recipe: (pictures[8:], pictures[:8]))


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    make_small(monkeypatch)


def refused(call, says):
    with pytest.raises(LinksimError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a finished run of one epoch, and the codec."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        codec = linksim.train(Small, dataclasses.replace(RECIPE, steps=4), root)
    return root / "mine/small", codec


def test_a_run_in_two_parts_ends_at_the_weights_of_an_undisturbed_one(tmp_path, capsys):
    def stop(done):
        if done.step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        linksim.train(Small, RECIPE, tmp_path / "a", report=stop)
    assert "goes on from the checkpoint" in capsys.readouterr().err
    seen = []
    resumed = linksim.train(Small, RECIPE, tmp_path / "a", report=lambda done: seen.append(done.step))
    whole = linksim.train(Small, RECIPE, tmp_path / "b")
    assert seen == [12]
    ends = [load_arrays(tmp_path / run / "mine/small/checkpoint.h5") for run in ("a", "b")]
    for name in (name for name in ends[0] if not name.startswith("history")):
        if name != "recipe":
            np.testing.assert_allclose(ends[0][name], ends[1][name], atol=2e-5)
    for a, b in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)  # as float16
    card = zoo.read_card(tmp_path / "a/mine/small")
    assert card.steps == 12 and card.recipe["codec"].endswith("own_codec:Small")
    assert resumed.title == "mine/small" and resumed.training_snr_db == 10.0


def test_a_codec_brings_its_weights_and_is_left_as_it_is(tmp_path):
    """Its curve begins at what it reached before."""
    codec = build(Small(latent_channels=2, filters=6))
    before = codec.get_weights()
    recipe = dataclasses.replace(RECIPE, options={}, steps=4)
    made = linksim.train(codec, recipe, tmp_path)
    card = zoo.read_card(tmp_path / "mine/small")
    assert card.recipe["options"] == {"latent_channels": 2, "filters": 6}
    assert [step for step, _ in card.history] == [0, 4] and "given weights (SHA-256" in card.notes
    for a, b in zip(before, codec.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.allclose(a, b, atol=1e-3) for a, b in zip(before, made.get_weights(), strict=True))
    again = linksim.train(made, dataclasses.replace(recipe, name="mine/again"), tmp_path)
    then = zoo.read_card(tmp_path / "mine/again")
    assert then.history[0][1] == pytest.approx(card.val_psnr, abs=0.05), "float16 weights of the first run"
    assert again.filters == 6
    refused(lambda: linksim.train(codec, RECIPE, tmp_path), "leave out the recipe's")
    for other, says in (
        ({"warm_start": "mine/again"}, "leave out warm_start"),
        ({"analytic_start": True}, "leave out analytic_start"),
        ({"analytic_start": True, "steps": 0}, "leave out analytic_start and give it steps"),
    ):
        refused(lambda r=dataclasses.replace(recipe, **other): linksim.train(codec, r, tmp_path), says)


def test_a_run_that_goes_on_says_whether_it_began_with_other_weights(tmp_path, capsys):
    """Random ones of a new process among them; whoever gives the same codec again hears nothing."""
    recipe = dataclasses.replace(RECIPE, options={}, steps=4)
    one, other = (build(Small(latent_channels=2)) for _ in range(2))
    ends = [linksim.train(codec, recipe, tmp_path).get_weights() for codec in (one, one)]
    assert "goes on" not in capsys.readouterr().err
    ends.append(linksim.train(other, recipe, tmp_path).get_weights())
    said = [line for line in capsys.readouterr().err.splitlines() if "goes on" in line]
    assert len(said) == 1 and said[0].count("started from given weights (SHA-256 ") == 2, said
    assert "choose another name or folder" in said[0]
    for a, b in zip(ends[0], ends[2], strict=True):
        np.testing.assert_array_equal(a, b)
    random = dataclasses.replace(RECIPE, name="mine/random", options={"latent_channels": 2, "filters": 8}, steps=4)
    linksim.train(Small, random, tmp_path)
    assert "goes on" not in capsys.readouterr().err
    linksim.train(one, random, tmp_path)
    assert "its run started from random weights, and for one that started from given" in capsys.readouterr().err


def test_a_codec_of_linksim_keeps_its_name():
    entry = "deepjscc/cifar10-1_6-snr10"
    assert name_of(DeepJscc) == Recipe("mine/x", DeepJscc).codec == "deepjscc"
    refused(lambda: zoo.load(entry, codec=Small), "linksim's codec 'deepjscc'")
    assert zoo.load(entry, codec=DeepJscc).latent_channels == 16


def test_weights_are_those_of_the_run_where_an_entry_of_the_zoo_has_its_name(tmp_path, monkeypatch):
    """Also in the folder that `linksim train` was started in."""
    monkeypatch.chdir(tmp_path)
    entry = "deepjscc/cifar10-1_6-snr10"
    made = linksim.train("deepjscc", dataclasses.replace(RECIPE, name=entry, steps=4), out=".")
    assert made.latent_channels == 2
    assert zoo.load(Path(entry)).latent_channels == 2 and zoo.load(entry).latent_channels == 16
    refused(lambda: zoo.find(Path("deepjscc/photos")), "no weights in deepjscc/photos; name a folder")


def test_a_class_has_one_name_whether_its_file_was_run_or_imported(monkeypatch):
    kind = type("Mine", (Small,), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/somewhere/mine.py", raising=False)
    assert name_of(kind) == name_of(type("Mine", (Small,), {"__module__": "mine"})) == "mine:Mine"


def test_weights_are_loaded_with_their_class_only(trained):
    folder, codec = trained
    loaded = zoo.load(folder, codec=Small)
    for a, b in zip(codec.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert loaded.fingerprint() == codec.fingerprint()
    refused(lambda: zoo.load(folder), "give it: zoo.load")
    refused(lambda: zoo.load(folder, codec=int), "class int is no codec")
    refused(lambda: zoo.load(folder, codec=DeepJscc), "does not")  # other arguments or other weights


def test_a_card_never_makes_linksim_import_a_file(trained, tmp_path, monkeypatch):
    """Whatever a card of a stranger's names, its code does not run."""
    shutil.copytree(trained[0], tmp_path / "run")
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    card = json.loads((tmp_path / "run/card.json").read_text())
    for name in ("evil:Codec", "evil.py:Codec", f"{tmp_path}/evil.py:Codec", "evil"):
        card["recipe"]["codec"] = name
        (tmp_path / "run/card.json").write_text(json.dumps(card))
        refused(lambda: zoo.load("run"), "class|unknown codec")
    assert "evil" not in sys.modules and not (tmp_path / "ran").exists()


def test_a_class_that_has_changed_is_refused(trained):
    """The weights fit, and what it makes of them is something else."""

    class Changed(Small):
        bend = staticmethod(lambda x: x * 0.5 + 0.25)

    class Dark(Small):
        """It sends the same, and shows the same above."""

        def synthesize(self, latent, training=False):
            shown = super().synthesize(latent)
            return ops.concatenate([shown[:, :8], 0.5 * shown[:, 8:]], axis=1)

    class Nothing(Small):
        bend = staticmethod(lambda x: x * np.nan)

    for kind in (Changed, Dark, Nothing):
        refused(lambda kind=kind: zoo.load(trained[0], codec=kind), "something else")


class Loud(Small):
    """Symbols of any power."""

    def symbols_of(self, latent):
        return 2.0 * super().symbols_of(latent)


class Whole(Small):
    """It shows what it padded."""

    def crop(self, pictures, size):
        return pictures


class Forgetful(Small):
    """Its configuration leaves out an argument."""

    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "filters"}


@pytest.mark.parametrize(
    "codec, recipe, says",
    [
        (int, RECIPE, "class int is no codec"),
        ("nobody", RECIPE, "unknown codec 'nobody'"),
        (7, RECIPE, "a value of int is no codec"),
        (Small, {"name": "mine/small"}, "recipe is of type dict"),
        (Small, Recipe, "recipe is a class"),
        (Small, dataclasses.replace(RECIPE, codec="deepjscc"), "leave out its codec"),
        (Small, dataclasses.replace(RECIPE, name=""), "no name"),
        (Small, dataclasses.replace(RECIPE, options={"colour": 3}), "does not take these options"),
        (Loud, RECIPE, "mean power 4"),
        (Whole, RECIPE, "crop what is shown"),
        (lambda: build(Forgetful(filters=5)), dataclasses.replace(RECIPE, options={}), "get_config give every"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_trained_is_refused_before(tmp_path, codec, recipe, says):
    made = codec() if callable(codec) and not isinstance(codec, type) else codec
    refused(lambda: linksim.train(made, recipe, tmp_path), says)
    assert not list(tmp_path.rglob("checkpoint.h5"))


def test_recipes_hold_what_a_card_can():
    refused(lambda: Recipe("mine/x", dict), "class dict is no codec")
    refused(lambda: Recipe("mine/x", Small, {"bend": len}), "a card cannot hold")


def test_a_kit_has_the_codecs_of_linksim_only(tmp_path):
    own = dataclasses.replace(RECIPE, codec=Small)
    refused(lambda: make_bundle(tmp_path / "kit", [own], tmp_path), "a kit has the codecs of linksim only")
