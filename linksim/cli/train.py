"""`linksim train`: train a recipe, or a queue of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import quiet_tensorflow
from linksim.errors import LinksimError
from linksim.scripts import check_file, failed, split_name

_STEPS = "Train for so many gradient steps instead of the recipe's; a multiple of 500."
_RECIPES = (
    "Name of a recipe (`linksim list recipes` shows them), or FILE.py or FILE.py:NAME for one of a Python file; with "
    "--queue a queue file or nothing, with --bundle several."
)
_QUEUE = (
    "Train many recipes, those in greatest need first, one thread each: linksim's own list, or a JSON or Python file."
)
_STATUS = "With --queue: only say where every recipe stands."
_MINUTES = "With --queue: stop after so many minutes."
_BUNDLE = "Write a folder that trains the recipes on a machine with JAX, NumPy and h5py only: `python run.py` there."
_PYTHON = "With --bundle: version of Python on that machine, such as 3.12."
_AT_ONCE = "With --queue: trainings side by side; by default one for each core."


def train(
    recipes: Annotated[list[str] | None, typer.Argument(metavar="RECIPE", help=_RECIPES)] = None,
    out: Annotated[Path, typer.Option(help="Runs are kept in OUT/RECIPE.")] = Path("runs"),
    steps: Annotated[int | None, typer.Option(help=_STEPS)] = None,
    queue: Annotated[bool, typer.Option("--queue", help=_QUEUE)] = False,
    status: Annotated[bool, typer.Option("--status", help=_STATUS)] = False,
    minutes: Annotated[float | None, typer.Option(help=_MINUTES)] = None,
    side_by_side: Annotated[int | None, typer.Option(min=1, help=_AT_ONCE)] = None,
    bundle: Annotated[Path | None, typer.Option(help=_BUNDLE)] = None,
    python: Annotated[str | None, typer.Option(help=_PYTHON)] = None,
) -> None:
    """Train a recipe, or go on where its last checkpoint stands; ends in weights.h5 and card.json."""
    if bundle is not None and (queue or steps is not None):
        raise LinksimError("--bundle takes recipes as they are; leave --queue and --steps")
    if python is not None and bundle is None:
        raise LinksimError("--python belongs to --bundle; add it, or leave it out")
    if queue:
        if steps is not None:
            raise LinksimError("--steps is for a single recipe; write the recipe with its steps into the queue file")
        if len(recipes or ()) > 1:
            raise LinksimError("--queue takes one queue file, or none for linksim's own list")
        _queue(Path(recipes[0]) if recipes else None, out, status, minutes, side_by_side)
        return
    if status or minutes is not None or side_by_side is not None:
        raise LinksimError("--status, --minutes and --side-by-side belong to --queue; add it, or leave them out")
    if not recipes:
        raise LinksimError("no recipe is named; `linksim list recipes` shows them, or take --queue")
    if bundle is not None:
        _bundle(bundle, recipes, out, python)
        return
    if len(recipes) > 1:
        raise LinksimError("one recipe at a time; --queue trains many")
    file = split_name(recipes[0])[0]
    if file is not None:
        check_file(file)
        quiet_tensorflow()  # which the file imports, most likely
    from linksim.training.recipe_files import find_recipe

    chosen = find_recipe(recipes[0])
    if steps is not None:
        chosen = chosen.with_steps(steps)
    quiet_tensorflow()  # after what can be wrong: it takes seconds
    from linksim.training.progress import train_with_progress

    try:
        train_with_progress(chosen, out)
    except LinksimError:
        raise
    except Exception as error:
        if file is None:
            raise
        raise failed(file, error) from error  # a codec of that file


def _bundle(folder: Path, recipes: list[str], out: Path, python: str | None) -> None:
    from linksim.training.recipe_files import find_recipe

    chosen = [find_recipe(name) for name in recipes]
    quiet_tensorflow()
    from linksim.training.bundle.make import make_bundle

    size = make_bundle(folder, chosen, out, python, lambda line: print(line, flush=True))
    print(f"{folder}: {len(recipes)} recipes, {size / 1e6:.1f} MB; there: python run.py --minutes 9")


def _queue(file: Path | None, out: Path, status: bool, minutes: float | None, side_by_side: int | None) -> None:
    if file is not None and file.suffix == ".py":
        check_file(file)
        quiet_tensorflow()
    from linksim.training.queue import read_queue, standings
    from linksim.training.serve import serve

    wanted = read_queue(file)
    if status:
        for standing in standings(wanted, out, {}):
            print(standing.line())
        return
    try:
        end = serve(wanted, out, minutes, side_by_side, lambda standing: print(standing.line(), flush=True))
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last epoch of each recipe")
        raise SystemExit(130) from None
    for standing in end:
        print(standing.line())
