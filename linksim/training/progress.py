"""A training run seen from a terminal."""

from __future__ import annotations

from pathlib import Path

from linksim.training.loop import Progress
from linksim.training.recipe import Recipe
from linksim.training.run import train
from linksim.zoo.card import Card


def train_with_progress(recipe: Recipe, root: Path) -> Card:
    """`train`, with a bar on a terminal, and a line per report where there is none.

    Ctrl-C ends it with a line that says how to go on.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console()
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(recipe.name, total=recipe.steps)

        def report(progress: Progress) -> None:
            psnr = " / ".join(f"{value:.2f}" for value in progress.layers)
            bar.update(task, completed=min(progress.step, recipe.steps), description=f"{recipe.name}  {psnr} dB")
            if not console.is_terminal:
                left = progress.seconds * (recipe.steps / progress.step - 1) / 60
                print(
                    f"step {progress.step} of {recipe.steps}: validation PSNR {psnr} dB, {left:.0f} min left", flush=True
                )

        try:
            card = train(recipe, root, report)
        except KeyboardInterrupt:
            bar.stop()
            print(f"stopped; the same command goes on from the checkpoint in {root / recipe.name}")
            raise SystemExit(130) from None
    print(f"{card.steps} steps, validation PSNR {card.val_psnr:.2f} dB: {root / recipe.name}")
    return card
