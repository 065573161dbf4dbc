"""Deep features, pixels, and a discriminator that knows what was sent; on made weights, so that it runs anywhere."""

import csv
import dataclasses
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops
from lpips_files import write_alex

from linksim import images
from linksim.errors import LinksimError
from linksim.metrics.lpips import Lpips
from linksim.training import Phase, Recipe, Training, loop
from linksim.training.objectives import make_objective
from linksim.training.validation import score

SIDE = 32
PHASES = (
    Phase("perceptual", 4, {"beta_m": 1e-4}, averaging=0.5, decay=0.5),
    Phase("perceptual", 4, {"beta_g": 0.1, "filters": 4}, trains=("rival",)),
    Phase("perceptual", 4, {"beta_g": 0.1, "filters": 4}),
)
RECIPE = Recipe(
    "test/perceptual",
    "deepjscc-resnet",
    {"latent_channels": 4, "filters": 8, "adaptive": True},
    snr_db=(0.0, 15.0),
    batch_size=2,
    phases=PHASES,
)


@pytest.fixture(autouse=True)
def made_weights(tmp_path, monkeypatch):
    write_alex(tmp_path / "data")
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path / "data"))
    pictures = np.random.default_rng(0).integers(0, 256, (10, SIDE, SIDE, 3), dtype=np.uint8)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 2)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[4:], pictures[:4]))


def test_the_loss_adds_up():
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 3, SIDE, SIDE, 3)).astype("float32")
    shown = np.stack([x, y], axis=1)
    made = make_objective("perceptual", {"beta_p": 2.0, "beta_m": 1e-5}).loss(x, shown)
    apart = float(ops.mean(Lpips("alex")(x, y)))
    assert float(made) == pytest.approx((2 * apart + 1e-5 * 255**2 * np.mean((x - y) ** 2)) / 2, rel=1e-4)


def test_three_phases_train_what_they_say_and_tell(tmp_path):
    """Features and pixels; the discriminator alone, the codec as it is; both. The discriminator of the last phase is
    the one that learned alone."""
    snapshots = []

    def keep(report):
        parts = (training.codec, *training.chain.rivals)
        snapshots.append([np.concatenate([np.ravel(w) for w in part.get_weights()]) for part in parts])

    training = Training(RECIPE, tmp_path / "run", report=keep)
    assert len(training.chain.rivals) == 1
    keep(None)
    training.run()
    moved = [[not np.array_equal(a, b) for a, b in zip(x, y)] for x, y in zip(snapshots, snapshots[1:])]
    assert moved == [[True, False]] * 2 + [[False, True]] * 2 + [[True, True]] * 2
    # What a run tells: loss of codec and discriminator, PSNR and LPIPS, and samples to look at.
    with open(tmp_path / "run/history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "loss", "seconds", "val_psnr_1", "val_lpips", "rival_loss"]
    assert rows[0]["rival_loss"] == "" and float(rows[-1]["rival_loss"]) > 0
    x = training.val_pictures
    lpips = training.validate().lpips
    assert float(rows[-1]["val_lpips"]) == pytest.approx(lpips, abs=1e-5)
    sheet = images.read_picture(tmp_path / "run/samples.png").pixels
    assert sheet.shape == (2 * SIDE, 4 * SIDE, 3) and np.array_equal(sheet[:SIDE, :SIDE], x[0])


def test_a_run_killed_in_any_phase_goes_on(tmp_path):
    """Killed while the discriminator learns alone, and again while both take turns: codec and discriminator end where
    those of an undisturbed run end."""

    class Killed(Exception):
        pass

    def kill(report):
        if report.step in (6, 10):
            raise Killed

    for done in (0, 3):
        run = Training(RECIPE, tmp_path / "a", report=kill)
        assert len(run.history) == done
        with pytest.raises(Killed):
            run.run()
    resumed, whole = Training(RECIPE, tmp_path / "a"), Training(RECIPE, tmp_path / "b")
    assert len(resumed.history) == 5
    resumed.run()
    whole.run()
    ours, theirs = ((*run.codec.weights, *run.chain.rivals[0].weights) for run in (resumed, whole))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=5e-4)
    assert resumed.history[-1].lpips == pytest.approx(whole.history[-1].lpips, abs=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes a gradient by TensorFlow")
def test_no_gradient_goes_through_the_latent_that_the_discriminator_sees(tmp_path):
    """Else the encoder could win by sending what the discriminator likes, instead of what the picture needs."""
    import tensorflow as tf

    training = Training(dataclasses.replace(RECIPE, phases=PHASES[1:]), tmp_path / "run")
    objective = training.chain.objectives[0]
    x = np.random.default_rng(2).random((2, SIDE, SIDE, 3)).astype("float32")
    sent = tf.Variable(np.random.default_rng(3).standard_normal((2, SIDE * SIDE // 8, 2)).astype("float32"))
    shown = tf.Variable(x[:, None])
    with tf.GradientTape(persistent=True) as tape:
        loss = objective.loss(x, (tf.convert_to_tensor(shown), [tf.convert_to_tensor(sent)]))
        other = objective.loss(x, (tf.convert_to_tensor(shown), [2.0 * tf.convert_to_tensor(sent)]))
    assert tape.gradient(loss, sent) is None and np.abs(tape.gradient(loss, shown)).max() > 0
    assert float(loss) != float(other)  # but it does see it


def test_better_is_less_lpips_where_that_was_validated():
    assert score((30.0,), 0.2) > score((35.0,), 0.3)
    assert score((30.0, 32.0)) == 31.0


def test_what_cannot_be_is_one_line(tmp_path):
    with pytest.raises(LinksimError, match="at least 0"):
        make_objective("perceptual", {"beta_g": -1.0})
    several = dataclasses.replace(
        RECIPE, codec="multiple-decoders", options={"layer_channels": (2, 4)}, snr_db=10.0, phases=PHASES[1:]
    )
    with pytest.raises(LinksimError, match="leave out beta_g"):
        Training(several, tmp_path / "x")


def test_it_trains_under_jax(tmp_path):
    """Codec and discriminator in turns."""
    recipe = dataclasses.replace(RECIPE, phases=[dataclasses.replace(PHASES[2], steps=2)])
    script = f"""
import json
from pathlib import Path
import numpy as np
from linksim.training import Recipe, Training, loop
pictures = np.random.default_rng(0).integers(0, 256, (10, {SIDE}, {SIDE}, 3), dtype=np.uint8)
loop.STEPS_PER_EPOCH = 2
loop.load_data = lambda recipe: (pictures[4:], pictures[:4])
training = Training(Recipe(**json.loads({json.dumps(recipe.to_dict())!r})), Path({str(tmp_path / "there")!r}))
training.run()
assert all(np.isfinite([r.loss, r.lpips, r.rival_loss or 0.0]).all() for r in training.history)
print("steps", training.history[-1].step)
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=500)
    assert "steps 2" in done.stdout, done.stderr[-2000:]
