"""Training: it learns, it resumes, and it refuses what does not belong."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

import linksim.training.loop as loop
from linksim.errors import LinksimError
from linksim.training import RECIPES, Recipe, Training, get_recipe
from linksim.training.chain import Chain
from linksim.training.data import Batches, load_data
from linksim.training.muon import ConvMuon
from linksim.training.run import train

RECIPE = Recipe("test/tiny", "deepjscc", {"latent_channels": 4}, steps=12, batch_size=8)


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    """Epochs of four steps on 64 waves of 16x16, each at a phase of its own."""
    i, j, n = np.mgrid[0:16, 0:16, 0:64]
    waves = 127 + 100 * np.sin(0.3 * i + 0.2 * j + n)
    pictures = np.repeat(np.moveaxis(waves, 2, 0)[..., None], 3, axis=3).astype(np.uint8)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[8:], pictures[:8]))


def weights(training):
    return [np.asarray(w) for w in training.codec.get_weights()]


def test_validation_of_a_range_of_snrs_does_not_draw_them():
    """Each picture has an SNR of its own, the same at every validation; in training they are drawn."""
    chain = Chain(dataclasses.replace(RECIPE, snr_db=(0.0, 20.0)))
    assert list(chain._of_range(0.0, 20.0, 4, False)) == [2.5, 7.5, 12.5, 17.5]
    drawn = [np.asarray(chain._of_range(0.0, 20.0, 4, True)) for _ in range(2)]
    assert np.all((drawn[0] != drawn[1]) & (np.minimum(*drawn) >= 0) & (np.maximum(*drawn) <= 20))


@pytest.mark.parametrize("codec", ["multiple-decoders", "single-decoder", "residual"])
def test_a_progressive_codec_learns_and_resumes(tmp_path, codec):
    """Validation is per layer, and a run in two parts draws the cuts and the noise of a run in one."""
    recipe = dataclasses.replace(
        RECIPE, codec=codec, options={"layer_channels": (2, 2)}, optimizer="muon", learning_rate=3e-3
    )
    start_from = None
    if codec == "residual":
        first = dataclasses.replace(RECIPE, options={"latent_channels": 2}, steps=4)
        Training(first, tmp_path / "first").run()
        start_from = tmp_path / "first" / "checkpoint.h5"
        recipe = dataclasses.replace(recipe, warm_start="test/first")

    def stop(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    whole = Training(recipe, tmp_path / "a", start_from)
    start = weights(whole)
    whole.run()
    assert all(len(p.layers) == 2 for p in whole.history)
    assert whole.history[-1].val_psnr > whole.history[0].val_psnr
    with pytest.raises(KeyboardInterrupt):
        Training(recipe, tmp_path / "b", start_from, report=stop).run()
    Training(recipe, tmp_path / "b", start_from).run()
    resumed = Training(recipe, tmp_path / "b", start_from)
    for a, b in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    if codec == "residual":  # the first pair is as it was
        for a, b in zip(start[: len(start) // 2], weights(whole)):
            np.testing.assert_array_equal(a, b)
    assert (tmp_path / "a" / "history.csv").read_text().startswith("step,loss,seconds,val_psnr_1,val_psnr_2")


def test_residual_layers_need_the_ones_before(tmp_path):
    """Only the last pair learns: the others must come from somewhere. Where they do, any fading will do."""
    residual = dataclasses.replace(RECIPE, codec="residual", options={"layer_channels": (2, 2)}, steps=4)
    with pytest.raises(LinksimError, match="warm_start"):
        Training(residual, tmp_path / "a")
    first = dataclasses.replace(RECIPE, options={"latent_channels": 2}, steps=4)
    Training(first, tmp_path / "first").run()
    slow = dataclasses.replace(residual, warm_start="test/first", channel="rayleigh-slow")
    assert Training(slow, tmp_path / "b", tmp_path / "first" / "checkpoint.h5").run().step == 4


def test_another_network_is_no_warm_start(tmp_path):
    """Its kernels are 3x3 where these are 5x5; that both have kernels and biases is no kinship."""
    other = dataclasses.replace(
        RECIPE, name="test/adaptive", codec="adaptive", options={"layer_channels": (2, 2), "filters": 8, "blocks": 1}
    )
    Training(dataclasses.replace(other, steps=4), tmp_path / "a").run()
    start = dataclasses.replace(RECIPE, warm_start="test/adaptive")
    with pytest.raises(LinksimError, match="in common"):
        Training(start, tmp_path / "b", warm_start=tmp_path / "a" / "checkpoint.h5")


def test_muon_orthogonalises_kernels_and_leaves_the_rest_to_adam():
    """The update of a kernel has nearly equal singular values; that of a bias is Adam's."""
    kernel, bias = keras.Variable(np.zeros((3, 3, 8, 16), "float32")), keras.Variable(np.zeros(16, "float32"))
    rng = np.random.default_rng(0)
    # a gradient of very unequal singular values
    gradient = rng.standard_normal((72, 16)) @ np.diag(np.logspace(0, -2, 16))
    optimizer = ConvMuon(1e-2)
    optimizer.build([kernel, bias])
    step = rng.standard_normal(16).astype("float32")
    optimizer.apply(
        [ops.convert_to_tensor(gradient.reshape(3, 3, 8, 16).astype("float32")), ops.convert_to_tensor(step)]
    )
    values = np.linalg.svd(np.asarray(kernel).reshape(72, 16), compute_uv=False)
    assert values.max() / values.min() < 3 < np.linalg.cond(gradient) / 10
    assert np.sqrt(np.mean(np.square(kernel))) == pytest.approx(0.2 * 1e-2, rel=0.3)
    np.testing.assert_allclose(np.asarray(bias), -1e-2 * np.sign(step), rtol=1e-2)


def test_the_psnr_loss_is_the_mean_psnr(tmp_path):
    training = Training(dataclasses.replace(RECIPE, loss="psnr"), tmp_path)
    y = np.random.default_rng(0).random((4, 16, 16, 3)).astype("float32")
    noisy = y + np.array([0.01, 0.1, 0.2, 0.3], "float32")[:, None, None, None]
    loss = float(training.chain.compute_loss(y=y, y_pred=noisy[:, None]))
    assert -loss == pytest.approx(np.mean(-20 * np.log10([0.01, 0.1, 0.2, 0.3])), abs=0.1)


def test_the_loss_falls(tmp_path):
    training = Training(dataclasses.replace(RECIPE, steps=80, learning_rate=5e-3), tmp_path)
    training.run()
    first, last = training.history[0], training.history[-1]
    assert last.loss < 0.6 * first.loss
    assert last.val_psnr > first.val_psnr + 1


def test_a_killed_run_goes_on_and_sees_the_same_batches(tmp_path, monkeypatch):
    """Stopped after one epoch and started again, a run ends at the weights of an undisturbed one."""

    class Killed(Exception):
        pass

    def kill(progress):
        raise Killed

    with pytest.raises(Killed):
        Training(RECIPE, tmp_path / "a", report=kill).run()
    resumed = Training(RECIPE, tmp_path / "a")
    assert int(resumed.chain.optimizer.iterations) == 4 and len(resumed.history) == 1
    resumed.run()
    assert [p.step for p in resumed.history] == [4, 8, 12]
    whole = Training(RECIPE, tmp_path / "b")
    whole.run()
    for a, b in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)
    assert (tmp_path / "a" / "history.csv").read_text().count("\n") == 4


def test_batches_follow_from_seed_and_epoch():
    pictures = np.random.default_rng(0).integers(0, 256, (20, 8, 9, 3), dtype=np.uint8)
    one = Batches(pictures, 4, 5, crop=8, seed=3)
    one.on_epoch_end()
    resumed = Batches(pictures, 4, 5, crop=8, seed=3, epoch=1)
    for i in range(5):
        np.testing.assert_array_equal(one[i][0], resumed[i][0])
    assert not np.array_equal(one[0][0], Batches(pictures, 4, 5, crop=8, seed=3)[0][0])
    assert sorted(resumed._order) == sorted(range(20))  # an epoch shows every picture once


def test_large_pictures_are_cut_from_more_often():
    pictures = [np.full((side, 32, 3), side, np.uint8) for side in (16, 48)]
    drawn = Batches(pictures, 10, 50, crop=16, seed=0, by_area=True)
    large = np.mean([drawn[i][0] for i in range(50)]) * 255
    assert 16 + 0.65 * 32 < large < 16 + 0.85 * 32  # three quarters of the crops; 500 are within 6 % of that
    again = Batches(pictures, 10, 50, crop=16, seed=0, by_area=True)
    np.testing.assert_array_equal(drawn[3][0], again[3][0])
    drawn.on_epoch_end()
    later = Batches(pictures, 10, 50, crop=16, seed=0, epoch=1, by_area=True)
    np.testing.assert_array_equal(drawn[3][0], later[3][0])
    assert list(drawn._order) != list(again._order)


def test_a_finished_run_is_not_trained_again(tmp_path):
    before = Training(RECIPE, tmp_path)
    before.run()
    after = Training(RECIPE, tmp_path)
    after.run()
    for a, b in zip(weights(before), weights(after), strict=True):
        np.testing.assert_array_equal(a, b)


def test_warm_start_takes_what_fits(tmp_path):
    """A wider latent keeps the layers whose shapes agree, and of the others the common part."""
    Training(RECIPE, tmp_path / "a").run()
    wide = dataclasses.replace(RECIPE, options={"latent_channels": 6}, warm_start="test/tiny")
    with pytest.raises(LinksimError, match="starts from"):
        Training(wide, tmp_path / "b")
    source = Training(RECIPE, tmp_path / "a")
    started = Training(wide, tmp_path / "b", warm_start=tmp_path / "a" / "checkpoint.h5")
    same = [a.shape == b.shape and np.array_equal(a, b) for a, b in zip(weights(source), weights(started), strict=True)]
    assert sum(same) >= len(same) - 5 and not all(same)
    for a, b in zip(weights(source), weights(started), strict=True):
        common = tuple(slice(min(n, m)) for n, m in zip(a.shape, b.shape))
        np.testing.assert_array_equal(a[common], b[common])


def test_a_checkpoint_belongs_to_its_recipe(tmp_path):
    Training(RECIPE, tmp_path).run()
    with pytest.raises(LinksimError, match=r"another recipe \(snr_db differ\)"):
        Training(dataclasses.replace(RECIPE, snr_db=3.0), tmp_path)
    data = bytearray((tmp_path / "checkpoint.h5").read_bytes())
    (tmp_path / "checkpoint.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(LinksimError, match="damaged"):
        Training(RECIPE, tmp_path)
    assert (tmp_path / "checkpoint.h5").stat().st_size == len(data) // 2


def test_a_flipped_byte_in_a_checkpoint_is_found(tmp_path):
    Training(RECIPE, tmp_path).run()
    data = bytearray((tmp_path / "checkpoint.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "checkpoint.h5").write_bytes(data)
    with pytest.raises(LinksimError, match="damaged"):
        Training(RECIPE, tmp_path)


def test_a_warm_start_waits_for_its_neighbour(tmp_path):
    """An unfinished run is no place to start from: what came of it would depend on when it was asked."""
    wide = dataclasses.replace(RECIPE, name="test/wide", steps=4, warm_start="test/tiny")
    Training(RECIPE, tmp_path / "test" / "tiny").run()
    with pytest.raises(LinksimError, match="not finished"):
        train(wide, tmp_path)
    first = train(RECIPE, tmp_path)
    card = train(wide, tmp_path)
    assert card.notes == "started from test/tiny"
    # Its curve begins at what it starts from, but for the rounding of those weights to float16.
    assert [step for step, _ in card.history] == [0, 4]
    assert card.history[0][1] == pytest.approx(first.val_psnr, abs=0.02)
    lines = (tmp_path / "test" / "wide" / "history.csv").read_text().splitlines()
    assert lines[1].startswith("0,,0.0,") and lines[2].startswith("4,")
    again = Training(wide, tmp_path / "test" / "wide", tmp_path / "test" / "tiny" / "checkpoint.h5")
    assert [p.step for p in again.curve] == [0, 4] and again.start.what == "started from test/tiny"


def test_looking_at_the_start_changes_nothing(tmp_path, monkeypatch):
    """A run whose curve begins at step 0 ends, bit for bit, at the weights of one that was not looked at before."""
    recipe = dataclasses.replace(RECIPE, steps=4, analytic_start=True)
    seen = Training(recipe, tmp_path / "a")
    seen.run()
    monkeypatch.setattr(loop, "beginning", lambda recipe, given: "")
    unseen = Training(recipe, tmp_path / "b")
    unseen.run()
    assert [len(run.curve) for run in (seen, unseen)] == [2, 1] and seen.start.what == "analytic start"
    for a, b in zip(weights(seen), weights(unseen), strict=True):
        np.testing.assert_array_equal(a, b)


def test_precision_is_put_back(tmp_path):
    before = keras.config.dtype_policy()
    training = Training(dataclasses.replace(RECIPE, steps=4, precision="mixed_bfloat16"), tmp_path)
    assert keras.config.dtype_policy() == before
    training.run()
    assert keras.config.dtype_policy() == before
    assert training.codec.encoder.layers[1].dtype_policy.name == "mixed_bfloat16"


def test_train_leaves_a_zoo_entry(tmp_path):
    from linksim import zoo

    card = train(dataclasses.replace(RECIPE, steps=4), tmp_path)
    folder = tmp_path / "test" / "tiny"
    assert (folder / "training.png").stat().st_size > 1000
    codec = zoo.load(folder)
    assert card.steps == 4 and codec.title == "test/tiny"
    np.testing.assert_allclose(zoo.golden_output(codec), card.golden, atol=1e-5)


def test_recipes_are_complete():
    """Every warm start is itself a recipe, and comes before the one that needs it."""
    seen = set()
    for recipe in RECIPES.values():
        assert recipe.warm_start is None or recipe.warm_start in RECIPES
        seen.add(recipe.name)
    assert {f"deepjscc/cifar10-{r}-snr{s}" for r in ("1_6", "1_12") for s in (1, 4, 7, 10, 13, 19)} <= seen
    with pytest.raises(LinksimError, match="linksim list recipes"):
        get_recipe("deepjscc")


def test_validation_pictures_are_never_trained_on(data_folder):
    train_pictures, val_pictures = load_data(get_recipe("deepjscc/cifar10-1_6-snr10"))
    assert len(train_pictures) == 49_000 and len(val_pictures) == 1_000
    recipe = get_recipe("deepjscc/photos-1_16-snr10")
    crops = load_data(recipe)[1]
    assert crops.shape[1:] == (64, 64, 3) and len(crops) % 4 == 0
    large = load_data(dataclasses.replace(recipe, crop=256))[1]
    assert large.shape == (-(-len(crops) // 12), 256, 256, 3)  # one of every third picture


def test_a_few_pictures_are_spread_over_all_of_them(tmp_path):
    from PIL import Image

    for i in range(40):
        Image.fromarray(np.full((32, 32, 3), i, np.uint8)).save(tmp_path / f"{i:02d}.png")
    recipe = dataclasses.replace(get_recipe("deepjscc/photos-1_16-snr10"), data=f"{tmp_path}:4", crop=16)
    few, held_back = load_data(recipe)
    assert [int(p[0, 0, 0]) for p in few] == [4, 16, 27, 39], "of the 36 that are not held back"
    assert held_back.shape == (16, 16, 16, 3)
    assert len(load_data(dataclasses.replace(recipe, data=f"{tmp_path}:99"))[0]) == 36
    with pytest.raises(LinksimError, match="at least one picture"):
        load_data(dataclasses.replace(recipe, data=f"{tmp_path}:0"))
