"""The training loop: resumable, the same on every Keras backend."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.training.channel import TrainingChannel
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.training.data import Batches, load_data
from linksim.training.muon import ConvMuon
from linksim.training.recipe import Recipe
from linksim.zoo.files import make_folder, write_bytes
from linksim.zoo.weights import assign, load_arrays, save_arrays, variable_names

STEPS_PER_EPOCH = 500


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Parameters
    ----------
    step : int
        Gradient steps done.
    loss : float
        Of training: MSE on [0, 1], or minus PSNR in dB, see `Recipe.loss`.
    seconds : float
        Spent so far.
    layers : sequence of float
        Validation PSNR of the mean MSE after each layer, in dB.
    """

    step: int
    loss: float
    seconds: float
    layers: tuple[float, ...]

    @property
    def val_psnr(self) -> float:
        """After the last layer."""
        return self.layers[-1]


class _Chain(keras.Model):
    """Codec, channel, codec: what the gradient goes through."""

    def __init__(self, recipe: Recipe):
        super().__init__(name="chain")
        self.codec = create(recipe.codec, recipe.options)
        self.channel = TrainingChannel(recipe.channel, seed=recipe.seed)
        self.snr_db = recipe.snr_db
        self.loss_name = recipe.loss

    def call(self, pictures: Any, training: bool = False) -> Any:
        snr_db = self.snr_db
        if isinstance(snr_db, tuple):
            low, high = snr_db
            count = ops.shape(pictures)[0]
            snr_db = keras.random.uniform((count,), low, high, seed=self.channel.seed_generator)
        shown = self.codec.reconstructions(
            pictures, lambda symbols: self.channel(symbols, snr_db=snr_db), snr_db, training, self.channel.seed_generator
        )
        return ops.stack(shown, axis=1)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The mean over layers of the MSE (Kurka and Gunduz 2019, eq. 1), or of minus the PSNR of each picture."""
        error = ops.square(ops.expand_dims(y, 1) - y_pred)
        if self.loss_name == "mse":
            return ops.mean(error)
        mse = ops.mean(error, axis=(2, 3, 4))
        # A floor of 55 dB: no picture shall rule the gradient because it is nearly perfect.
        return ops.mean(ops.log(mse + 10**-5.5)) * (10 / math.log(10))


class _EveryEpoch(keras.callbacks.Callback):
    """Validate, save and report after each epoch, in that order."""

    def __init__(self, run: "Training"):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.run.finish_epoch(epoch + 1, float((logs or {})["loss"]))


class Training:
    """One run of a recipe in a folder; started again, it goes on where its last checkpoint stands.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Holds `checkpoint.h5` (weights, optimiser, history) and `history.csv`.
    warm_start : Path or None
        A checkpoint or weights file to start from, where the recipe asks for one.
    report : function of Progress, optional
        Called after each epoch of 500 steps.

    Raises
    ------
    LinksimError
        If the folder holds a checkpoint of another recipe, or a damaged one.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        warm_start: Path | None = None,
        report: Callable[[Progress], None] | None = None,
    ):
        if recipe.warm_start and warm_start is None:
            raise LinksimError(f"recipe {recipe.name!r} starts from {recipe.warm_start!r}; train that one first")
        if recipe.steps % STEPS_PER_EPOCH:
            raise LinksimError(f"steps is {recipe.steps}; give a multiple of {STEPS_PER_EPOCH}, the steps of an epoch")
        check_residual(recipe)
        make_folder(folder)  # before minutes of training: can it be written at all?
        self.recipe = recipe
        self.folder = folder
        self.report = report
        self.history: list[Progress] = []
        self.epochs = recipe.steps // STEPS_PER_EPOCH
        self._policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(recipe.precision)
        try:
            keras.utils.set_random_seed(recipe.seed)
            self.train_pictures, self.val_pictures = load_data(recipe)
            self.chain = _Chain(recipe)
            self.chain.compile(optimizer=self._optimizer(), jit_compile=False)
            side = self.val_pictures.shape[1:3]
            self.chain(np.zeros((1, *side, 3), "float32"))
            self.chain.optimizer.build(self.chain.trainable_variables)
            if self.checkpoint.exists():
                self._restore()
            elif warm_start is not None:
                self._start_from(warm_start)
        except BaseException:
            keras.config.set_dtype_policy(self._policy)
            raise

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.h5"

    @property
    def codec(self) -> Any:
        return self.chain.codec

    def _optimizer(self) -> keras.optimizers.Optimizer:
        r = self.recipe
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=r.learning_rate if not r.warmup_steps else 0.0,
            decay_steps=max(r.steps - r.warmup_steps, 1),
            alpha=r.final_learning_rate / r.learning_rate,
            warmup_target=r.learning_rate if r.warmup_steps else None,
            warmup_steps=r.warmup_steps,
        )
        return ConvMuon(schedule) if r.optimizer == "muon" else keras.optimizers.Adam(schedule)

    def run(self) -> Progress:
        """Train to the last step; returns the last report."""
        try:
            start = len(self.history)
            if start < self.epochs:
                self._clock = time.monotonic() - (self.history[-1].seconds if self.history else 0.0)
                batches = Batches(
                    self.train_pictures, self.recipe.batch_size, STEPS_PER_EPOCH, self.recipe.crop, self.recipe.seed, start
                )
                self.chain.fit(
                    batches, epochs=self.epochs, initial_epoch=start, shuffle=False, verbose=0, callbacks=[_EveryEpoch(self)]
                )
            return self.history[-1]
        finally:
            keras.config.set_dtype_policy(self._policy)

    def finish_epoch(self, epoch: int, loss: float) -> None:
        """Validate, then save: a kill loses at most the epoch under way."""
        progress = Progress(epoch * STEPS_PER_EPOCH, loss, time.monotonic() - self._clock, self.validate())
        if not np.isfinite(loss):
            raise LinksimError(f"training of {self.recipe.name!r} diverged at step {progress.step}; lower learning_rate")
        self.history.append(progress)
        self._save()
        if self.report:
            self.report(progress)

    def validate(self) -> tuple[float, ...]:
        """PSNR of the mean MSE after each layer on the validation pictures, in dB, rounded to 8 bits first."""
        error: Any = 0.0
        for start in range(0, len(self.val_pictures), 250):
            x = self.val_pictures[start : start + 250]
            y = ops.convert_to_numpy(self.chain(x.astype("float32") / np.float32(255)))
            error += np.sum((np.round(y * 255).astype(np.float64) - x[:, None]) ** 2, axis=(0, 2, 3, 4))
        return tuple((10 * np.log10(255**2 / (error / self.val_pictures.size))).tolist())

    def _named(self) -> tuple[list[str], list[Any]]:
        optimizer = self.chain.optimizer.variables
        names = [f"codec/{n}" for n in variable_names(self.codec)]
        names += [f"optimizer/{i:03d}" for i in range(len(optimizer))]
        # The state of the noise, so that a resumed run does not meet its first epochs' noise again.
        return [*names, "channel/seed"], [*self.codec.weights, *optimizer, self.chain.channel.seed_generator.state]

    def _save(self) -> None:
        names, variables = self._named()
        arrays = {n: ops.convert_to_numpy(v) for n, v in zip(names, variables, strict=True)}
        arrays["history"] = np.array([[p.step, p.loss, p.seconds, *p.layers] for p in self.history])
        arrays["recipe"] = np.bytes_(json.dumps(self.recipe.to_dict(), sort_keys=True))
        save_arrays(self.checkpoint, arrays)
        write_history(self.folder / "history.csv", self.history)

    def _restore(self) -> None:
        arrays = load_arrays(self.checkpoint)
        history, recipe = arrays.pop("history", None), arrays.pop("recipe", b"{}")
        try:
            same = json.loads(bytes(recipe)) == self.recipe.to_dict()
        except ValueError:
            same = False
        if history is None or not same:
            raise LinksimError(f"{self.checkpoint} belongs to another recipe; choose another folder or move it away")
        names, variables = self._named()
        assign(variables, names, arrays, str(self.checkpoint))
        self.history = [Progress(int(s), float(l), float(t), tuple(map(float, psnr))) for s, l, t, *psnr in history]

    def _start_from(self, path: Path) -> None:
        arrays = load_arrays(path)
        arrays = {n.removeprefix("codec/"): a for n, a in arrays.items()}
        # A kernel of another size is another network's, whatever its place.
        fitting = 0
        for name, variable in zip(variable_names(self.codec), self.codec.weights, strict=True):
            if name in arrays and _related(arrays[name].shape, variable.shape):
                # Channels of a latent are in the order of its layers: what both have in common comes first.
                value = ops.convert_to_numpy(variable).copy()
                common = tuple(slice(min(a, b)) for a, b in zip(arrays[name].shape, value.shape))
                value[common] = arrays[name][common]
                variable.assign(value)
                fitting += 1
        # One scheme may have many decoders more than the other; the encoder's five layers are a third of the smallest.
        if fitting < min(len(arrays), len(self.codec.weights)) / 3:
            raise LinksimError(
                f"{path} has {fitting} of {len(self.codec.weights)} weights in common with {self.recipe.name!r}; "
                "name another warm_start"
            )


def _related(old: Sequence[int], new: Sequence[int]) -> bool:
    """Whether weights of two shapes may be one weight that has grown: convolutions of one kernel size."""
    return len(old) == len(new) and (len(old) != 4 or tuple(old[:2]) == tuple(new[:2]))


def check_residual(recipe: Recipe) -> None:
    """Refuse what would train the layers of residual transmission on something else than they meet.

    Raises
    ------
    LinksimError
        If there is no first layer to start from, or the layers would meet a fade each.
    """
    if recipe.codec != "residual" or len(recipe.options.get("layer_channels", (8, 8))) < 2:
        return
    if recipe.warm_start is None:
        raise LinksimError(
            f"recipe {recipe.name!r} trains the last layer only; name the model of the layers before it as warm_start"
        )
    if recipe.channel == "rayleigh-slow":
        raise LinksimError(
            f"recipe {recipe.name!r}: the layers of residual transmission would meet a fade each; take awgn or rayleigh-fast"
        )


def write_history(path: Path, history: list[Progress]) -> None:
    """step, loss, seconds, validation PSNR after each layer: one line per epoch."""
    layers = ",".join(f"val_psnr_{i + 1}" for i in range(len(history[0].layers)))
    lines = [f"step,loss,seconds,{layers}"]
    lines += [f"{p.step},{p.loss:.7g},{p.seconds:.1f}," + ",".join(f"{v:.4f}" for v in p.layers) for p in history]
    write_bytes(path, ("\n".join(lines) + "\n").encode())
