"""A recipe of three phases, one of them adversarial, on toy networks."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

import linksim.training.loop as loop
from linksim.errors import LinksimError
from linksim.training import OBJECTIVES, Objective, Phase, Recipe, Training


class Adversarial(Objective):
    """MSE, and a judge of three convolutions that is to take what is shown for real."""

    rival_learning_rate = 1e-3

    def __init__(self, weight=0.01):
        self.weight = weight
        self.rival = keras.Sequential(
            [
                keras.layers.Conv2D(4, 3, strides=2, activation="relu"),
                keras.layers.Conv2D(1, 3),
                keras.layers.GlobalAveragePooling2D(),
            ]
        )

    def loss(self, pictures, shown):
        distortion = ops.mean(ops.square(pictures[:, None] - shown))
        return distortion + self.weight * ops.mean(ops.softplus(-self.rival(shown[:, -1])))

    def rival_loss(self, pictures, shown):
        return ops.mean(ops.softplus(-self.rival(pictures)) + ops.softplus(self.rival(shown[:, -1])))


PHASES = (
    Phase("mse", steps=8, learning_rate=3e-3),
    Phase("psnr", steps=4, trains=("decoder",)),
    Phase("adversarial", steps=8, options={"weight": 0.02}, freezes=("encoder",)),
)
RECIPE = Recipe("test/phases", "deepjscc", {"latent_channels": 4}, batch_size=8, phases=PHASES)


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[8:], pictures[:8]))
    monkeypatch.setitem(OBJECTIVES, "adversarial", Adversarial)


def state(training):
    rival = training.chain.rivals[0]
    return [np.asarray(w) for w in (*training.codec.weights, *rival.weights)]


def test_each_phase_trains_what_it_says(tmp_path):
    """The encoder learns in the first phase only, the decoder in all, the judge in the last only."""
    snapshots = []

    def keep(report):
        codec, rival = training.codec, training.chain.rivals[0]
        snapshots.append(
            [np.concatenate([np.ravel(w) for w in m.get_weights()]) for m in (codec.encoder, codec.decoder, rival)]
        )

    training = Training(RECIPE, tmp_path, report=keep)
    assert training.run().step == RECIPE.steps == 20
    moved = [[not np.array_equal(a, b) for a, b in zip(x, y)] for x, y in zip(snapshots, snapshots[1:])]
    first, second, third = [True, True, False], [False, True, False], [False, True, True]
    assert moved == [first, second, third, third]


@pytest.mark.parametrize("killed_after", [1, 2, 3, 4])
def test_a_run_killed_in_any_phase_goes_on(tmp_path, killed_after):
    """Codec and judge end where those of an undisturbed run end."""

    class Killed(Exception):
        pass

    def kill(report):
        if report.step == 4 * killed_after:
            raise Killed

    with pytest.raises(Killed):
        Training(RECIPE, tmp_path / "a", report=kill).run()
    resumed = Training(RECIPE, tmp_path / "a")
    assert len(resumed.history) == killed_after
    resumed.run()
    whole = Training(RECIPE, tmp_path / "b")
    whole.run()
    for a, b in zip(state(resumed), state(whole), strict=True):
        np.testing.assert_allclose(a, b, atol=5e-4)


def test_phases_travel_through_json():
    there = RECIPE.to_dict()
    assert Recipe(**there) == RECIPE and Recipe(**there).to_dict() == there
    assert "phases" not in dataclasses.replace(RECIPE, phases=()).to_dict()


def test_phases_that_cannot_be_are_refused(tmp_path):
    for phases, message in (
        ((Phase("gan", steps=4),), "unknown objective 'gan'"),
        ((Phase("adversarial", steps=4, options={"wight": 1}),), "does not take these options"),
        ((Phase("mse", steps=4, trains=("encodr",)),), "has no network 'encodr'"),
        ((Phase("mse", steps=4, trains=("encoder",), freezes=("encoder",)),), "nothing learns"),
        ((Phase("mse", steps=5),), "multiple of 4"),
    ):
        with pytest.raises(LinksimError, match=message):
            Training(dataclasses.replace(RECIPE, phases=phases), tmp_path / "x")


def test_another_number_of_steps_for_one_phase_only():
    """It is the phase that has the steps: a recipe that kept its phases would silently keep its length."""
    one = dataclasses.replace(RECIPE, phases=PHASES[:1]).with_steps(24)
    assert one.steps == 24 and [phase.steps for phase in one.phases] == [24]
    assert dataclasses.replace(RECIPE, phases=()).with_steps(24).steps == 24
    with pytest.raises(LinksimError, match="has 3 phases"):
        RECIPE.with_steps(24)
