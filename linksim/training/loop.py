"""The training loop: resumable, the same on every Keras backend."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.precision import precision
from linksim.errors import LinksimError
from linksim.files import prepare_folder, write_atomically
from linksim.pixels import png_bytes
from linksim.training.chain import Chain, Rival
from linksim.training.checkpoint_recipe import difference, is_of, is_of_another_length
from linksim.training.closed_form import start_from_statistics
from linksim.training.data import Batches, load_data
from linksim.training.epochs import EveryEpoch
from linksim.training.history import (
    STEPS_PER_EPOCH,
    EpochReport,
    Start,
    from_arrays,
    remarks,
    take_start,
    to_arrays,
    write_history,
)
from linksim.training.optimizers import averages, make_optimizer
from linksim.training.recipe import Recipe
from linksim.training.validation import Validation, samples, score, swapped, validate
from linksim.training.warm_start import beginning, say_if_unused, start_from
from linksim.zoo.weights import assign, load_arrays, save_arrays, variable_names

_SAMPLES = 6
"""Pictures in `samples.png`, the first of those for validation."""


class Training:
    """One run of a recipe in a folder; started again, it goes on where its last checkpoint stands.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Holds `checkpoint.h5` (weights, optimiser, history) and `history.csv`.
    warm_start : Path or mapping of arrays, optional
        A checkpoint or weights file to start from, or weights by name, where the recipe asks for one.
    report : function of EpochReport, optional
        Called after each epoch of 500 steps.
    tick : function of int, optional
        Called after each step with the number of steps done; of another thread.
    given : mapping of arrays, optional
        All weights of the codec by name, to start from: those of a codec that somebody brought along. A run with a
        checkpoint goes on from that, and says so where it began with other weights.

    Raises
    ------
    LinksimError
        If the folder holds a checkpoint of another recipe, or a damaged one.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        warm_start: Path | Mapping[str, np.ndarray] | None = None,
        report: Callable[[EpochReport], None] | None = None,
        tick: Callable[[int], None] | None = None,
        given: Mapping[str, np.ndarray] | None = None,
    ):
        if recipe.warm_start and warm_start is None:
            raise LinksimError(f"recipe {recipe.name!r} starts from {recipe.warm_start!r}; train that one first")
        self.recipe = recipe
        self.phases = recipe.schedule
        for steps in (phase.steps for phase in self.phases):
            if steps % STEPS_PER_EPOCH:
                raise LinksimError(f"steps is {steps}; give a multiple of {STEPS_PER_EPOCH}, the steps of an epoch")
        prepare_folder(folder)  # before minutes of training: can it be written at all?
        self.folder = folder
        self.report = report
        self.tick = tick or (lambda step: None)
        self.history: list[EpochReport] = []
        self.start: Start | None = None
        """What the weights reached before the first step, where they are not random."""
        self.averaged = False
        """Whether the running means of the weights are better than the weights, by the last validation."""
        if not self.phases:
            raise LinksimError(f"recipe {recipe.name!r} has no steps; carry it out with `linksim train`")
        self.ends = list(accumulate(phase.steps // STEPS_PER_EPOCH for phase in self.phases))
        """Epochs after which each phase is over."""
        with precision(recipe.precision):
            keras.utils.set_random_seed(recipe.seed)
            self.train_pictures, self.val_pictures = load_data(recipe)
            self.chain = Chain(recipe)
            self._check_parts(given is not None)
            side = self.val_pictures.shape[1:3]
            x = np.zeros((1, *side, 3), "float32")
            for objective in self.chain.objectives:
                if objective.rival is not None:
                    objective.build_rival(x)
            self.chain(x)
            if self.checkpoint.exists():
                self._restore()
                say_if_unused(recipe, given, self.start.what if self.start else "", self.checkpoint)
            else:
                self._enter(0)
                if given is not None:
                    assign(self.codec.weights, variable_names(self.codec), given, f"the codec of {recipe.name!r}")
                if warm_start is not None:
                    start_from(self.codec, warm_start, recipe.name)
                if recipe.analytic_start:
                    start_from_statistics(self.codec, [p[..., :3] for p in self.train_pictures], recipe)
                if what := beginning(recipe, given):
                    self.start = Start(what, self._before_training())

    @property
    def checkpoint(self) -> Path:
        """The file that a killed run goes on from."""
        return self.folder / "checkpoint.h5"

    @property
    def before_decay(self) -> Path:
        """The last checkpoint at a constant rate: a run with more steps goes on from here."""
        return self.folder / "before-decay.h5"

    @property
    def codec(self) -> Any:
        """The codec that learns."""
        return self.chain.codec

    def remarks(self) -> str:
        """What a card has to say beside the recipe."""
        means = "running means of the weights" if self.averaged else ""
        start = self.start.what if self.start else ""
        return "; ".join(filter(None, [remarks(self.recipe, self.history[-1].step, start), means]))

    @property
    def curve(self) -> list[EpochReport]:
        """The learning curve: the history, and before it what the run started from."""
        return [*([self.start.report] if self.start else []), *self.history]

    @contextlib.contextmanager
    def best_weights(self) -> Iterator[Any]:
        """The codec, holding the better of its weights and of their running means."""
        means = averages(self.chain.optimizer) if self.averaged else []
        with swapped(self.chain.trainable_variables if means else [], means):
            yield self.codec

    def run(self) -> EpochReport:
        """Train to the last step; returns the last report."""
        with precision(self.recipe.precision):
            self._clock = time.monotonic() - (self.history[-1].seconds if self.history else 0.0)
            for number, end in enumerate(self.ends):
                if len(self.history) < end:
                    if number != self.phase:
                        self._enter(number)
                    self._run_phase(end)
        return self.history[-1]

    def _run_phase(self, end: int) -> None:
        start, r = len(self.history), self.recipe
        batches = Batches(self.train_pictures, r.batch_size, STEPS_PER_EPOCH, r.crop, r.seed, start, r.by_area)
        if self.rival is None:
            self.chain.fit(
                batches, epochs=end, initial_epoch=start, shuffle=False, verbose=0, callbacks=[EveryEpoch(self)]
            )
            return
        for epoch in range(start, end):
            self.chain.reset_metrics()
            self.rival.reset_metrics()
            logs: dict[str, Any] = {"loss": 0.0}
            for i in range(len(batches)):
                x, y = batches[i]
                if self.chain.trainable_variables:
                    logs = self.chain.train_on_batch(x, y, return_dict=True)
                of_rival = self.rival.train_on_batch(x, y, return_dict=True)
                self.tick(epoch * STEPS_PER_EPOCH + i + 1)
            batches.on_epoch_end()
            self.finish_epoch(epoch + 1, float(logs["loss"]), float(of_rival["loss"]))

    def _enter(self, number: int) -> None:
        """Begin a phase, with a fresh optimiser."""
        self.phase, phase = number, self.phases[number]
        objective = self.chain.objectives[number]
        self.chain.enter(phase, objective, make_optimizer(phase))
        self.rival = None if objective.rival is None else Rival(self.chain, objective)

    def _before_training(self) -> EpochReport:
        found = self.validate()
        return EpochReport(0, float("nan"), 0.0, found.layers, found.lpips, bpp=found.bpp)

    def _check_parts(self, given: bool) -> None:
        """A codec that trains a part of itself needs the other part from somewhere."""
        whole = given or self.recipe.warm_start is not None
        if not whole and not all(layer.trainable for layer in self.codec._flatten_layers()):
            raise LinksimError(
                f"recipe {self.recipe.name!r} trains a part of its codec only, the last layer; name the model that the "
                "other layers are taken from as warm_start"
            )

    def finish_epoch(self, epoch: int, loss: float, rival_loss: float | None = None) -> None:
        """Validate, then save: a kill loses at most the epoch under way.

        Parameters
        ----------
        epoch : int
            Number of the epoch that has ended.
        loss : float
            Its mean loss.
        rival_loss : float, optional
            That of the rival, where there is one.
        """
        found, self.averaged = self.validate(), False
        if means := averages(self.chain.optimizer):
            with swapped(self.chain.trainable_variables, means):
                averaged = self.validate()
            weight = self.chain.objectives[-1].rate_weight
            self.averaged = score(*averaged, weight) > score(*found, weight)
            found = averaged if self.averaged else found
        seconds = time.monotonic() - self._clock
        done = EpochReport(epoch * STEPS_PER_EPOCH, loss, seconds, found.layers, found.lpips, rival_loss, found.bpp)
        if not np.isfinite([loss, 0.0 if rival_loss is None else rival_loss]).all():
            raise LinksimError(f"training of {self.recipe.name!r} diverged at step {done.step}; lower learning_rate")
        self.history.append(done)
        self._save()
        if self.report:
            self.report(done)

    def validate(self) -> Validation:
        """On the validation pictures, by the last objective."""
        return validate(self.chain, self.val_pictures, self.recipe.seed, self.chain.objectives[-1])

    def _named(self) -> tuple[list[str], list[Any]]:
        """All that a run goes on from, by name, at the phase that is entered."""
        groups = {
            "optimizer": self.chain.optimizer.variables,
            "rival": [w for rival in self.chain.rivals for w in rival.weights],
            "rival-optimizer": [] if self.rival is None else self.rival.optimizer.variables,
        }
        names, variables = [f"codec/{n}" for n in variable_names(self.codec)], [*self.codec.weights]
        for group, members in groups.items():
            names += [f"{group}/{i:03d}" for i in range(len(members))]
            variables += members
        # The state of the noise, so that a resumed run does not meet its first epochs' noise again.
        noise = {"channel/seed": self.chain.channel.seed_generator}
        if hasattr(self.codec, "seed_generator"):
            noise["codec-seed"] = self.codec.seed_generator
        return [*names, *noise], [*variables, *(generator.state for generator in noise.values())]

    def _save(self) -> None:
        names, variables = self._named()
        arrays = {n: ops.convert_to_numpy(v) for n, v in zip(names, variables, strict=True)}
        arrays |= to_arrays(self.history, self.start)
        arrays["recipe"] = np.bytes_(json.dumps(self.recipe.to_dict(), sort_keys=True))
        arrays["averaged"] = np.array(self.averaged)
        save_arrays(self.checkpoint, arrays)
        first, phase = len(self.history) * STEPS_PER_EPOCH, self.phases[0]
        if len(self.phases) == 1 and phase.decay is not None and first <= phase.decay_from:
            save_arrays(self.before_decay, arrays)
        write_history(self.folder / "history.csv", self.curve)
        shown = samples(self.chain, self.val_pictures[:_SAMPLES], self.recipe.seed)
        write_atomically(self.folder / "samples.png", png_bytes(shown))

    def _restore(self) -> None:
        path, arrays = self.checkpoint, load_arrays(self.checkpoint)
        if not is_of(arrays, self.recipe):
            if not is_of_another_length(arrays, self.recipe) or not self.before_decay.exists():
                raise LinksimError(f"{path} {difference(arrays, self.recipe)}; choose another folder or move it away")
            # The same with more or fewer steps: from where the rate was last constant.
            path, arrays = self.before_decay, load_arrays(self.before_decay)
            done = len(arrays.get("history", ())) * STEPS_PER_EPOCH
            if not is_of_another_length(arrays, self.recipe) or done > self.phases[0].decay_from:
                raise LinksimError(
                    f"{path} is of another recipe, or at step {done} beyond the {self.phases[0].decay_from} from which "
                    "the rate falls; give more steps, or choose another folder"
                )
        history, averaged = arrays.pop("history", None), arrays.pop("averaged", False)
        beside, self.start = arrays.pop("history-beside", None), take_start(arrays)
        arrays.pop("recipe", None)
        if history is None:
            raise LinksimError(f"{path} is damaged (it has no history); restore it from a copy, or move it away")
        self.averaged = bool(averaged)
        # The optimiser is that of the phase whose epoch was the last one.
        self._enter(next(i for i, end in enumerate(self.ends) if len(history) <= end))
        names, variables = self._named()
        if "codec-seed" in names:  # older checkpoints lack it
            arrays.setdefault("codec-seed", ops.convert_to_numpy(self.codec.seed_generator.state))
        assign(variables, names, arrays, str(path))
        self.history = from_arrays(history, beside)
