"""A training run seen from a terminal."""

from __future__ import annotations

from pathlib import Path

from linksim.training.history import EpochReport
from linksim.training.loop import STEPS_PER_EPOCH
from linksim.training.recipe import Recipe
from linksim.training.run import train
from linksim.zoo.card import Card


def train_with_progress(recipe: Recipe, root: Path) -> Card:
    """`train`, with a bar on a terminal, and a line per report where there is none.

    Ctrl-C ends it with a line that says how to go on, or that nothing was kept yet.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(recipe.name, total=recipe.steps)

        def report(done: EpochReport) -> None:
            text = _validated(done)
            bar.update(task, completed=min(done.step, recipe.steps), description=f"{recipe.name}  {text}")
            if done.step and not console.is_terminal:
                left = done.seconds * (recipe.steps / done.step - 1) / 60
                speed = f"{done.step / done.seconds:.1f} steps/s, " if done.seconds else ""
                where = f"step {done.step} of {recipe.steps}: {text}{_losses(done)}"
                print(f"{where}, {speed}{left:.0f} min left", flush=True)

        try:
            card = train(recipe, root, report)
        except KeyboardInterrupt:
            bar.stop()
            print(_stopped(root / recipe.name))
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
        return f"stopped; the same command goes on from the checkpoint in {folder}"
    return (
        f"stopped before the first checkpoint, which is written after {STEPS_PER_EPOCH} steps; "
        "nothing was kept, the same command starts again"
    )
