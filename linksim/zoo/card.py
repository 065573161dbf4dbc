"""What is known of a set of weights: how they were made and what they reach."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.files import write_atomically

ROOT = Path(__file__).with_name("models")
"""The entries that ship with linksim."""


@dataclass(frozen=True)
class Card:
    """The card of one zoo entry, stored as `card.json` beside `weights.h5`.

    Parameters
    ----------
    name : str
    recipe : mapping
        `Recipe.to_dict()`: everything that determined the training run.
    steps : int
        Gradient steps that were really taken.
    backend : str
        Keras backend and its version, and the device.
    seconds : float
        Wall time of the training.
    val_psnr : float
        PSNR of the mean MSE on the validation pictures at the training SNR, in dB, at the precision of
        the training. Where that is a range, it is spread evenly over the pictures;
        residual transmission is validated with feedback, as it is trained.
    val_psnr_layers : sequence of float
        The same after each layer; empty on cards from before there were layers.
    history : sequence of (step, val_psnr)
        The learning curve, thinned; from step 0 where the run did not start from random weights, and that was
        validated (cards from before that have no such point).
    sha256 : str
        Of the weights file.
    golden : sequence of float
        What the codec makes of a fixed picture; a changed layer shows here.
    notes : str
    val_lpips : float or None
        LPIPS on the validation pictures after the last layer, where the objective was perceptual; by it and not by
        the PSNR such models are compared.
    val_bpp : float or None
        Bits per pixel on the validation pictures, where the objective was rate and distortion; by both such models are
        compared.
    shared : mapping, optional
        `name` and `sha256` of the entry whose weights these begin with; they stand there alone.
    """

    name: str
    recipe: Mapping[str, Any]
    steps: int
    backend: str
    seconds: float
    val_psnr: float
    history: list[tuple[int, float]]
    sha256: str
    golden: list[float]
    notes: str = ""
    val_psnr_layers: list[float] = dataclasses.field(default_factory=list)
    shared: Mapping[str, str] | None = None
    val_lpips: float | None = None
    val_bpp: float | None = None

    @property
    def layers(self) -> Sequence[float]:
        """Validation PSNR in dB after each layer, of old cards too."""
        return self.val_psnr_layers or [self.val_psnr]

    def write(self, folder: Path) -> None:
        """Write `card.json` into `folder`, whole or not at all."""
        write_atomically(folder / "card.json", json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def read_card(folder: Path) -> Card:
    """Read `card.json`.

    Parameters
    ----------
    folder : Path
        Of a zoo entry or a finished run.

    Raises
    ------
    LinksimError
        If it is missing or damaged.
    """
    path = folder / "card.json"
    try:
        card = Card(**json.loads(path.read_text(encoding="utf-8")))
        _check(card)
        return card
    except FileNotFoundError as error:
        raise LinksimError(
            f"{folder} holds no card.json; name a zoo entry or a finished `linksim train` folder"
        ) from error
    except (OSError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise LinksimError(f"{path} is damaged ({error}); it was left as it is, restore it from a copy") from error


def _check(card: Card) -> None:
    """That what is used of a card, which may be from elsewhere, is what it should be.

    Raises
    ------
    ValueError
        If it is not.
    """
    shared = card.shared
    whole = {
        "name": isinstance(card.name, str) and card.name,
        "recipe": isinstance(card.recipe, dict)
        and isinstance(card.recipe.get("codec"), str)
        and isinstance(card.recipe.get("options"), dict),
        "steps": _is_number(card.steps),
        "seconds": _is_number(card.seconds),
        "val_psnr": _is_number(card.val_psnr),
        "val_psnr_layers": isinstance(card.val_psnr_layers, list) and all(map(_is_number, card.val_psnr_layers)),
        "val_lpips": card.val_lpips is None or _is_number(card.val_lpips),
        "val_bpp": card.val_bpp is None or _is_number(card.val_bpp),
        "history": isinstance(card.history, list)
        and all(isinstance(p, list) and len(p) == 2 and all(map(_is_number, p)) for p in card.history),
        "sha256": _is_sha256(card.sha256),
        "golden": isinstance(card.golden, list) and all(map(_is_number, card.golden)),
        "shared": shared is None
        or (isinstance(shared, dict) and _is_entry(shared.get("name")) and _is_sha256(shared.get("sha256"))),
    }
    if wrong := [field for field, fits in whole.items() if not fits]:
        raise ValueError(f"{wrong[0]} is {str(getattr(card, wrong[0]))[:40]!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_entry(value: object) -> bool:
    """A name as entries have it, which leads nowhere else."""
    return isinstance(value, str) and re.fullmatch(r"[\w.-]+/[\w.-]+", value) is not None and ".." not in value
