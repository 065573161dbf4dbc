"""The zoo's models for learned image compression, as one source codec beside BPG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.source.learned import Learned
from linksim.zoo.card import read_card
from linksim.zoo.catalog import find, load, names

_KIND = "lic"


class Lic(Learned):
    """LIC-GMM-AM (Cheng et al. 2020; checkerboard context of He et al. 2021) at the rates for which there are models.

    Parameters
    ----------
    entries : sequence of str or Path, optional
        Names in the zoo, or folders and recipes as `linksim.zoo.load` takes them; all of the zoo by default.

    Raises
    ------
    LinksimError
        If there is none, or one is of another codec.

    Examples
    --------
    >>> link = SeparationLink(Lic(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    """

    def __init__(self, entries: Sequence[str | Path] | None = None) -> None:
        chosen = [name for name in names() if name.startswith(f"{_KIND}/")] if entries is None else list(entries)
        cards = {entry: read_card(find(entry)) for entry in chosen}
        if entries is None:  # those that were trained for lost bits have no use for bytes
            chosen = [name for name in chosen if not cards[name].recipe["options"].get("fixed_bits")]
        if not chosen:
            raise LinksimError(
                f"the zoo has no models of {_KIND}; train some, `linksim train {_KIND}/photos-0.0067`, and take them "
                f"into it, `linksim zoo adopt`, or name them: Lic([..])"
            )
        for entry, card in cards.items():
            if card.recipe["codec"] != _KIND or card.val_bpp is None:
                raise LinksimError(f"{entry} is no model of {_KIND}; `linksim list zoo` shows which are")
        best_first = sorted(chosen, key=lambda entry: -(cards[entry].val_bpp or 0.0))
        super().__init__([load(entry) for entry in best_first], "LIC-GMM-AM")
