"""Find and load zoo entries by name, or a folder that `linksim train` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.zoo.card import ROOT, Card, read_card

_GOLDEN_ATOL = 5e-3

RUNS = Path("runs")
"""Where `linksim train` keeps its runs unless it is told otherwise."""


def names() -> list[str]:
    """All entries that ship with linksim, such as "deepjscc/cifar10-1_6-snr10"."""
    return sorted(str(card.parent.relative_to(ROOT)) for card in ROOT.glob("*/*/card.json"))


def find(name: str | Path) -> Path:
    """Folder of an entry.

    Parameters
    ----------
    name : str or Path
        Of an entry, of a folder with a card, or of a recipe whose run `linksim train` has finished in `runs/` here. A
        Path is a folder and nothing else, also where an entry has its name.

    Raises
    ------
    LinksimError
        If it is none of them.
    """
    for folder in (name,) if isinstance(name, Path) else (ROOT / name, Path(name), RUNS / name):
        if (folder / "card.json").is_file():
            return folder
    if isinstance(name, Path):
        raise LinksimError(
            f"no weights in {name}; name a folder that `linksim train` finished, or give text for an entry"
        )
    raise LinksimError(f"no weights named {name!r}; `linksim list zoo` shows them all, `linksim train` makes more")


def load(name: str | Path, options: Mapping[str, Any] | None = None, codec: type[Any] | None = None) -> Any:
    """A codec with its trained weights, checked against the card.

    Parameters
    ----------
    name : str or Path
        Zoo entry, a folder that `linksim train` wrote, or the name of a recipe that it finished in `runs/` here. A Path
        is always a folder.
    options : mapping, optional
        Arguments of the codec that replace those of the card and leave its weights as they are, such as
        `{"fusion": "sum"}` or, of a mapping inside, `{"base": {"shown_steps": 1}}`.
    codec : class, optional
        Of the codec, where it is none of linksim's. A card names it and that is all: code is never imported because a
        card says so.

    Returns
    -------
    linksim.codecs.Codec
        Its `title` is the name of the entry; it knows the SNR that it was trained at.

    Raises
    ------
    LinksimError
        If there is no such entry, its weights are damaged, or do not fit the options or the class; or if the class
        makes something else of them than it did when they were trained.

    Examples
    --------
    >>> codec = load("deepjscc/cifar10-1_6-snr10")
    >>> codec.num_symbols(32, 32)
    512
    """
    folder = find(name)
    card = read_card(folder)
    from linksim.codecs.registry import create
    from linksim.zoo.shared import entry_arrays
    from linksim.zoo.weights import assign, variable_names

    snr_db = card.recipe.get("snr_db")  # a range where the model serves them all
    about = {"training_snr_db": float(snr_db)} if isinstance(snr_db, (int, float)) else {}
    kind, where = _kind(card, folder, codec), str(folder / "weights.h5")
    made = create(kind, merged(card.recipe["options"], options or {}), title=card.name, **about)
    assign(made.weights, variable_names(made), entry_arrays(folder, card), where)
    if codec is not None and not options:
        _check_golden(made, card, where)
    return made


def stored_digest(name: str | Path) -> str:
    """Of the weights of an entry, as `linksim.codecs.Codec.stored_digest` has it of a codec that was filled with them.

    Raises
    ------
    LinksimError
        If there is no such entry, or its weights are damaged.
    """
    from linksim.zoo.shared import entry_arrays

    folder = find(name)
    arrays = entry_arrays(folder, read_card(folder))
    try:
        ordered = sorted(arrays, key=lambda variable: int(variable.partition("/")[0]))
        return identity.stored_digest(arrays[variable] for variable in ordered)
    except ValueError as error:
        raise LinksimError(f"{folder / 'weights.h5'} has weights without a place ({error}); train it again") from error


def _kind(card: Card, folder: Path, codec: type[Any] | None) -> str | type[Any]:
    """Name or class of the codec of a card."""
    from linksim.codecs.registry import name_of

    said = card.recipe["codec"]
    module, colon, kind = said.rpartition(":")
    if codec is None:
        if colon:
            raise LinksimError(
                f"{folder} holds weights of {kind}, a class of {module} that is none of linksim's codecs; give it: "
                f"zoo.load({str(folder)!r}, codec={kind})"
            )
        return said
    given = name_of(codec)
    if not colon and given != said:
        raise LinksimError(f"{folder} holds weights of linksim's codec {said!r}, not of {given}; leave out codec")
    return codec


def _check_golden(codec: Any, card: Card, where: str) -> None:
    """That a class outside linksim, whose code may have changed, still is what was trained."""
    from linksim.zoo.export import golden_output

    made, known = np.array(golden_output(codec)), np.array(card.golden)
    # Rounding of another machine moves all values a little, or a few decisions much. What is sent and what is shown
    # count each for itself: one of them alone may have changed.
    half = len(known) // 2
    if (
        made.size != known.size
        or not all(
            np.median(np.abs(a - b)) <= _GOLDEN_ATOL  # False of NaN
            for a, b in ((made[:half], known[:half]), (made[half:], known[half:]))
        )
    ):
        raise LinksimError(
            f"{where} fits {type(codec).__name__}, which makes something else of it than when it was trained; "
            "take the class as it was then, or train it again"
        )


def merged(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Options with changes; of mappings inside, entry by entry."""
    inside = {key: merged(given.get(key) or {}, value) for key, value in changes.items() if isinstance(value, Mapping)}
    return {**given, **changes, **inside}
