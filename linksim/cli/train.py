"""`linksim train`: train a recipe."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import quiet_tensorflow

_STEPS = "Train for so many gradient steps instead of the recipe's; a multiple of 500."


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe; `linksim list recipes` shows them.")],
    out: Annotated[Path, typer.Option(help="Runs are kept in OUT/RECIPE.")] = Path("runs"),
    steps: Annotated[int | None, typer.Option(help=_STEPS)] = None,
) -> None:
    """Train a recipe, or go on where its last checkpoint stands; ends in weights.h5 and card.json."""
    quiet_tensorflow()
    from linksim.training import get_recipe
    from linksim.training.progress import train_with_progress

    chosen = get_recipe(recipe)
    if steps is not None:
        chosen = dataclasses.replace(chosen, steps=steps)
    train_with_progress(chosen, out)
