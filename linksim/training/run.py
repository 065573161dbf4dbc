"""`linksim train`: a recipe from start, or from where it stopped, to a zoo entry."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.files import locked, prepare_folder, write_atomically
from linksim.training.check import check_codec
from linksim.training.closed_form import ClosedForm
from linksim.training.history import EpochReport
from linksim.training.loop import Training
from linksim.training.recipe import Recipe
from linksim.zoo import catalog
from linksim.zoo.card import Card, read_card
from linksim.zoo.export import export
from linksim.zoo.shared import entry_arrays


def warm_start_of(recipe: Recipe, root: Path) -> dict[str, np.ndarray] | None:
    """The weights that a recipe starts from, by name: of a run under `root`, or the zoo's."""
    if recipe.warm_start is None:
        return None
    run = root / recipe.warm_start
    if (run / "checkpoint.h5").exists() and not (run / "card.json").exists():
        raise LinksimError(f"{run} is not finished; run `linksim train {recipe.warm_start}` to its end first")
    try:
        folder = run if (run / "card.json").exists() else catalog.find(recipe.warm_start)
        return entry_arrays(folder, read_card(folder))
    except LinksimError as error:
        raise LinksimError(f"recipe {recipe.name!r} starts from {recipe.warm_start!r}: {error}") from error


def train(
    recipe: Recipe,
    root: Path,
    report: Callable[[EpochReport], None] | None = None,
    tick: Callable[[int], None] | None = None,
    given: Mapping[str, np.ndarray] | None = None,
) -> Card:
    """Train a recipe in `root/<recipe name>`, or go on where its checkpoint stands.

    Leaves `checkpoint.h5`, `history.csv`, `training.png`, and, when done, `weights.h5` and
    `card.json`, which `linksim.zoo.load(folder)` takes. `linksim.train` is the same with a codec beside the recipe.

    Parameters
    ----------
    recipe : Recipe
    root : Path
    report : function of EpochReport, optional
        Called every 500 steps.
    tick : function of int, optional
        Called after each step with the number of steps done; of another thread.
    given : mapping of arrays, optional
        All weights of the codec by name, to start from.

    Raises
    ------
    LinksimError
        If the data, the warm start or the checkpoint cannot be used.
    """
    folder = root / recipe.name
    if not isinstance(recipe.codec, str):
        check_codec(recipe)
    prepare_folder(folder)
    if not recipe.steps:
        solved = ClosedForm(recipe)
        if report:
            report(solved.history[-1])
        return export(solved, folder, "closed form, from the statistics of the training pictures")
    with locked(folder / "train.lock", f"another process trains in {folder}; wait for it, or choose another folder"):
        training = Training(recipe, folder, warm_start_of(recipe, root), report, tick, given)
        training.run()
        draw_history(training.curve, folder / "training.png", recipe.name)
        return export(training, folder, training.remarks())


def draw_history(history: Sequence[EpochReport], path: Path, title: str) -> None:
    """The learning curve: validation PSNR in dB against steps, one line per layer; from step 0 where that is known."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps, psnr = [p.step for p in history], [p.layers for p in history]
    axes.plot(steps, psnr, label=[f"after layer {i + 1}" for i in range(len(psnr[0]))])
    if len(psnr[0]) > 1:
        axes.legend(frameon=False)
    axes.set(xlabel="gradient steps", ylabel="validation PSNR of the mean MSE, dB", title=title)
    axes.grid(alpha=0.3)
    data = io.BytesIO()
    figure.savefig(data, dpi=120)
    write_atomically(path, data.getvalue())
