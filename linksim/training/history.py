"""What a training run reports, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linksim.files import write_atomically
from linksim.training.recipe import Recipe

STEPS_PER_EPOCH = 500
"""Gradient steps between validations and checkpoints."""

_BESIDE = ("lpips", "rival_loss", "bpp")
"""What a history may hold beside the PSNR, in the order of a checkpoint."""


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
    lpips : float or None
        Validation LPIPS after the last layer, where the objective is perceptual.
    rival_loss : float or None
        What the rival of the phase made small, in its unit, where there is one.
    bpp : float or None
        Validation bits per pixel, where the objective weighs them.
    """

    step: int
    loss: float
    seconds: float
    layers: tuple[float, ...]
    lpips: float | None = None
    rival_loss: float | None = None
    bpp: float | None = None

    @property
    def val_psnr(self) -> float:
        """After the last layer."""
        return self.layers[-1]


@dataclass(frozen=True)
class Start:
    """Where the learning curve of a run begins that does not begin with random weights.

    Parameters
    ----------
    what : str
        What the weights are, such as "started from deepjscc/cifar10-1_6-snr10".
    report : EpochReport
        Of the weights before the first step, at step 0; without a loss.
    """

    what: str
    report: EpochReport


def remarks(recipe: Recipe, step: int, start: str = "") -> str:
    """What a card has to say of a run beside its recipe: what it started from, and whether it was stopped."""
    start = f"started from {recipe.warm_start}" if recipe.warm_start else start
    left = recipe.steps - step
    return "; ".join(filter(None, [start, f"so far: stopped {left} steps before its end" if left else ""]))


def write_history(path: Path, history: Sequence[EpochReport]) -> None:
    """step, loss, seconds, validation PSNR after each layer, and what else there is: one line per epoch, and one for
    step 0, without a loss, where that was validated."""
    beside = [what for what in _BESIDE if any(getattr(p, what) is not None for p in history)]
    names = {"lpips": "val_lpips", "rival_loss": "rival_loss", "bpp": "val_bpp"}
    header = [f"val_psnr_{i + 1}" for i in range(len(history[0].layers))] + [names[what] for what in beside]
    lines = [",".join(["step", "loss", "seconds", *header])]
    for p in history:
        others = [getattr(p, what) for what in beside]
        values = [f"{v:.4f}" for v in p.layers] + ["" if v is None else f"{v:.5f}" for v in others]
        lines.append(",".join([f"{p.step}", "" if np.isnan(p.loss) else f"{p.loss:.7g}", f"{p.seconds:.1f}", *values]))
    write_atomically(path, "\n".join(lines) + "\n")


def to_arrays(history: Sequence[EpochReport], start: Start | None = None) -> dict[str, np.ndarray]:
    """As a checkpoint keeps it."""
    arrays = _arrays("history", history)
    if start is not None:
        arrays |= {**_arrays("start", [start.report]), "start-what": np.bytes_(start.what.encode())}
    return arrays


def _arrays(name: str, history: Sequence[EpochReport]) -> dict[str, np.ndarray]:
    beside = [[np.nan if (v := getattr(p, what)) is None else v for what in _BESIDE] for p in history]
    return {
        name: np.array([[p.step, p.loss, p.seconds, *p.layers] for p in history]),
        f"{name}-beside": np.array(beside, np.float64),
    }


def take_start(arrays: dict[str, Any]) -> Start | None:
    """Take out of a checkpoint where its curve begins; None where it does not say."""
    found = [arrays.pop(name, None) for name in ("start", "start-beside", "start-what")]
    if any(part is None for part in found):
        return None
    rows, beside, what = found
    return Start(bytes(what).decode(), from_arrays(rows, beside)[0])


def from_arrays(history: np.ndarray, beside: np.ndarray | None) -> list[EpochReport]:
    """What `to_arrays` made; older checkpoints have less beside the PSNR."""
    others = np.full((len(history), 0), np.nan) if beside is None else beside
    reports = []
    for (step, loss, seconds, *psnr), more in zip(history, others, strict=True):
        known = {what: float(v) for what, v in zip(_BESIDE, more, strict=False) if not np.isnan(v)}
        reports.append(EpochReport(int(step), float(loss), float(seconds), tuple(map(float, psnr)), **known))
    return reports
