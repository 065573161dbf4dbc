"""Recipes in order of need, each in a folder of its own, resumable at any moment."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.training.needs import NEEDS
from linksim.training.recipe import Recipe
from linksim.training.recipe_files import recipes_in
from linksim.training.recipes import get_recipe
from linksim.zoo import catalog
from linksim.zoo.card import read_card

_UNKNOWN_DISTANCE_DB = 3.0
_UNKNOWN_SECONDS_PER_STEP = 0.05
_EPOCHS = 4
"""By which the speed of a run is judged."""


@dataclass(frozen=True)
class Wanted:
    """A recipe, and what sets its place in a queue.

    Parameters
    ----------
    recipe : Recipe
    target_db : float or None
        Validation PSNR in dB that it is to reach: the distance to it sets the order. None where it has none: of
        such recipes the shortest are first.
    script : Path or None
        Python file that the recipe is in, by which other processes find the class of its codec.
    """

    recipe: Recipe
    target_db: float | None
    script: Path | None = None


@dataclass(frozen=True)
class Standing:
    """Where a recipe of the queue stands.

    Parameters
    ----------
    wanted : Wanted
    state : {"ready", "waiting", "done", "failed"}
        "waiting": what it starts from is not trained yet.
    step : int
        Gradient steps done.
    val_psnr : float or None
        Of the run, in dB; of the zoo's entry where there is no run yet.
    hours_left : float
        To the last step, at the speed of its last epochs; one thread.
    why : str
        What failed, or what it waits for.
    """

    wanted: Wanted
    state: str
    step: int
    val_psnr: float | None
    hours_left: float
    why: str = ""

    @property
    def need(self) -> float:
        """Distance to the target in dB per hour that it still takes."""
        target = self.wanted.target_db
        distance = _UNKNOWN_DISTANCE_DB if self.val_psnr is None or target is None else target - self.val_psnr
        return distance / max(self.hours_left, 1e-3)

    def line(self) -> str:
        """One line: recipe, step, validation PSNR, target, hours left."""
        psnr = "   --" if self.val_psnr is None else f"{self.val_psnr:.2f}"
        steps = f"{self.step:,} of {self.wanted.recipe.steps:,} steps"
        left = "" if self.state == "done" else f", {self.hours_left:.1f} h left"
        why = f" ({self.why})" if self.why else ""
        target = "" if self.wanted.target_db is None else f", target {self.wanted.target_db:.2f} dB"
        return f"{self.wanted.recipe.name}: {steps}, {psnr} dB{target}{left}, {self.state}{why}"


def read_queue(path: Path | None) -> tuple[Wanted, ...]:
    """The recipes of a queue file; linksim's own list where there is none.

    Parameters
    ----------
    path : Path, optional
        JSON, a list of objects: `recipe`, the name of a recipe or the fields of one, and `target`, in dB. Or a Python
        file, see `linksim.training.recipe_files`: all its recipes, without targets.

    Raises
    ------
    LinksimError
        If the file cannot be read, names an unknown recipe or one twice, or holds no such list.
    """
    if path is None:
        return tuple(Wanted(get_recipe(name), target) for name, target in NEEDS.items())
    if path.suffix == ".py":
        return tuple(Wanted(recipe, None, path) for recipe in recipes_in(path).values())
    try:
        entries = json.loads(path.read_text())
        wanted = tuple(Wanted(_recipe(entry["recipe"]), float(entry["target"])) for entry in entries)
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); name a queue file, or none") from error
    except LinksimError:
        raise
    except (ValueError, TypeError, KeyError) as error:
        form = '[{"recipe": NAME OR FIELDS, "target": DB}, ..]'
        raise LinksimError(f"{path} is no queue ({type(error).__name__}: {error}); write {form}") from error
    names = [w.recipe.name for w in wanted]
    if not all(w.target_db is not None and math.isfinite(w.target_db) for w in wanted):
        raise LinksimError(f"{path} has a target that is no finite number; give the PSNR in dB")
    if len(set(names)) < len(names) or not names:
        raise LinksimError(f"{path} is empty or names a recipe twice; name each once")
    return wanted


def _recipe(given: str | Mapping[str, Any]) -> Recipe:
    return get_recipe(given) if isinstance(given, str) else Recipe(**given)


def standings(queue: Sequence[Wanted], root: Path, failed: Mapping[str, str]) -> list[Standing]:
    """Where every recipe stands, the one in greatest need first.

    Parameters
    ----------
    queue : sequence of Wanted
    root : Path
        Runs are in `root/<recipe name>`.
    failed : mapping
        Name -> message of what failed since the queue was started.
    """
    recipes = {wanted.recipe.name: wanted.recipe for wanted in queue}
    found = [_standing(wanted, root, failed, recipes) for wanted in queue]
    order = {"ready": 0, "waiting": 1, "failed": 2, "done": 3}
    return sorted(found, key=lambda s: (order[s.state], -s.need))


def _standing(wanted: Wanted, root: Path, failed: Mapping[str, str], queued: Mapping[str, Recipe]) -> Standing:
    recipe = wanted.recipe
    step, per_step, psnr = last_epoch(root / recipe.name)
    left = max(recipe.steps - step, 0) * per_step / 3600
    if psnr is None:
        psnr = _in_zoo(recipe.name)
    state, why = "ready", failed.get(recipe.name, "")
    if why:
        state = "failed"
    elif is_finished(recipe, root):
        state = "done"
    elif recipe.warm_start and not _trained(recipe.warm_start, root, queued):
        state, why = "waiting", f"for {recipe.warm_start}"
    return Standing(wanted, state, step, psnr, left, why)


def is_finished(recipe: Recipe, root: Path) -> bool:
    """Whether a run took all steps of this recipe."""
    try:
        card = read_card(root / recipe.name)
        return Recipe(**card.recipe).to_dict() == recipe.to_dict() and card.steps >= recipe.steps
    except (LinksimError, TypeError):
        return False


def _trained(name: str, root: Path, queued: Mapping[str, Recipe]) -> bool:
    """Whether there are weights to start from: a finished run; the zoo's where there is no run and none will come."""
    if name in queued:
        return is_finished(queued[name], root)
    run = root / name
    if (run / "checkpoint.h5").exists():
        return (run / "card.json").exists()
    return name in catalog.names()


def _in_zoo(name: str) -> float | None:
    return read_card(catalog.find(name)).val_psnr if name in catalog.names() else None


def last_epoch(folder: Path) -> tuple[int, float, float | None]:
    """Step, seconds per step of the last epochs, and validation PSNR in dB, by a run's history."""
    try:
        with open(folder / "history.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        layers = sum(name.startswith("val_psnr_") for name in rows[-1])
        done = [(0.0, 0.0), *((float(row["step"]), float(row["seconds"])) for row in rows)]
        (step, seconds), (first, start) = done[-1], done[max(len(done) - 1 - _EPOCHS, 0)]
        return int(step), (seconds - start) / (step - first), float(rows[-1][f"val_psnr_{layers}"])
    except (OSError, ValueError, TypeError, LookupError, ZeroDivisionError):
        return 0, _UNKNOWN_SECONDS_PER_STEP, None
