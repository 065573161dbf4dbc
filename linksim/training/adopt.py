"""From a run to the zoo, if it is better than what stands there."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from linksim.codecs.precision import precision
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.files import cannot_write
from linksim.training.bundle.models import Trained, read_models
from linksim.training.checkpoint_recipe import recipe_of
from linksim.training.history import EpochReport, remarks
from linksim.training.loop import Training
from linksim.training.recipe import Recipe
from linksim.training.run import warm_start_of
from linksim.training.validation import rate_weight_of, score
from linksim.zoo import catalog
from linksim.zoo.card import Card, read_card
from linksim.zoo.export import export, golden_output
from linksim.zoo.shared import share, sharers, write_whole
from linksim.zoo.weights import assign, load_arrays, variable_names

_ASIDE = ".adopting"


@dataclasses.dataclass(frozen=True)
class Adoption:
    """What became of a run.

    Parameters
    ----------
    card : Card
        Of the run.
    before : float or None
        `linksim.training.validation.score` of what stood in the zoo; None where nothing did.
    adopted : bool
    """

    card: Card
    before: float | None
    adopted: bool


def adopt(name: str, root: Path, zoo: Path = catalog.ROOT) -> Adoption:
    """Put a run into the zoo, with its card and golden output, if it validates better than the entry: by PSNR, or by
    LPIPS where its objective is perceptual, by bits per pixel + lambda 255^2 MSE where it weighs bits.

    A run that is not finished is taken as it is; its card says "so far". Where `root` holds what a kit
    wrote (`linksim.training.bundle`), the model is taken from there.

    Parameters
    ----------
    name : str
        Of the recipe.
    root : Path
        Runs are in `root/<recipe name>`.
    zoo : Path
        Holds the entries.

    Raises
    ------
    LinksimError
        If there is no such run, it is damaged, or the entry is of another model.
    """
    run = root / name
    if (models := read_models(root)) and name in models:
        return _adopt(lambda folder: _card_of_kit(models[name], folder), name, zoo)
    if not (run / "checkpoint.h5").exists() and not (run / "card.json").exists():
        raise LinksimError(f"{run} holds no run; train it with `linksim train {name}`, or name its --out")
    return _adopt(lambda folder: _card_of(run, root, folder), name, zoo)


def card_score(card: Card) -> float:
    """By what an entry counts as better than another, see `linksim.training.validation.score`."""
    # Only models with bits are asked for their objective, which may need weights that are not here.
    weight = None if card.val_bpp is None else rate_weight_of(Recipe(**card.recipe))
    return score(card.layers, card.val_lpips, card.val_bpp, weight)


def _adopt(make: Callable[[Path], Card], name: str, zoo: Path) -> Adoption:
    with tempfile.TemporaryDirectory() as folder:
        card = make(Path(folder))
        before = None
        for aside in (zoo / _ASIDE).glob("*/*/before"):
            _put_back(zoo / aside.parent.relative_to(zoo / _ASIDE), zoo)
        if (zoo / name / "card.json").exists():
            entry = read_card(zoo / name)
            _same_model(card, entry)
            before = card_score(entry)
        adopted = before is None or card_score(card) > before
        if adopted:
            card = share(Path(folder), zoo)
            _make_sharers_whole(name, zoo)
            _replace(Path(folder), zoo / name, zoo)
    return Adoption(card, before, adopted)


def _make_sharers_whole(name: str, zoo: Path) -> None:
    """What begins with the weights of an entry that others are about to replace."""
    for card in sharers(name, zoo):
        with tempfile.TemporaryDirectory() as folder:
            write_whole(zoo / card.name, card, Path(folder))
            _replace(Path(folder), zoo / card.name, zoo)


class _OfKit:
    """What a kit made of a recipe, as `export` takes it: its history ends where it was best."""

    def __init__(self, model: Trained):
        self.recipe = Recipe(**model.recipe)
        rows = model.history[: model.best_at + 1]
        bpp = model.bpp or [None] * len(model.history)
        self.start = None
        self.history = [
            EpochReport(int(step), 0.0, seconds, tuple(psnr), bpp=b)
            for (step, seconds, *psnr), b in zip(rows, bpp, strict=False)
        ]
        with precision("float32"):
            self.codec = create(self.recipe.codec, self.recipe.options)
        assign(self.codec.weights, variable_names(self.codec), model.best, f"the model of {self.recipe.name!r}")

    @contextlib.contextmanager
    def best_weights(self) -> Iterator[Any]:
        """The codec."""
        yield self.codec


def _card_of_kit(model: Trained, folder: Path) -> Card:
    kit = _OfKit(model)
    return export(kit, folder, remarks(kit.recipe, model.steps), model.device)


def _card_of(run: Path, root: Path, folder: Path) -> Card:
    """`weights.h5` and `card.json` of a run, in a folder: those that it ended with, or those of its checkpoint where
    that is of a longer run."""
    checkpoint = run / "checkpoint.h5"
    recipe = recipe_of(load_arrays(checkpoint)) if checkpoint.exists() else None
    if (run / "card.json").exists():
        card = read_card(run)
        if recipe is None or recipe.to_dict() == Recipe(**card.recipe).to_dict():
            _check(run, card)
            for file in ("weights.h5", "card.json"):
                shutil.copy(run / file, folder / file)
            return card
    if recipe is None:
        raise LinksimError(f"{checkpoint} names no recipe; train it again")
    training = Training(recipe, run, warm_start_of(recipe, root))
    return export(training, folder, training.remarks())


def _check(run: Path, card: Card) -> None:
    """That a user will load what the card says."""
    try:
        with precision("float32"):
            made = golden_output(catalog.load(run))
    except FileNotFoundError as error:
        raise LinksimError(f"{run} has a card and no weights.h5; train it again") from error
    if not np.allclose(made, card.golden, atol=2e-4):
        raise LinksimError(f"{run} does not give the golden output of its card; it was left out of the zoo")


def _same_model(card: Card, entry: Card) -> None:
    for what in ("codec", "options", "data", "crop", "snr_db", "channel", "error_probability"):
        ours, theirs = card.recipe.get(what), entry.recipe.get(what)
        if ours != theirs:
            raise LinksimError(
                f"{card.name} in the zoo has {what} {theirs}, the run {ours}; give the recipe another name"
            )


def _replace(new: Path, entry: Path, zoo: Path) -> None:
    """A folder takes the place of a folder, so that card and weights change together."""
    fresh, aside = (_beside(entry, zoo, what) for what in ("new", "before"))
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for file in ("weights.h5", "card.json"):
            shutil.copyfile(new / file, fresh / file)
        entry.parent.mkdir(parents=True, exist_ok=True)
        if entry.exists():
            entry.rename(aside)
        try:
            fresh.rename(entry)
        except OSError:
            _put_back(entry, zoo)
            raise
        _clear(aside)
    except OSError as error:
        raise cannot_write(entry, error, "make the zoo writable, or install linksim with `pip install -e`") from error


def _put_back(entry: Path, zoo: Path) -> None:
    """An entry that stands aside since a kill between two renames comes back."""
    aside = _beside(entry, zoo, "before")
    if aside.exists() and not entry.exists():
        aside.rename(entry)
    _clear(aside)


def _clear(aside: Path) -> None:
    """What stands aside goes, and the folders above it where no other entry stands in them."""
    shutil.rmtree(aside, ignore_errors=True)
    for folder in (aside.parent, aside.parents[1], aside.parents[2]):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _beside(entry: Path, zoo: Path, what: str) -> Path:
    # Deeper than entries are, so that the catalogue does not see it.
    return zoo / _ASIDE / entry.relative_to(zoo) / what
