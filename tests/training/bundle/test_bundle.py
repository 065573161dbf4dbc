"""The kit: made, run and resumed without TensorFlow, and what it wrote adopted."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from smooth_pictures import smooth

from linksim.errors import LinksimError
from linksim.training.adopt import adopt
from linksim.training.bundle.make import make_bundle
from linksim.training.bundle.models import Trained, read_models, write_models
from linksim.training.bundle.packing import (
    pack,
    photograph,
    read_pictures,
    unpack,
    write_photographs,
    write_pictures,
)
from linksim.training.phase import Phase
from linksim.training.recipe import Recipe
from linksim.zoo import catalog
from linksim.zoo.card import read_card
from linksim.zoo.shared import entry_arrays
from linksim.zoo.weights import load_arrays

TINY = Recipe(
    "kit/a-snr20", "deepjscc-resnet", {"latent_channels": 8, "filters": 8}, crop=16, batch_size=4, steps=60,
    snr_db=20.0, optimizer="muon", learning_rate=5e-3, final_learning_rate=0.0, decay=0.5, averaging=0.9,
)  # fmt: skip


@pytest.mark.parametrize("shape", [(5, 8, 12, 3), (1, 1, 1, 3)])
def test_packing_loses_nothing(shape, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(unpack(pack(pictures), shape), pictures)
    write_pictures(tmp_path / "p.bin", pictures)
    np.testing.assert_array_equal(read_pictures(tmp_path / "p.bin"), pictures)
    (tmp_path / "p.bin").write_bytes((tmp_path / "p.bin").read_bytes()[:-7])
    with pytest.raises(LinksimError, match="make the bundle again"):
        read_pictures(tmp_path / "p.bin")


def test_photographs_come_back_nearly_as_they_were(tmp_path):
    pictures = np.repeat(smooth(3, side=64)[..., :1], 3, axis=-1)  # colours have half the resolution
    write_photographs(tmp_path / "p.bin", map(photograph, pictures))
    back = read_pictures(tmp_path / "p.bin")
    assert back.shape == pictures.shape and back.dtype == np.uint8
    assert np.mean((back.astype(float) - pictures) ** 2) < 3
    assert (tmp_path / "p.bin").stat().st_size < pictures.nbytes / 4
    (tmp_path / "p.bin").write_bytes((tmp_path / "p.bin").read_bytes()[:-7])
    with pytest.raises(LinksimError, match="make the bundle again"):
        read_pictures(tmp_path / "p.bin")


def model(name, size, steps=10):
    return Trained(
        {"name": name, "steps": 100}, [[steps, 1.0, 25.0]], {"000/kernel": np.ones(4, "float16")}, 0,
        [np.full(size, 0.5, "float32"), np.arange(2, dtype="uint32")], "a device",
    )  # fmt: skip


def test_models_fit_into_few_files_and_come_back(tmp_path):
    models = {f"a/b-{i}": model(f"a/b-{i}", 2_000_000, i) for i in range(5)}
    write_models(tmp_path, models)
    files = list(tmp_path.glob("*.h5"))
    assert len(files) == 3 and max(f.stat().st_size for f in files) <= 16 * 1024 * 1024
    back = read_models(tmp_path)
    assert set(back) == set(models) and back["a/b-3"].steps == 3
    np.testing.assert_array_equal(back["a/b-3"].state[0], models["a/b-3"].state[0])
    assert back["a/b-3"].state[1].dtype == np.uint32
    # A kill in the middle of the next writing leaves this one; a finished model has nothing to go on from.
    (tmp_path / "models-7-0of2.h5").write_bytes(b"half")
    assert set(read_models(tmp_path)) == set(models)
    write_models(tmp_path, {"a/b-0": model("a/b-0", 2_000_000, 100)})
    assert not read_models(tmp_path)["a/b-0"].state and len(list(tmp_path.glob("*.h5"))) == 1
    assert set(read_models(tmp_path)) == {"a/b-0"}
    with pytest.raises(LinksimError, match="fewer recipes"):
        write_models(tmp_path, {f"m{i}": model(f"m{i}", 3_500_000) for i in range(9)})


def test_a_model_may_be_larger_than_a_file(tmp_path):
    large = model("a/b", 3_000_000)
    large.state += [np.full(3_000_000, i, "float32") for i in range(3)]
    write_models(tmp_path, {"a/b": large})
    assert len(list(tmp_path.glob("*.h5"))) == 4
    back = read_models(tmp_path)["a/b"]
    assert [part.dtype for part in back.state] == [part.dtype for part in large.state]
    for one, other in zip(back.state, large.state, strict=True):
        np.testing.assert_array_equal(one, other)


def test_recipes_that_share_a_start_get_that_start(tmp_path):
    """Each of several starts is written once, and none over another."""
    (tmp_path / "pictures").mkdir()
    for i, picture in enumerate(smooth(20, side=32)):
        Image.fromarray(picture).save(tmp_path / "pictures" / f"{i:03d}.png")
    small = dataclasses.replace(
        TINY, codec="deepjscc", options={"latent_channels": 8}, data=str(tmp_path / "pictures"), crop=32
    )
    starts = ["deepjscc/cifar10-1_12-snr13", "deepjscc/cifar10-1_12-snr13", "deepjscc/cifar10-1_12-snr7"]
    recipes = [dataclasses.replace(small, name=f"kit/{i}", warm_start=start) for i, start in enumerate(starts)]
    make_bundle(tmp_path / "kit", recipes, tmp_path)
    files = json.loads((tmp_path / "kit" / "bundle.json").read_text())["starts"]
    assert set(files) == set(starts) and len(set(files.values())) == 2
    for name, file in files.items():
        wanted, found = (
            entry_arrays(catalog.find(name), read_card(catalog.find(name))),
            load_arrays(tmp_path / "kit" / file),
        )
        assert all(np.array_equal(found[key], np.asarray(a, found[key].dtype)) for key, a in wanted.items())


def test_what_a_kit_cannot_train_is_refused(tmp_path):
    closed = dataclasses.replace(TINY, codec="linear", options={}, steps=0, analytic_start=True)
    with pytest.raises(LinksimError, match="needs no training"):
        make_bundle(tmp_path / "a", [closed], tmp_path)
    nowhere = dataclasses.replace(TINY, data=str(tmp_path / "nowhere"))
    with pytest.raises(LinksimError, match="nowhere"):
        make_bundle(tmp_path / "a", [nowhere], tmp_path)
    assert not (tmp_path / "a").exists()
    phases = dataclasses.replace(TINY, phases=(Phase(steps=500), Phase(steps=500)))
    with pytest.raises(LinksimError, match="2 phases"):
        make_bundle(tmp_path / "a", [phases], tmp_path)
    with pytest.raises(LinksimError, match="once"):
        make_bundle(tmp_path / "a", [TINY, TINY], tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(LinksimError, match="no empty folder"):
        make_bundle(tmp_path / "full", [TINY], tmp_path)


def test_a_recipe_ends_when_the_time_is_up_whether_it_has_phases_or_not():
    pytest.importorskip("jax")
    from linksim.training.bundle.ending import ending_at, ends, same_but_for_its_end

    phase = Phase("mse", 1000, decay=0.25)
    for recipe in (dataclasses.replace(TINY, steps=1000, decay=0.25), dataclasses.replace(TINY, phases=(phase,))):
        shorter = ending_at(recipe, 400, 100)
        assert shorter.steps == shorter.schedule[0].steps == 400 and ends(shorter).tolist() == [300, 400]
        assert ends(ending_at(recipe, 400, 350)).tolist() == [350, 400]  # no more than is left
        assert ends(ending_at(recipe, 900, 800)).tolist() == [750, 900]  # falls from where it fell
        assert same_but_for_its_end(recipe.to_dict(), shorter.to_dict())
        assert not same_but_for_its_end(recipe.to_dict(), dataclasses.replace(shorter, batch_size=5).to_dict())
    other = dataclasses.replace(TINY, phases=(dataclasses.replace(phase, learning_rate=2e-3),))
    assert not same_but_for_its_end(dataclasses.replace(TINY, phases=(phase,)).to_dict(), other.to_dict())


@pytest.mark.slow
def test_a_kit_trains_resumes_and_is_adopted(tmp_path):
    """Without TensorFlow, with nothing of this installation but JAX, NumPy and h5py; the link gives what it said."""
    pytest.importorskip("jax")
    (tmp_path / "pictures").mkdir()
    pictures = smooth(400, side=32)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "pictures" / f"{i:03d}.png")
    first = dataclasses.replace(TINY, data=str(tmp_path / "pictures"))
    others = [
        dataclasses.replace(first, name=f"kit/a-snr{snr}", snr_db=float(snr), warm_start=first.name, steps=40)
        for snr in (15, 25)
    ]
    # A codec that makes bytes is compared by rate and distortion, and its one phase says how it is trained.
    phase = Phase("rate-distortion", 20, {"weight": 0.013}, learning_rate=1e-3, final_learning_rate=0.0, decay=0.5)
    bits = dataclasses.replace(
        first, name="kit/bits", codec="lic", options={"filters": 4}, crop=None, batch_size=2,
        snr_db=None, channel="bsc", error_probability=0.0, phases=(phase,),
    )  # fmt: skip
    size = make_bundle(tmp_path / "kit", [first, *others, bits], tmp_path)
    assert size < 60e6
    only = (
        "import sys; sys.modules.update(dict.fromkeys(('tensorflow', 'sionna', 'matplotlib', 'pandas')));"
        f"import runpy; sys.argv[0] = {str(tmp_path / 'kit' / 'run.py')!r};"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def run(*arguments):
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LINKSIM_DATA", "KERAS_BACKEND")}
        # What one call compiled the next finds, so that a slow machine has time left to train.
        env |= {"JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled")}
        done = subprocess.run(
            [sys.executable, "-c", only, "--steps", "20", *arguments],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # A time that ends after the first call: the state is kept.
    said = run("--minutes", "0.001")
    assert "kit/a-snr20: 20 of 60 steps" in said and "kit/a-snr15: not begun" in said
    said = run("--minutes", "10", "--together", "auto")
    assert "kit/a-snr20: 60 of 60 steps" in said and "2 models:" in said and "kit/a-snr25: 40 of 40 steps" in said
    models = read_models(tmp_path / "kit" / "out")
    assert [row[0] for row in models[first.name].history] == [20, 40, 60]
    done = adopt(first.name, tmp_path / "kit" / "out", tmp_path / "zoo")
    assert done.adopted and done.card.backend.startswith("jax")
    weighed = adopt(bits.name, tmp_path / "kit" / "out", tmp_path / "zoo")
    assert weighed.adopted and weighed.card.val_bpp == pytest.approx(models[bits.name].bpp[-1], abs=1e-5)
    assert 0 < weighed.card.val_bpp < 24 and f"at {weighed.card.val_bpp:.3f} bpp" in said
    # With --fit it ends when the time is up, its decay in it, however many steps the recipe has; how long it decays
    # depends on what else the machine does, and is tested in test_time.py.
    said = run("--minutes", "0.3", "--fit", "--only", first.name, "--out", str(tmp_path / "fitted"))
    fitted = read_models(tmp_path / "fitted")[first.name]
    assert set(read_models(tmp_path / "fitted")) == {first.name} and "snr15" not in said
    assert fitted.steps == fitted.recipe["steps"] and 0 < fitted.recipe["decay"] <= 0.5
    assert not fitted.state
    best = models[first.name].history[models[first.name].best_at][-1]
    assert done.card.val_psnr == pytest.approx(best, abs=1e-3)
    assert done.card.val_psnr > models[first.name].history[0][-1] > 10

    from linksim import AnalogLink, zoo
    from linksim.images.picture import Picture
    from linksim.phy import Awgn

    held_back = read_pictures(tmp_path / "kit" / "pictures-0-val.bin")
    link = AnalogLink(zoo.load(tmp_path / "zoo" / first.name), Awgn())
    sent = [Picture(str(i), p) for i, p in enumerate(held_back)]
    (outcomes,) = link.transmit(sent, 20.0, range(1)).layers[0]
    error = np.mean((held_back[outcomes.picture].astype(float) - outcomes.load_pixels()) ** 2)
    assert 10 * np.log10(255**2 / error) == pytest.approx(done.card.val_psnr, abs=0.1)
