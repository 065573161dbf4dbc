"""Learning rates, running means of weights, and runs that are made longer or shorter."""

import dataclasses

import numpy as np
import pytest
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.errors import LinksimError
from linksim.training import Phase, Recipe, Training
from linksim.training.optimizers import averages, make_optimizer
from linksim.training.run import train
from linksim.zoo import load

RECIPE = Recipe(
    "test/tiny", "deepjscc-resnet", {"latent_channels": 4, "filters": 8}, steps=16, batch_size=8, decay=0.5,
    averaging=0.8, learning_rate=1e-3, final_learning_rate=0.0,
)  # fmt: skip


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    pictures = smooth(80)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[16:], pictures[:16]))


def rates(phase, steps):
    schedule = make_optimizer(phase)._learning_rate
    return [float(schedule(step)) for step in steps]


def test_warm_up_constant_decay():
    phase = Phase(steps=100, learning_rate=2.0, final_learning_rate=0.0, warmup_steps=10, decay=0.4)
    assert rates(phase, [0, 4, 9, 10, 59, 60]) == pytest.approx([0.2, 1.0, 2.0, 2.0, 2.0, 2.0])
    assert rates(phase, [80, 100, 200]) == pytest.approx([1.0, 0.0, 0.0])


def test_before_the_decay_nothing_depends_on_the_number_of_steps():
    short, long = (Phase(steps=steps, decay=0.5, warmup_steps=4) for steps in (100, 1000))
    assert rates(short, range(51)) == rates(long, range(51))


@pytest.mark.parametrize("field, value", [("decay", 1.5), ("decay", -0.1), ("averaging", 1.0), ("averaging", 0.0)])
def test_impossible_schedules_are_refused(field, value):
    with pytest.raises(LinksimError, match=field):
        Phase(**{field: value})


def test_the_better_of_weights_and_their_mean_is_exported(tmp_path):
    """What the zoo loads reaches what the card says, whichever of the two it was; the run goes on from its weights."""
    recipe = dataclasses.replace(RECIPE, learning_rate=2e-2, decay=0.0)  # jumps about, so that the mean is better
    training = Training(recipe, tmp_path / "test" / "tiny")
    training.run()
    own = [w.copy() for w in training.codec.get_weights()]
    assert training.averaged
    with training.best_weights() as codec:
        best = [w.copy() for w in codec.get_weights()]
    means = [np.asarray(m) for m in averages(training.chain.optimizer)]
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(own, best, strict=True))
    assert all(any(np.array_equal(m, b) for b in best) for m in means)
    assert all(np.array_equal(a, b) for a, b in zip(own, training.codec.get_weights(), strict=True))
    card = train(recipe, tmp_path)
    assert "running means" in card.notes and card.val_psnr == pytest.approx(training.history[-1].val_psnr, abs=1e-3)
    loaded = load(tmp_path / "test" / "tiny").get_weights()
    assert all(np.allclose(a, b, atol=2e-3) for a, b in zip(loaded, best, strict=True))


@pytest.mark.parametrize("steps, in_a_phase", [(24, False), (16, False), (24, True)])
def test_a_finished_run_is_made_longer_or_shorter(tmp_path, steps, in_a_phase):
    """It goes on from where its rate was last constant, and ends as a run that had these steps from the start."""

    def of(steps):
        recipe = dataclasses.replace(RECIPE, steps=steps)
        return dataclasses.replace(recipe, phases=recipe.schedule) if in_a_phase else recipe

    Training(of(20 if steps == 16 else 16), tmp_path / "a").run()
    changed = of(steps)
    Training(changed, tmp_path / "a").run()
    whole = Training(changed, tmp_path / "b")
    whole.run()
    again = Training(changed, tmp_path / "a")
    assert [p.step for p in again.history] == [p.step for p in whole.history]
    for a, b in zip(again.codec.get_weights(), whole.codec.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_run_whose_decay_began_is_not_made_shorter_than_that(tmp_path):
    Training(RECIPE, tmp_path / "a").run()
    with pytest.raises(LinksimError, match="another recipe"):
        Training(dataclasses.replace(RECIPE, steps=8), tmp_path / "a")


def test_validations_do_not_change_what_training_draws(tmp_path):
    """A run that is validated twice as often ends with the same weights."""
    one = Training(RECIPE, tmp_path / "a")
    one.run()
    two = Training(RECIPE, tmp_path / "b", report=lambda done: two.validate())
    two.run()
    assert one.history[-1].layers == two.history[-1].layers == two.validate()[0]
    for a, b in zip(one.codec.get_weights(), two.codec.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_recipe_without_steps_is_the_closed_form(tmp_path, monkeypatch):
    import linksim.training.closed_form as closed_form

    monkeypatch.setattr(closed_form, "load_data", loop.load_data)
    recipe = Recipe(
        "linear/tiny", "linear", {"latent_channels": 8, "block": 4}, snr_db=(0.0, 20.0), steps=0, analytic_start=True
    )
    card = train(recipe, tmp_path)
    assert card.steps == 0 and "closed form" in card.notes
    assert load(tmp_path / "linear" / "tiny").encodes_for_snr
    with pytest.raises(LinksimError, match="steps"):
        dataclasses.replace(recipe, analytic_start=False)


def test_an_analytic_start_is_far_above_a_random_one(tmp_path):
    recipe = Recipe("test/start", "deepjscc", {"latent_channels": 8}, steps=4, batch_size=8)
    random = Training(recipe, tmp_path / "a")
    analytic = Training(dataclasses.replace(recipe, analytic_start=True), tmp_path / "b")
    assert analytic.validate()[0][-1] > random.validate()[0][-1] + 3
    with pytest.raises(LinksimError, match="no analytic start"):
        Training(dataclasses.replace(RECIPE, analytic_start=True), tmp_path / "c")
