"""A kit that is to end when its time is up, on machines whose speed is known: the clock is the test's."""

import json
from types import SimpleNamespace

import pytest

from linksim.training.bundle.machine import Machine
from linksim.training.bundle.models import Trained, read_models
from linksim.training.recipe import Recipe

RECIPE = Recipe(
    "kit/timed", "deepjscc-resnet", {"latent_channels": 8, "filters": 8}, crop=16, batch_size=4, steps=60,
    snr_db=20.0, learning_rate=5e-3, final_learning_rate=0.0, decay=0.5,
)  # fmt: skip
MINUTES = 10


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Train for ten minutes with --fit; `seconds_at(seconds since the start)` is what a step takes."""
    pytest.importorskip("jax")
    from linksim.training.bundle.group import Group

    now = [1000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("linksim.training.bundle.machine.time", clock)

    class Timed(Group):
        """Steps that only take time."""

        def __init__(self, recipes, seconds_at):
            self.recipes, self.history, self._schedule = list(recipes), [[]], "constant, then falling"
            self.seconds_at = seconds_at

        def train(self, steps):
            for _ in range(steps):
                now[0] += self.seconds_at(now[0] - 1000)
            self.history[0].append([self.step + steps, now[0] - 1000, 30.0])

        def trained(self):
            return {r.name: Trained(r.to_dict(), self.history[0], {}, 0, [], "a clock") for r in self.recipes}

    (tmp_path / "bundle.json").write_text(json.dumps({"recipes": [RECIPE.to_dict()], "starts": {}, "data": {}}))

    def run(seconds_at):
        machine = Machine(tmp_path, tmp_path / "out", steps=20, fit=True)
        machine._group = lambda recipes: Timed(recipes, seconds_at)
        machine.run(MINUTES)
        return read_models(tmp_path / "out")[RECIPE.name], now[0] - 1000

    return run


def test_half_of_the_steps_fall_where_every_step_takes_the_same(train):
    model, seconds = train(lambda elapsed: 0.1)
    assert model.steps == model.recipe["steps"] and 0.85 * 600 < seconds <= 600
    assert model.recipe["decay"] == pytest.approx(0.5, abs=0.05)


def test_a_first_call_that_compiles_for_a_minute_does_not_count_for_the_rest(train):
    model, seconds = train(lambda elapsed: 6.0 if elapsed < 60 else 0.1)
    assert model.steps == model.recipe["steps"] and 0.85 * 600 < seconds <= 600
    assert model.recipe["decay"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("slower", [2, 5])
def test_a_machine_that_gets_slower_while_the_rate_falls_ends_in_time_and_falls_for_less(slower, train):
    model, seconds = train(lambda elapsed: 0.1 * (slower if elapsed > 350 else 1))
    assert model.steps == model.recipe["steps"] and 0.8 * 600 < seconds <= 600
    assert 0.05 < model.recipe["decay"] < 0.45


def test_a_machine_that_gets_faster_before_the_rate_falls_trains_more_steps(train):
    model, seconds = train(lambda elapsed: 0.1 / (4 if elapsed > 100 else 1))
    assert model.steps == model.recipe["steps"] > 12_000 and 0.85 * 600 < seconds <= 600
    assert model.recipe["decay"] == pytest.approx(0.5, abs=0.05)
