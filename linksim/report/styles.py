"""How curves look: a colour per label, a line style per layer, grey for the members of envelopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linksim.report.canvas import wrapped

Style = dict[str, object]

# Okabe and Ito (2008): told apart by readers with any colour vision, and in this order on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255")
_GREY = ("#5f5f5f", "#a2a2a2", "#808080")
_DASHES = ((0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

VARIANT = (0, (3, 2))
"""The line of a link that is drawn in the colour of another."""

_DOTTED = (0, (1.2, 1.2))
_FIRST_LAYER = (0, (4, 1.5))
_BETWEEN = ((0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)), (0, (10, 2)))

_ENVELOPE_WIDTH = 2.6
_LOWER_ENVELOPE_WIDTH = 4.0
_UPPER_ENVELOPE = {"lw": 1.8, "ls": (0, (4, 2)), "ms": 2.2}
_NAMED_SCHEMES = 12

SCHEME, MAIN, PUBLISHED = 2, 4, 6
"""Drawing order, by which the legend tells the kinds apart."""


def layer_look(layer: int, layers: int) -> Style:
    """Line style after a layer of `layers`: dashed after the first, solid after the last, thinner before it."""
    if layer == layers - 1:
        return {"ls": "-"}
    dashes = _FIRST_LAYER if layer == 0 else _BETWEEN[(layer - 1) % len(_BETWEEN)]
    return {"ls": dashes, "ms": 2.0, "lw": 1.2}


class Styles:
    """One look per label, the same in every plot of a figure.

    Parameters
    ----------
    envelopes : mapping of envelope to its members
        Envelopes over the same members often coincide: the first of them is drawn wide, and those after
        it thin and dashed on top, so that each shows where the other lies.
    labels : set of str
        All that the figure shows.
    layers : int
        Layers that are told apart by line style; 1 where there is nothing to tell apart.
    """

    def __init__(self, envelopes: Mapping[str, Sequence[str]], labels: set[str], layers: int = 1):
        self._envelopes, self._layers = envelopes, layers
        self._members = {name for names in envelopes.values() for name in names}
        self._known: dict[str, Style] = {}
        # more schemes than anybody tells apart share one entry in the legend
        few = len(self._members) <= _NAMED_SCHEMES or len(labels) <= 2 * _NAMED_SCHEMES
        self._name_schemes = few and layers == 1

    def of(self, link: str, label: str, layer: int = 0, last: int = 0) -> Style:
        """The look of a link after a layer, `last` being its last one; only that one is named."""
        scheme = link in self._members
        if scheme and not self._name_schemes:
            label = "members of the envelopes" if self._layers > 1 else "fixed schemes"
        if label not in self._known:
            i = sum(_kind(style) == (SCHEME if scheme else MAIN) for style in self._known.values())
            look = self._of_scheme(i) if scheme else self._of_link(i, link)
            self._known[label] = {**look, "label": wrapped(label)}
        style = self._known[label]
        if self._layers == 1:
            return style
        if last == 0:
            # beside links of layers, one without them is a baseline
            return {**style, "ls": _DOTTED} if scheme else {**style, "ls": _DOTTED, "marker": "s", "lw": 1.8}
        look = layer_look(layer, self._layers)
        thin = {"lw": style["lw"]} if scheme else {"lw": style["lw"] * look.get("lw", 1.6) / 1.6}
        return {**style, **look, **thin, "label": style["label"] if layer == last else "_nolegend_"}

    def _of_scheme(self, i: int) -> Style:
        if self._layers > 1:
            return {"color": "#b8b8b8", "lw": 0.7, "ls": "-", "zorder": SCHEME}
        return {"color": _GREY[i % len(_GREY)], "lw": 0.9, "ls": _DASHES[i % len(_DASHES)], "zorder": SCHEME}

    def _of_link(self, i: int, link: str) -> Style:
        look: Style = {
            "color": _COLOURS[i % len(_COLOURS)],
            "lw": _ENVELOPE_WIDTH if link in self._envelopes else 1.6,
            "zorder": MAIN,
            "marker": "o",
            "ms": 2.8,
            "ls": "-" if i < len(_COLOURS) else "--",
        }
        rank, several = self._among_same_members(link)
        if not several:
            return look
        return {**look, "lw": _LOWER_ENVELOPE_WIDTH} if rank == 0 else {**look, **_UPPER_ENVELOPE, "zorder": MAIN + 0.5}

    def _among_same_members(self, link: str) -> tuple[int, bool]:
        """Which one of the envelopes over the same members a link is, and whether there are several."""
        if link not in self._envelopes:
            return 0, False
        members = set(self._envelopes[link])
        same = [name for name, others in self._envelopes.items() if set(others) == members]
        return same.index(link), len(same) > 1

    def of_published(self, label: str) -> Style:
        """The marker of published points."""
        if label not in self._known:
            i = sum(style["zorder"] == PUBLISHED for style in self._known.values())
            self._known[label] = {
                "ls": "none",
                "marker": _MARKERS[i % len(_MARKERS)],
                "ms": 6.5,
                "mfc": "white",
                "mec": _COLOURS[(i + 4) % len(_COLOURS)],
                "mew": 1.4,
                "zorder": PUBLISHED,
                "label": wrapped(label),
            }
        return self._known[label]


def _kind(style: Style) -> int:
    """`SCHEME`, `MAIN` or `PUBLISHED`, whatever lies above what within them."""
    return int(style["zorder"])  # type: ignore[call-overload]
