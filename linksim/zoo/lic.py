"""The zoo's models for learned image compression, as one source codec beside BPG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linksim.codecs.lic.at_rate import AtRate
from linksim.errors import LinksimError
from linksim.source.learned import Compressor, Learned
from linksim.zoo.card import Card, read_card
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
    refine_steps : int
        0, or so many steps of a search for better latents of each picture (`linksim.codecs.lic.refine.Refiner`), which
        a decoder knows nothing of. One rate of a photograph of 768x512 pixels takes a minute on a CPU core with 50
        steps, and each worker takes 1.3 kB of memory for each pixel.
    refine_precision : str
        Keras' dtype policy of that search.

    Raises
    ------
    LinksimError
        If there is none, one is of another codec, one of several is for many rates, or `refine_steps` is negative.

    Examples
    --------
    >>> link = SeparationLink(Lic(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    """

    def __init__(
        self,
        entries: Sequence[str | Path] | None = None,
        refine_steps: int = 0,
        refine_precision: str = "float32",
    ) -> None:
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
        for entry, codec in zip(most_first, codecs, strict=True):
            digest = codec.fingerprint()
            refiner = None
            if refine_steps:
                # Keras comes with it, and with Keras what TensorFlow says where it was not `linksim.phy` that took it.
                from linksim.codecs.lic.refine import Refiner

                refiner = Refiner(codec, _weight(cards[entry], codec.rates), refine_steps, refine_precision)
            models += [AtRate(codec, quality, digest, refiner) for quality in range(codec.num_qualities)]
        super().__init__(models, f"LIC-GMM-AM, refined ({refine_steps} steps)" if refine_steps else "LIC-GMM-AM")


def _weight(card: Card, rates: int) -> float | list[float]:
    """lambda that a model was trained with, of each of its rates."""
    phases = card.recipe.get("phases") or [{}]
    weight: float | list[float] | None = phases[-1].get("options", {}).get("weight")
    if weight is None or rates != np.size(weight):
        raise LinksimError(
            f"the card of {card.name} does not name the weight that each of its rates was trained with, which a search "
            "takes; leave out refine_steps"
        )
    return weight
