"""The part of a kit that runs on the machine with JAX: `python run.py --minutes 9`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.files import prepare_folder
from linksim.training.bundle.models import Trained, read_models, write_models
from linksim.training.bundle.packing import read_pictures
from linksim.training.history import STEPS_PER_EPOCH
from linksim.training.recipe import Recipe
from linksim.zoo.weights import load_arrays

_TRIAL_STEPS = 20
_WRITE_EVERY_S = 60
_LATELY = 5  # chunks whose median tells how long the next will take: one of them may have waited for the machine
_MARGIN = 1.08  # chunks of a recipe that is to end in time are counted as so much longer than the last one
_SPARE = 1.3  # a chunk, its validation and the writing take so much longer than the chunk before


class Machine:
    """All recipes of a kit, as far as they came.

    Parameters
    ----------
    bundle : Path
        What `linksim train --bundle` wrote.
    out : Path
        Where the models go.
    resume : Path, optional
        What an earlier call wrote; `out` by default.
    together : {"auto", "yes", "no"}
        Whether models of one shape share compiled calls (`jax.vmap`); "auto" times both ways.
    steps : int
        Gradient steps in one compiled call, after which the models are validated.
    only : sequence of str
        Names of the recipes to train; all where it is empty. So several processes can share a bundle, each with an
        `out` of its own.
    fit : bool
        Whether recipes with a constant rate get as many steps as there is time for, decay included, all shapes
        the same time; instead of their own number.

    Raises
    ------
    LinksimError
        If the bundle is damaged, the models are of other recipes, or `only` names one that is not there.
    """

    def __init__(
        self,
        bundle: Path,
        out: Path,
        resume: Path | None = None,
        together: str = "auto",
        steps: int = STEPS_PER_EPOCH,
        only: Sequence[str] = (),
        fit: bool = False,
    ):
        from linksim.training.bundle.ending import same_but_for_its_end

        self.bundle, self.out, self.together, self.steps, self.fit = bundle, out, together, steps, fit
        try:
            about = json.loads((bundle / "bundle.json").read_text())
        except (OSError, ValueError) as error:
            raise LinksimError(f"{bundle / 'bundle.json'} cannot be read ({error}); make the bundle again") from error
        self.recipes = [Recipe(**fields) for fields in about["recipes"]]
        if missing := set(only) - {recipe.name for recipe in self.recipes}:
            raise LinksimError(f"the bundle has no recipe {', '.join(sorted(missing))}; look into bundle.json")
        self.recipes = [recipe for recipe in self.recipes if not only or recipe.name in only]
        self.starts: Mapping[str, str] = about["starts"]
        self.data: Mapping[str, str] = about["data"]
        self.models: dict[str, Trained] = read_models(resume or out)
        if resume is not None and not self.models:
            raise LinksimError(f"{resume} holds no models; name what an earlier call wrote, or leave --resume")
        for i, recipe in enumerate(self.recipes):
            if recipe.name not in self.models:
                continue
            before = self.models[recipe.name].recipe
            if not same_but_for_its_end(before, recipe.to_dict()):
                raise LinksimError(f"the models in {resume or out} are of another {recipe.name!r}; name another folder")
            self.recipes[i] = Recipe(**before)
        self.failed: dict[str, str] = {}
        self._pictures: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._longest_start = 0.0

    def run(self, minutes: float) -> None:
        """Train until all is done, or the next compiled call would not end in time; one is always made.

        Parameters
        ----------
        minutes : float
            Wall time; on a machine that is cut off, less than it gives.
        """
        from linksim.training.bundle.group import Diverged

        self.until = time.monotonic() + 60 * minutes
        try:
            while chosen := self.next_group():
                try:
                    self._train(chosen)
                except Diverged as error:
                    self.failed |= dict.fromkeys(error.names, "diverged; lower learning_rate")
                write_models(self.out, self.models)
                if time.monotonic() + self._longest_start > self.until:
                    break
        except KeyboardInterrupt:
            write_models(self.out, self.models)
            raise
        for recipe in self.recipes:
            print(self.line(recipe), flush=True)

    def next_group(self) -> list[Recipe]:
        """The first recipe that can be trained, and those of its shape that can go with it."""
        from linksim.training.bundle.group import shape_of

        ready = [r for r in self.recipes if self._done(r.name) < r.steps and self._can_start(r)]
        ready = [r for r in ready if r.name not in self.failed]
        alike = [(shape_of(r), self._done(r.name)) for r in ready]
        return [r for r, kind in zip(ready, alike, strict=True) if kind == alike[0]]

    def _done(self, name: str) -> int:
        return self.models[name].steps if name in self.models else 0

    def _can_start(self, recipe: Recipe) -> bool:
        before = next((r for r in self.recipes if r.name == recipe.warm_start), None)
        return before is None or self._done(before.name) >= before.steps

    def _start_of(self, recipe: Recipe) -> Mapping[str, np.ndarray] | None:
        if recipe.warm_start is None:
            return None
        if recipe.warm_start in self.models:
            return self.models[recipe.warm_start].best
        return load_arrays(self.bundle / self.starts[recipe.warm_start])

    def _pictures_of(self, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
        stem = self.data[recipe.data]
        if stem not in self._pictures:
            train, held_back = (read_pictures(self.bundle / f"{stem}-{part}.bin") for part in ("train", "val"))
            self._pictures = {stem: (train, held_back)}
        return self._pictures[stem]

    def _train(self, recipes: Sequence[Recipe]) -> None:
        """Train a group to its end, or until the time is up."""
        from linksim.training.bundle.group import shape_of

        started = written = time.monotonic()
        group = self._group(recipes)
        shapes = {shape_of(r) for r in self.recipes if self._done(r.name) < r.steps and r.name not in self.failed}
        share = started + (self.until - started) / max(len(shapes), 1)
        first, lately = True, deque[float](maxlen=_LATELY)
        if self.fit and group.step <= group.recipes[0].schedule[0].decay_from:
            # Until it is known how many steps there will be, the rate stays.
            group.end_at(max(group.recipes[0].steps, group.step + 10 * self.steps))
        while group.step < group.recipes[0].steps:
            began = time.monotonic()
            group.train(min(self.steps, group.recipes[0].steps - group.step))
            now = time.monotonic()
            last = now + _SPARE * (now - began) > self.until
            if self.fit and not first:
                lately.append(now - began)
                self._fit(group, 0.0 if last else share - now, statistics.median(lately))
            if first:  # compiled, too: what another group would take until it has something to keep
                self._longest_start, first = max(self._longest_start, now - started), False
            self.models |= group.trained()
            self.recipes = [next((g for g in group.recipes if g.name == r.name), r) for r in self.recipes]
            for recipe in group.recipes:
                print(self.line(recipe), flush=True)
            if now - written > _WRITE_EVERY_S:
                write_models(self.out, self.models)
                written = now
            if last:
                return

    def _fit(self, group: Any, left: float, seconds: float) -> None:
        """Let a group, whose chunks take so many seconds, end when its time is up; once its rate falls, only sooner."""
        steps = group.step + self.steps * max(int(left / (_MARGIN * seconds)), 0)
        if group.step <= group.recipes[0].schedule[0].decay_from:
            group.end_at(max(steps, group.step + self.steps))
        elif steps < group.recipes[0].steps:
            group.end_at(steps)

    def _group(self, recipes: Sequence[Recipe]) -> Any:
        """The models of some recipes, in the way that is faster here: one compiled call for all, or each in turn."""
        from linksim.training.bundle.group import Group

        starts, before = [self._start_of(r) for r in recipes], [self.models.get(r.name) for r in recipes]
        args: tuple[Any, ...] = (recipes, *self._pictures_of(recipes[0]), starts, before)
        if self.together != "auto" or len(recipes) == 1:
            return Group(*args, together=self.together != "no")
        groups = {together: Group(*args, together=together) for together in (True, False)}
        seconds = {together: group.try_out(_TRIAL_STEPS) for together, group in groups.items()}
        print(f"{len(recipes)} models: {seconds[True]:.2f} s together, {seconds[False]:.2f} s in turn", flush=True)
        return groups[seconds[True] <= seconds[False]]

    def line(self, recipe: Recipe) -> str:
        """Step, validation PSNR, seconds of one recipe."""
        if recipe.name in self.failed:
            return f"{recipe.name}: {self.failed[recipe.name]}"
        model = self.models.get(recipe.name)
        if model is None or not model.history:
            return f"{recipe.name}: not begun"
        best = model.history[model.best_at]
        rate = f" at {model.bpp[model.best_at]:.3f} bpp" if model.bpp else ""
        done = f"{recipe.name}: {model.steps:,} of {recipe.steps:,} steps"
        return f"{done}, {best[-1]:.2f} dB{rate}, {model.history[-1][1]:.0f} s"


def main(bundle: Path, arguments: Sequence[str] | None = None) -> None:
    """The command line of `run.py`."""
    parser = argparse.ArgumentParser(description="Train the recipes of this bundle under JAX.")
    parser.add_argument("--minutes", type=float, default=9.0, help="stop after so many minutes (default 9)")
    parser.add_argument("--out", type=Path, default=bundle / "out", help="where the models go (default: out)")
    parser.add_argument("--resume", type=Path, help="go on from what an earlier call wrote (default: OUT)")
    parser.add_argument(
        "--together", choices=("auto", "yes", "no"), default="auto", help="train models of one shape at once"
    )
    parser.add_argument("--steps", type=int, default=STEPS_PER_EPOCH, help="gradient steps between validations")
    parser.add_argument("--only", nargs="+", default=[], metavar="RECIPE", help="these recipes of the bundle")
    parser.add_argument("--fit", action="store_true", help="as many steps as there is time for, decay included")
    given = parser.parse_args(arguments)
    try:
        if not given.minutes > 0 or given.steps < 1:
            raise LinksimError("minutes and steps must be positive")
        prepare_folder(given.out)
        Machine(bundle, given.out, given.resume, given.together, given.steps, given.only, given.fit).run(given.minutes)
    except LinksimError as error:
        print(f"run.py: {error}", file=sys.stderr)
        sys.exit(2)
