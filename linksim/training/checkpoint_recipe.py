"""Whose a checkpoint is: of this recipe, of the same with another length, or of another."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from linksim.training.recipe import Recipe


def recipe_of(arrays: Mapping[str, Any]) -> Recipe | None:
    """The recipe that a checkpoint names; None where it names none that can be understood."""
    try:
        return Recipe(**json.loads(bytes(arrays["recipe"])))
    except (KeyError, ValueError, TypeError):
        return None


def is_of(arrays: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether a checkpoint is of this very recipe."""
    old = recipe_of(arrays)
    return old is not None and len(old.phases) == len(recipe.phases) and old.to_dict() == recipe.to_dict()


def is_of_another_length(arrays: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether a checkpoint is of this recipe with any number of steps: of one phase whose rate is constant at first."""
    old, schedule = recipe_of(arrays), recipe.schedule
    if old is None or len(schedule) > 1 or schedule[0].decay is None or len(old.phases) != len(recipe.phases):
        return False
    phases = tuple(dataclasses.replace(phase, steps=recipe.steps) for phase in old.phases)  # none, or the one
    return dataclasses.replace(old, steps=recipe.steps, phases=phases).to_dict() == recipe.to_dict()


def difference(arrays: Mapping[str, Any], recipe: Recipe) -> str:
    """In words, how the recipe of a checkpoint differs from this one."""
    old, mine = recipe_of(arrays), recipe.to_dict()
    if old is None:
        return "belongs to another recipe"
    was = old.to_dict()
    other = [key for key in mine if mine[key] != was[key]]
    if other == ["steps"]:
        return f"is of {was['steps']} steps and not {mine['steps']} (only recipes with a decay change their length)"
    return f"belongs to another recipe ({', '.join(other)} differ)"
