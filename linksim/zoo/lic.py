"""The zoo's models for learned image compression, as one source codec beside BPG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linksim.codecs.lic.at_rate import AtRate
from linksim.errors import LinksimError
from linksim.source.learned import Compressor, Learned
from linksim.zoo.card import read_card
from linksim.zoo.catalog import find, load

_KIND = "lic"
_MANY_RATES = f"{_KIND}/photos"


class Lic(Learned):
    """LIC-GMM-AM (Cheng et al. 2020; checkerboard context of He et al. 2021), one quality for each rate of its models.

    Parameters
    ----------
    entries : sequence of str or Path, optional
        Names in the zoo, or folders and recipes as `linksim.zoo.load` takes them. By default the one model for many
        rates, `lic/photos`. Several are a ladder of models for one rate each.

    Raises
    ------
    LinksimError
        If there is none, one is of another codec, or one of several is for many rates.

    Examples
    --------
    >>> link = SeparationLink(Lic(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    """

    def __init__(self, entries: Sequence[str | Path] | None = None) -> None:
        chosen = [_MANY_RATES] if entries is None else list(entries)
        if not chosen:
            raise LinksimError(f"no models are named; give some, such as {_MANY_RATES!r}")
        cards = {entry: read_card(find(entry)) for entry in chosen}
        for entry, card in cards.items():
            if card.recipe["codec"] != _KIND or card.val_bpp is None:
                raise LinksimError(f"{entry} is no model of {_KIND}; `linksim list zoo` shows which are")
        most_first = sorted(chosen, key=lambda entry: -(cards[entry].val_bpp or 0.0))
        codecs = [load(entry) for entry in most_first]
        for entry, codec in zip(most_first, codecs, strict=True):
            if len(codecs) > 1 and codec.rates > 1:
                raise LinksimError(f"{entry} is for many rates and stands alone; name it by itself, or leave it out")
        models: list[Compressor] = []
        for codec in codecs:
            digest = codec.fingerprint()
            models += [AtRate(codec, quality, digest) for quality in range(codec.num_qualities)]
        super().__init__(models, "LIC-GMM-AM")
