"""When a recipe of a kit ends: numbers that may change while it is trained, without compiling again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
from jax import numpy as jnp

from linksim.training.optimizers import WarmupConstantDecay
from linksim.training.recipe import Recipe

_FITTED = ("steps", "decay")
"""What says when a recipe, or its phase, ends."""


class MovableDecay(WarmupConstantDecay):
    """The same schedule, whose decay begins and ends where two arguments of a compiled call say."""

    def __init__(self, schedule: WarmupConstantDecay, ends: Any):
        super().__init__(**schedule.get_config())
        self._ends = ends

    def __call__(self, step: Any) -> Any:
        step, (begin, end) = keras.ops.cast(step, "float32"), self._ends
        fallen = jnp.clip((step - begin) / jnp.maximum(end - begin, 1), 0.0, 1.0)
        rise = jnp.minimum((step + 1.0) / max(self.warmup, 1), 1.0) if self.warmup else 1.0
        return rise * (self.rate + fallen * (self.final_rate - self.rate))


def ends(recipe: Recipe) -> Any:
    """Steps at which the rate begins to fall and at which training ends, as `MovableDecay` takes them."""
    return jnp.asarray([recipe.schedule[0].decay_from, recipe.steps], jnp.float32)


def ending_at(recipe: Recipe, steps: int, done: int) -> Recipe:
    """A recipe of one phase that ends after so many steps, of which some are done; a decay that has not begun keeps its
    share, one that has goes on from where it began."""
    phase = recipe.schedule[0]
    falls = min(round(steps * (phase.decay or 0.0)), steps - done)
    if done > phase.decay_from:
        falls = steps - phase.decay_from
    fitted: dict[str, Any] = {"steps": steps, "decay": falls / steps}
    if recipe.phases:
        fitted = {"phases": (dataclasses.replace(phase, **fitted),)}
    return dataclasses.replace(recipe, **fitted)


def same_but_for_its_end(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the fields of two recipes, as `Recipe.to_dict` gives them, differ in nothing but when they end."""
    return _without_end(one) == _without_end(other)


def _without_end(fields: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in fields.items() if key not in _FITTED}
    if "phases" in kept:
        kept["phases"] = [_without_end(phase) for phase in kept["phases"]]
    return kept
