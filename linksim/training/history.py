"""What a training run reports, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linksim.files import write_atomically
from linksim.training.recipe import Recipe

STEPS_PER_EPOCH = 500
"""Gradient steps between validations and checkpoints."""


@dataclass(frozen=True)
class EpochReport:
    """Where a run stands after an epoch.

    Parameters
    ----------
    step : int
        Gradient steps done.
    loss : float
        Of training, in the unit of the phase's objective.
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


def remarks(recipe: Recipe, step: int) -> str:
    """What a card has to say of a run beside its recipe: what it started from, and whether it was stopped."""
    start = f"started from {recipe.warm_start}" if recipe.warm_start else ""
    left = recipe.steps - step
    return "; ".join(filter(None, [start, f"so far: stopped {left} steps before its end" if left else ""]))


def write_history(path: Path, history: Sequence[EpochReport]) -> None:
    """step, loss, seconds, validation PSNR after each layer: one line per epoch."""
    layers = ",".join(f"val_psnr_{i + 1}" for i in range(len(history[0].layers)))
    lines = [f"step,loss,seconds,{layers}"]
    lines += [f"{p.step},{p.loss:.7g},{p.seconds:.1f}," + ",".join(f"{v:.4f}" for v in p.layers) for p in history]
    write_atomically(path, "\n".join(lines) + "\n")
