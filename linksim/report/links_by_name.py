"""Only some links, chosen by parts of their names: what `--links` means to a sweep, a figure and a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.messages import tell
from linksim.report.figures import Curves, Figure, Preferences
from linksim.report.folder import COLUMNS, ResultFolder, read, read_run
from linksim.report.rows import Tags
from linksim.report.tex import plain


def link_texts(option: str) -> list[str]:
    """The texts of the option, each once.

    Parameters
    ----------
    option : str
        Texts with commas between them.

    Raises
    ------
    LinksimError
        If one is empty: every name has that in it.
    """
    texts = [text.strip() for text in option.split(",")]
    if not all(texts):
        raise LinksimError(f"--links {option!r} has an empty text; give parts of names, such as bpg,deepjscc")
    return list(dict.fromkeys(texts))


def named(tags: Mapping[str, Tags], option: str, offered: Collection[str]) -> set[str]:
    """The links that have one of the texts in their name or their tag "scheme"; capitals do not count.

    Names have commas in them: where some link has the whole of the option in its name, that is the one text. A line
    says which texts no link has.

    Parameters
    ----------
    tags : mapping of link to its tags
        All links and envelopes, members included.
    option : str
        As `link_texts` takes it.
    offered : collection of str
        The names that a message lists.

    Raises
    ------
    LinksimError
        If a text is empty, or no link has any of them.
    """
    texts = link_texts(option)
    said = {name: f"{name}\n{plain(name)}\n{of.get('scheme', '')}".casefold() for name, of in tags.items()}

    def having(text: str) -> set[str]:
        return {name for name, what in said.items() if text.strip().casefold() in what}

    if whole := having(option):
        return whole
    of_text = {text: having(text) for text in texts}
    if not any(of_text.values()):
        raise LinksimError(f"--links {option}: no link is called so; take parts of {'; '.join(offered)}")
    for text, found in of_text.items():
        if not found:
            tell(f"--links: no link has {text!r} in its name")
    return set.union(*of_text.values())


def figures_of_some(figures: Sequence[Figure], every: Mapping[str, Tags], kept: Mapping[str, Tags]) -> list[Figure]:
    """The figures of all links as they can be drawn of some; lines say which cannot.

    A link whose colour was that of one which is not there has a colour of its own. Curves along a tag that none of the
    links has are left out, and so is a study, which is of the links that it compared.

    Parameters
    ----------
    figures : sequence of figures
    every, kept : mapping of link to its tags
        Members of envelopes included.
    """
    names = {*kept, *(str(of["scheme"]) for of in kept.values() if "scheme" in of)}
    lost = {tag for of in every.values() for tag in of}.difference(COLUMNS, *kept.values())
    found: list[Figure] = []
    for figure in figures:
        if isinstance(figure, Preferences):
            tell(f"{figure.file_name} is of all links of a study, and left out")
            continue
        if isinstance(figure, Curves):
            if figure.x in lost:
                tell(f"no link of these has the tag {figure.x!r}, so {figure.file_name} is left out")
                continue
            both = {link: like for link, like in figure.variants.items() if {link, like} <= names}
            figure = dataclasses.replace(figure, variants=both, split="auto" if figure.split in lost else figure.split)
        found.append(figure)
    return found


def read_some(folder: str | Path, links: str | None) -> ResultFolder:
    """Take in a finished result folder, with only some of its links where the option is given.

    Parameters
    ----------
    folder : path
    links : str, optional
        As `link_texts` takes it.

    Raises
    ------
    LinksimError
        If a file is missing or damaged, a text is empty, or no link has any of them.
    """
    if links is None:
        return read(folder)
    link_texts(links)  # before the folder is read
    return some_links(read(folder), links)


def some_links(result: ResultFolder, links: str) -> ResultFolder:
    """A result folder with only some of its links: those that have one of the texts in their name or scheme.

    A chosen envelope keeps its members, as such; a member alone is a link like any other. Published points stay.

    Parameters
    ----------
    result : ResultFolder
    links : str
        As `link_texts` takes it.

    Raises
    ------
    LinksimError
        If a text is empty, or no link has any of them.
    """
    rows = result.rows
    tags = {str(name): rows.tags.get(str(name), {}) for name in dict.fromkeys(rows.table["link"])}
    found = named(tags, links, [name for name in tags if name not in rows.members])
    alone = found - rows.members
    said = read_run(result.path).get("envelopes") or {}
    envelopes = {
        # those that the sweep names for themselves, too, are no members in `rows`
        name: [member for member in said.get(name, {}).get("members", members) if member not in alone]
        for name, members in rows.envelopes.items()
        if name in found
    }
    members = {member for of in envelopes.values() for member in of}
    kept = {name: of for name, of in tags.items() if name in found or name in members}
    shown = rows.table[rows.table["link"].isin(list(kept))]
    received = [p for p in result.received if not p.link or p.link in kept]
    return dataclasses.replace(
        result,
        rows=dataclasses.replace(rows, table=shown, tags=kept, envelopes=envelopes),
        figures=None if result.figures is None else figures_of_some(result.figures, tags, kept),
        received=received if any(p.link and p.link not in members for p in received) else [],
    )
