"""Source codecs by name, as options and scenarios say them: those of linksim, and those of a file of one's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial

from linksim.errors import LinksimError
from linksim.scripts import check_file, code_of_others, import_script, split_name
from linksim.source import Bpg, Jpeg, Jpeg2000, SourceCodec
from linksim.zoo.lic import Lic

SOURCES: Mapping[str, Callable[[], SourceCodec]] = {
    "bpg": Bpg,
    "bpg-ycgco": partial(Bpg, colour="ycgco"),
    "jpeg": Jpeg,
    "jpeg2000": Jpeg2000,
    "lic": Lic,
}
"""Name -> what makes it."""


def check_source(name: str) -> None:
    """See that there is such a source codec, or such a file, before anything is loaded.

    Parameters
    ----------
    name : str
        A key of `SOURCES`, or "mine.py:NAME" for a class or an instance in a file of one's own.

    Raises
    ------
    LinksimError
        If there is not.
    """
    path, inside = split_name(name)
    if path is None:
        if name not in SOURCES:
            raise LinksimError(f"no source codec {name!r}; take one of {', '.join(SOURCES)}, or FILE.py:NAME of yours")
    elif not inside:
        raise LinksimError(f"{name} says no codec; write {name}:NAME with the name of a SourceCodec in it")
    else:
        check_file(path)


def source_codec(name: str) -> SourceCodec:
    """The source codec of a name.

    Parameters
    ----------
    name : str
        As `check_source` takes it.

    Raises
    ------
    LinksimError
        If there is none, its file fails, or it is no `SourceCodec`.
    """
    check_source(name)
    path, inside = split_name(name)
    if path is None:
        return SOURCES[name]()
    found = getattr(import_script(path), inside, None)
    if inspect.isclass(found) and issubclass(found, SourceCodec):
        if inspect.isabstract(found):
            missing = ", ".join(sorted(found.__abstractmethods__))
            raise LinksimError(f"{name} lacks {missing}; define what a SourceCodec needs")
        try:
            inspect.signature(found).bind()
        except TypeError as error:
            raise LinksimError(f"{name} cannot be made without arguments ({error}); name an instance") from None
        with code_of_others(inside):
            found = found()
    if not isinstance(found, SourceCodec):
        raise LinksimError(f"{path} has no source codec {inside!r}; name a SourceCodec, a class or an instance")
    with code_of_others(inside):
        if not (found.name and len(found.qualities) and found.fingerprint()):
            raise LinksimError(f"{name} has no name, no qualities or no fingerprint; define all three")
    return found
