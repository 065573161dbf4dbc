"""A training run seen by who waits for it: a bar on a terminal, a line every half minute elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any

from linksim.messages import LINE_S, tell, terminal, time_left
from linksim.training.history import EpochReport
from linksim.training.loop import STEPS_PER_EPOCH
from linksim.training.recipe import Recipe
from linksim.training.run import train
from linksim.zoo.card import Card


class Progress:
    """Says how far a run is, inside a `with` block; when Ctrl-C ends the block, how to go on.

    Parameters
    ----------
    recipe : Recipe
    root : Path
        The run is in `root/<recipe name>`.
    """

    def __init__(self, recipe: Recipe, root: Path):
        self._recipe, self._folder = recipe, root / recipe.name
        self._bar: Any = None
        self._task: Any = None
        self._told = self._began = time.monotonic()
        self._first: int | None = None
        self._validated = ""

    def __enter__(self) -> Progress:
        console = terminal()
        if console is not None:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
            self._bar = Bar(*columns, console=console)
            self._bar.start()
            self._task = self._bar.add_task(self._recipe.name, total=self._recipe.steps)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is KeyboardInterrupt:
            tell(_stopped(self._folder))

    def tick(self, step: int) -> None:
        """A gradient step is done."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._began = step, now
        if self._bar is not None:
            self._bar.update(self._task, completed=step)
        elif now - self._told >= LINE_S:
            self._tell(step, now)

    def report(self, done: EpochReport) -> None:
        """An epoch is validated and saved."""
        self._validated = f"{_validated(done)}{_losses(done)}"
        if self._bar is not None:
            self._bar.update(self._task, completed=done.step, description=f"{self._recipe.name}  {_validated(done)}")
        elif (now := time.monotonic()) - self._told >= LINE_S:
            self._tell(done.step, now)

    def _tell(self, step: int, now: float) -> None:
        self._told = now
        text = f"{self._recipe.name}: step {step:,} of {self._recipe.steps:,}"
        if self._validated:
            text += f", {self._validated}"
        if self._first is not None and step > self._first:
            left = (now - self._began) / (step - self._first) * (self._recipe.steps - step)
            text += f", {time_left(left)}"
        tell(text)


def train_with_progress(recipe: Recipe, root: Path) -> Card:
    """`train` for the command line; Ctrl-C ends it with exit code 130."""
    try:
        with Progress(recipe, root) as progress:
            card = train(recipe, root, progress.report, progress.tick)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    beside = _beside(card.val_lpips, card.val_bpp)
    print(f"{card.steps} steps, validation PSNR {card.val_psnr:.2f} dB{beside}: {root / recipe.name}")
    return card


def _validated(done: EpochReport) -> str:
    psnr = " / ".join(f"{value:.2f}" for value in done.layers)
    return f"validation PSNR {psnr} dB" + _beside(done.lpips, done.bpp)


def _beside(lpips: float | None, bpp: float | None) -> str:
    return ("" if lpips is None else f", LPIPS {lpips:.4f}") + ("" if bpp is None else f", {bpp:.4f} bits per pixel")


def _losses(done: EpochReport) -> str:
    """Of a training against a rival, where PSNR alone says little."""
    return "" if done.rival_loss is None else f", loss {done.loss:.4g}, of the rival {done.rival_loss:.4g}"


def _stopped(folder: Path) -> str:
    """What is left of a run that was stopped."""
    if (folder / "checkpoint.h5").exists():
        return f"stopped; started again, it goes on from the checkpoint in {folder}"
    return (
        f"stopped before the first checkpoint, which is written after {STEPS_PER_EPOCH} steps; "
        "nothing was kept, it starts from the beginning again"
    )
