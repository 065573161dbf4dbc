"""Weights that an entry has from the one that it was trained behind: they stand there, once.

A second stage leaves the first as it is, so its first weights are those of the first stage, bit for bit. The card names
that entry and the SHA-256 of its weights; whoever replaces the first stage makes the second whole before.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.zoo.card import ROOT, Card, read_card
from linksim.zoo.weights import file_sha256, load_arrays, save_arrays

_WEIGHTS = "weights.h5"


def entry_arrays(folder: Path, card: Card) -> dict[str, np.ndarray]:
    """All weights of an entry by name, those included that another one holds.

    Raises
    ------
    LinksimError
        If a file is missing, damaged, or not the one that the card describes.
    """
    path = folder / _WEIGHTS
    if path.is_file() and (found := file_sha256(path)) != card.sha256:
        raise LinksimError(
            f"{path} is not the file its card describes (SHA-256 {found[:12]}.., expected {card.sha256[:12]}..); "
            "it was left as it is, restore it from a copy"
        )
    own = load_arrays(path)
    if card.shared is None:
        return own
    # Beside it, or, where the entry was copied somewhere, in the zoo.
    name, sha256 = card.shared["name"], card.shared["sha256"]
    for root in (_root(folder), ROOT):
        path = root / name / _WEIGHTS
        if path.is_file() and file_sha256(path) == sha256:
            return {**load_arrays(path), **own}
    raise LinksimError(
        f"{folder} begins with the weights of {name!r} (SHA-256 {sha256[:12]}..), which are neither beside it nor in "
        "the zoo; restore them from a copy"
    )


def share(folder: Path, zoo: Path) -> Card:
    """Leave out of new weights those with which an entry of the zoo that they come from begins; the card then says so.

    Parameters
    ----------
    folder : Path
        `weights.h5` and `card.json`, not yet in the zoo.
    zoo : Path
    """
    card = read_card(folder)
    arrays, known = load_arrays(folder / _WEIGHTS), {card.name}
    name = card.recipe.get("warm_start")
    while name and name not in known and (zoo / name / "card.json").exists():
        known.add(name)
        before = read_card(zoo / name)
        theirs = load_arrays(zoo / name / _WEIGHTS) if before.shared is None else {}
        if theirs and all(n in arrays and np.array_equal(arrays[n], a) for n, a in theirs.items()):
            save_arrays(folder / _WEIGHTS, {n: a for n, a in arrays.items() if n not in theirs}, compressed=True)
            shared = {"name": name, "sha256": before.sha256}
            card = dataclasses.replace(card, sha256=file_sha256(folder / _WEIGHTS), shared=shared)
            card.write(folder)
            break
        name = before.recipe.get("warm_start")
    return card


def sharers(name: str, zoo: Path) -> list[Card]:
    """The entries of a zoo that begin with the weights of `name`."""
    cards = [read_card(path.parent) for path in sorted(zoo.glob("*/*/card.json"))]
    return [card for card in cards if card.shared is not None and card.shared["name"] == name]


def write_whole(folder: Path, card: Card, out: Path) -> None:
    """The entry in `folder` with all its weights, and a card that says so, into `out`."""
    save_arrays(out / _WEIGHTS, entry_arrays(folder, card), compressed=True)
    dataclasses.replace(card, sha256=file_sha256(out / _WEIGHTS), shared=None).write(out)


def _root(folder: Path) -> Path:
    """Of the zoo: an entry is named by two folders."""
    return folder.resolve().parents[1]
