"""A sweep over only some of its links."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from linksim.links.base import Envelope, Link
from linksim.report.links_by_name import figures_of_some, named

if TYPE_CHECKING:
    from linksim.montecarlo.sweep import Sweep


def with_links(sweep: Sweep, links: str) -> Sweep:
    """A sweep over the links and envelopes that have one of the texts in their name or their tag "scheme".

    A chosen envelope keeps its members. Of an envelope that is not chosen, members that are stand for themselves.
    Figures name no link that is left out.

    Parameters
    ----------
    sweep : Sweep
    links : str
        As `linksim.report.links_by_name.link_texts` takes it.

    Raises
    ------
    LinksimError
        If a text is empty, or no link has any of them.
    """
    every = _all_of(sweep.links)
    found = named({name: link.tags for name, link in every.items()}, links, [entry.name for entry in sweep.links])
    with_it = _all_of([entry for entry in sweep.links if entry.name in found])
    kept: dict[str, Link | Envelope] = {}
    for entry in sweep.links:
        if entry.name in found:
            kept[entry.name] = entry
        elif isinstance(entry, Envelope):
            kept.update({m.name: m for m in entry.members if m.name in found and m.name not in with_it})
    return over(sweep, list(kept.values()))


def over(sweep: Sweep, entries: Sequence[Link | Envelope]) -> Sweep:
    """A sweep over other links and envelopes; its figures name none that is not among them.

    Parameters
    ----------
    sweep : Sweep
    entries : sequence of Link or Envelope
    """
    if sweep.figures is None:
        return dataclasses.replace(sweep, links=entries)
    every, left = ({name: one.tags for name, one in _all_of(of).items()} for of in (sweep.links, entries))
    return dataclasses.replace(sweep, links=entries, figures=figures_of_some(sweep.figures, every, left))


def _all_of(entries: Sequence[Link | Envelope]) -> dict[str, Link | Envelope]:
    """Name -> every link and envelope, members of envelopes included."""
    return {
        one.name: one for entry in entries for one in (entry, *(entry.members if isinstance(entry, Envelope) else ()))
    }
