"""Decoders by their names."""

from __future__ import annotations

import re
from collections.abc import Callable

from linksim.errors import LinksimError
from linksim.phy.coding.decoders.base import Decoder
from linksim.phy.coding.decoders.belief_propagation import BeliefPropagation
from linksim.phy.coding.decoders.layered import LayeredBeliefPropagation

DEFAULT_DECODER = LayeredBeliefPropagation(20)
"""At most twenty iterations of layered belief propagation, which real receivers do."""

REFERENCE = BeliefPropagation(20)
"""Twenty flooding iterations of Sionna's decoder, as in its published curves: "sionna"."""

_BUILT_IN: dict[str, Callable[[int], Decoder]] = {"bp": BeliefPropagation, "layered": LayeredBeliefPropagation}
_REGISTERED: dict[str, Decoder] = {}


def register_decoder(decoder: Decoder) -> Decoder:
    """Let a decoder be found by its name, as `python -m linksim.phy.bler CHANNEL --decoder NAME` does."""
    _REGISTERED[decoder.name] = decoder
    return decoder


def get_decoder(decoder: str | Decoder | None = None) -> Decoder:
    """The decoder of a name.

    Parameters
    ----------
    decoder : str, Decoder or None
        "layered20" for at most 20 iterations of layered belief propagation (any number), "bp20" for Sionna's
        flooding schedule (any number; "sionna" is this one), or the name of a registered decoder. A decoder is
        returned as it is; None is `DEFAULT_DECODER`.

    Raises
    ------
    LinksimError
        If no decoder has this name.
    """
    if decoder is None:
        return DEFAULT_DECODER
    if not isinstance(decoder, str):
        return decoder
    if decoder == "sionna":
        return REFERENCE
    if decoder in _REGISTERED:
        return _REGISTERED[decoder]
    if match := re.fullmatch(r"(bp|layered)([1-9]\d{0,3})", decoder):
        return _BUILT_IN[match[1]](int(match[2]))
    known = ", ".join(["layered20 or bp20 (any number of iterations), sionna", *sorted(_REGISTERED)])
    raise LinksimError(f"there is no decoder {decoder!r}; choose one of {known}, or register one")
