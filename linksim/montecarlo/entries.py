"""The links of a sweep, by name: each once, whether it stands for itself or in an envelope."""

from __future__ import annotations

from collections.abc import Sequence

from linksim.errors import LinksimError
from linksim.links.base import Envelope, Link
from linksim.montecarlo.axis import Axis
from linksim.montecarlo.store import Store


def simulated_links(sweep: str, entries: Sequence[Link | Envelope], axis: Axis) -> dict[str, tuple[str, Link]]:
    """name -> (fingerprint, link) of every link to simulate, members of envelopes included.

    Parameters
    ----------
    sweep : str
        Its name, for messages.
    entries : sequence of Link or Envelope
    axis : Axis
        What the sweep runs over.

    Raises
    ------
    LinksimError
        If an entry is no link, or runs over another axis, two different links, or a link and an
        envelope, have one name, or the members of an envelope differ in their number of layers.
    """
    found: dict[str, tuple[str, Link]] = {}
    for entry in entries:
        for link in entry.members if isinstance(entry, Envelope) else [entry]:
            if not isinstance(link, Link):
                raise LinksimError(f"{link!r} is no link; wrap a codec of your own in AnalogLink")
            if link.axis != axis.name:
                raise LinksimError(
                    f"link {link.name!r} runs over {link.axis} and sweep {sweep!r} over {axis.name}; "
                    f"put it into a sweep with axis=Axis({link.axis!r}, ..)"
                )
            fingerprint = link.fingerprint()
            if found.setdefault(link.name, (fingerprint, link))[0] != fingerprint:
                raise LinksimError(f"two different links are called {link.name!r}; give one of them another name")
    _check_envelopes([entry for entry in entries if isinstance(entry, Envelope)], found)
    return found


def _check_envelopes(envelopes: Sequence[Envelope], links: dict[str, tuple[str, Link]]) -> None:
    names = [envelope.name for envelope in envelopes]
    for name in names:
        if name in links or names.count(name) > 1:
            raise LinksimError(f"two links are called {name!r}, one an envelope; give one of them another name")
    for envelope in envelopes:
        layers = sorted({member.num_layers for member in envelope.members})
        if len(layers) > 1:
            raise LinksimError(
                f"the members of {envelope.name!r} have {' or '.join(map(str, layers))} layers; "
                "make an envelope for each number of layers"
            )


def other_versions(store: Store, links: dict[str, tuple[str, Link]]) -> list[str]:
    """What to say of stored units whose link has the name of a present one and is another: one line, or none."""
    others: dict[str, int] = {}
    present = {fingerprint for fingerprint, _ in links.values()}
    for record in store.records:
        if record.link in links and record.fingerprint not in present:
            others[record.link] = others.get(record.link, 0) + 1
    if not others:
        return []
    named = ", ".join(repr(name) for name in list(others)[:3]) + (" and others" if len(others) > 3 else "")
    return [
        f"{sum(others.values())} stored units belong to other versions of {named} "
        f"(weights, parameters or code differ); kept in {store.folder}, not used"
    ]
