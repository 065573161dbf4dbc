"""One link for each value of an axis: another axis than theirs, or their own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.images.picture import Picture
from linksim.links.base import NO_TAGS, Link, Reception
from linksim.source import SourceCodec

VERSION = 1
"""Raised whenever a change of this file can change a result."""


class Along(Link):
    """One link per value of an axis.

    With `at`, each stands at one fixed value of its own axis: quality against bandwidth at 10 dB. Without, the axis is
    their own and each serves its value of it: models at the SNR that they were trained for ("matched").

    Parameters
    ----------
    axis : str
        Name of the new axis, such as "cbr".
    links : mapping of float to Link
        Which link stands at which value; all of one number of layers.
    at : float or None
        Where the links stand on their own axis; for "snr_db", in dB. None where `axis` is their own.
    name : str
    tags : mapping, optional
        Tags of the whole (see `Link.tags`); those that all links share by default.

    Raises
    ------
    LinksimError
        If there are no links, they differ in their axis or number of layers, or `at` is missing where it is needed.

    Examples
    --------
    >>> from linksim.montecarlo.axis import Cbr
    >>> ratios = [1 / 48, 1 / 24, 1 / 16]
    >>> bpg = Along("cbr", {r: CapacityLink(Bpg(), Awgn(), r) for r in ratios}, at=10.0, name="BPG + capacity")
    >>> sweep = Sweep("against_cbr", [bpg], axis=Cbr(ratios))
    """

    def __init__(
        self,
        axis: str,
        links: Mapping[float, Link],
        at: float | None,
        name: str,
        tags: Mapping[str, str | float] | None = None,
    ):
        if not links:
            raise LinksimError(f"{name!r} has no links; give one for each value of {axis}")
        if at is not None and not math.isfinite(at):
            raise LinksimError(f"{name!r} is at {at}; give a finite value")
        members = list(links.values())
        self.models = tuple(dict.fromkeys(model for link in members for model in link.models))
        for what, found in (
            ("axes", {m.axis for m in members}),
            ("numbers of layers", {m.num_layers for m in members}),
        ):
            if len(found) > 1:
                raise LinksimError(
                    f"the links of {name!r} have unlike {what} ({', '.join(map(str, sorted(found)))}); "
                    "take links of one"
                )
        own = members[0].axis
        if at is None and axis != own:
            raise LinksimError(f"the links of {name!r} run over {own}, and it over {axis}; give `at`, a value of {own}")
        if at is not None and axis == own:
            raise LinksimError(f"{name!r} runs over {own} as its links do; leave `at` None")
        self.axis, self.at, self.name = axis, None if at is None else float(at), name
        self.links = {float(value): link for value, link in links.items()}
        shared = {k: v for k, v in members[0].tags.items() if all(m.tags.get(k) == v for m in members)}
        self.tags = {**shared, **(tags or NO_TAGS)}
        self.num_layers = members[0].num_layers
        self.max_pixels = min(m.max_pixels for m in members)
        self.first_draws = max(m.first_draws for m in members)

    @property
    def model_weights(self) -> Mapping[str, str]:
        return {title: digest for link in self.links.values() for title, digest in link.model_weights.items()}

    @property
    def source_names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(name for link in self.links.values() for name in link.source_names))

    def with_source(self, source: SourceCodec) -> Link:
        links = {value: link.with_source(source) for value, link in self.links.items()}
        return Along(self.axis, links, self.at, self.name, self.tags)

    def fingerprint(self) -> str:
        links = [[value, self.links[value].fingerprint()] for value in sorted(self.links)]
        return fingerprint("along", VERSION, axis=self.axis, at=self.at, links=links)

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        for link in self.links.values():
            link.prepare(pictures, workers)

    def quick(self) -> Link:
        return Along(self.axis, {v: link.quick() for v, link in self.links.items()}, self.at, self.name, self.tags)

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        """Send every picture once per draw over the link that stands at `value`.

        Raises
        ------
        LinksimError
            If none stands there.
        """
        for known, link in self.links.items():
            if math.isclose(known, value, rel_tol=1e-9):
                return link.transmit(pictures, value if self.at is None else self.at, draws, seed)
        known = ", ".join(f"{v:.6g}" for v in sorted(self.links))
        raise LinksimError(f"link {self.name!r} has nothing at {self.axis} {value:.6g}; it has {known}")
