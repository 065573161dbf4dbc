"""`linksim train`: a recipe from start, or from where it stopped, to a zoo entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from linksim.errors import LinksimError
from linksim.training.loop import Progress, Training
from linksim.training.recipe import Recipe
from linksim.zoo import catalog
from linksim.zoo.card import Card
from linksim.zoo.export import export


def warm_start_path(recipe: Recipe, root: Path) -> Path | None:
    """Where the weights lie that a recipe starts from: a run under `root`, or the zoo."""
    if recipe.warm_start is None:
        return None
    checkpoint = root / recipe.warm_start / "checkpoint.h5"
    if checkpoint.exists():
        return checkpoint
    try:
        return catalog.find(recipe.warm_start) / "weights.h5"
    except LinksimError as error:
        raise LinksimError(
            f"recipe {recipe.name!r} starts from {recipe.warm_start!r}, which is not trained; train that one first"
        ) from error


def train(recipe: Recipe, root: Path, report: Callable[[Progress], None] | None = None) -> Card:
    """Train a recipe in `root/<recipe name>`, or go on where its checkpoint stands.

    Leaves `checkpoint.h5`, `history.csv`, `training.png`, and, when done, `weights.h5` and
    `card.json`, which `linksim.zoo.load(folder)` takes.

    Parameters
    ----------
    recipe : Recipe
    root : Path
    report : function of Progress, optional
        Called every 500 steps.

    Raises
    ------
    LinksimError
        If the data, the warm start or the checkpoint cannot be used.
    """
    folder = root / recipe.name
    training = Training(recipe, folder, warm_start_path(recipe, root), report)
    training.run()
    draw_history(training.history, folder / "training.png", recipe.name)
    return export(training, folder)


def draw_history(history: list[Progress], path: Path, title: str) -> None:
    """The learning curve: validation PSNR in dB against steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([p.step for p in history], [p.val_psnr for p in history])
    axes.set(xlabel="gradient steps", ylabel="validation PSNR of the mean MSE, dB", title=title)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
