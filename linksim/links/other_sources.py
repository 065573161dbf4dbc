"""The links of a sweep with other source codecs in the place of theirs."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from linksim.errors import LinksimError
from linksim.links.base import Envelope, Link
from linksim.source import SourceCodec


def with_sources(entries: Sequence[Link | Envelope], sources: Sequence[SourceCodec]) -> list[Link | Envelope]:
    """Every link that has a source codec once for each of these, and the others as they are.

    Names and the tag "scheme" say the new codec where they said the old one. A link whose codec has the name of one of
    these stays as it is, with the settings that its codec has.

    Parameters
    ----------
    entries : sequence of Link or Envelope
    sources : sequence of SourceCodec

    Raises
    ------
    LinksimError
        If no link has a source codec, or one of them has several.
    """
    found: list[Link | Envelope] = []
    for entry in entries:
        if len(entry.source_names) > 1:
            raise LinksimError(f"{entry.name!r} has several source codecs, so that none can take their place")
        found += [_with_source(entry, source) for source in sources] if entry.source_names else [entry]
    if not any(entry.source_names for entry in entries):
        raise LinksimError("no link has a source codec that another could take the place of")
    return _each_once(found)


def _with_source(entry: Link | Envelope, source: SourceCodec) -> Link | Envelope:
    """An entry with another source codec, which its name says; itself where that has the same name."""
    if source.name == entry.source_names[0]:
        return entry
    if isinstance(entry, Envelope):
        other: Link | Envelope = copy.copy(entry)
        other.members = [_with_source(m, source) if m.source_names else m for m in entry.members]
    else:
        other = copy.copy(entry.with_source(source))
    (before,), (after,) = entry.source_names, other.source_names
    other.name, other.tags = _told(entry.name, before, after), dict(entry.tags)
    if "scheme" in entry.tags:
        other.tags["scheme"] = _told(str(entry.tags["scheme"]), before, after)
    return other


def _told(text: str, before: str, after: str) -> str:
    return text.replace(before, after) if before in text or before == after else f"{text}, {after}"


def _each_once(entries: Sequence[Link | Envelope]) -> list[Link | Envelope]:
    """Without those that came of two entries which differed in nothing but their source codec."""
    kept: dict[tuple[str, ...], Link | Envelope] = {}
    for entry in entries:
        links = entry.members if isinstance(entry, Envelope) else [entry]
        kept.setdefault((entry.name, *(link.fingerprint() for link in links)), entry)
    return list(kept.values())
