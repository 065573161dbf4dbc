"""What the functions of a codec ask for, by their signatures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter

from linksim.errors import LinksimError

ALL = ("snr_db", "size")
"""What a decoder may be told beside the symbols."""

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def snr_is_told(encode: Callable) -> bool:
    """Whether an encoder must be given two arguments: the pictures and the SNR.

    Raises
    ------
    LinksimError
        If it takes no pictures, or something that nobody has.
    """
    parameters = _parameters(encode)
    if parameters is None:
        return False
    taken = [p for p in parameters if p.kind in _POSITIONAL]
    if not taken and not _takes_any(parameters):
        raise LinksimError("encode takes no argument; give it the pictures: encode(pictures)")
    needed = [p for p in taken if p.default is p.empty]
    others = [p.name for p in needed[1:]]
    if "snr_db" in others:
        others.remove("snr_db")
    elif others and not (others[0] == "size" and _has_names(encode, needed[1:])):
        del others[0]  # the SNR, by its place
    others += [f"{p.name} by keyword" for p in _by_keyword_only(parameters)]
    if others:
        raise LinksimError(
            f"encode takes {', '.join(others)}, which nobody gives it; use encode(pictures) or encode(pictures, snr_db)"
        )
    return len(needed) == 2


def told(decode: Callable) -> tuple[tuple[str, ...], bool]:
    """What a decoder takes beside the symbols, SNR and size, one of them, or neither; and whether by keywords.

    Arguments that are called `snr_db` and `size` are given that, in any order, beside others with values of their own.
    Two arguments of other names are told by their places: the SNR, then the size. A single one of another name may be
    either, and is refused, unless its name is not the user's to choose: positional only, or of a `functools.partial`.

    Raises
    ------
    LinksimError
        If it takes no symbols, something that nobody has, or something that may be either.
    """
    parameters = _parameters(decode)
    if parameters is None:
        return ALL, False
    if _takes_any(parameters):
        _refuse([p.name for p in _by_keyword_only(parameters)])
        return ALL, False
    taken = [p for p in parameters if p.kind in _POSITIONAL]
    if not taken:
        raise LinksimError("decode takes no argument; give it the symbols: decode(symbols, snr_db, size)")
    # What a partial has bound to a name stays bound.
    known = () if isinstance(decode, functools.partial) else ALL
    others, by_keyword = taken[1:], _by_keyword_only(parameters, known)
    named = [p.name for p in others if p.name in ALL and p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    named += [p.name for p in by_keyword if p.name in ALL]
    needed = [p.name for p in [*others, *by_keyword] if p.default is p.empty and p.name not in named]
    if named and not needed:
        return tuple(name for name in ALL if name in named), True
    by_place = dict(zip((p.name for p in others), ALL, strict=False))
    if len(needed) > 2 or any(by_place.get(name) != name for name in named) or set(needed) - set(by_place):
        _refuse(needed)
    if not needed and len(others) < 2:
        return (), False
    if _has_names(decode, others) and not named and len(needed) < 2:
        names = " and ".join(p.name for p in others)
        raise LinksimError(
            f"decode takes {names}, and its names do not say what that is; call what it is to be told snr_db or size: "
            "decode(symbols), decode(symbols, snr_db), decode(symbols, size) or decode(symbols, snr_db, size)"
        )
    return ALL[: len(others)], False


def _parameters(function: Callable) -> list[Parameter] | None:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a built-in, which does not say
        return None


def _has_names(function: Callable, parameters: Sequence[Parameter]) -> bool:
    """Whether who wrote the function could say by the names of these what they are."""
    with_names = all(p.kind is Parameter.POSITIONAL_OR_KEYWORD for p in parameters)
    return with_names and not isinstance(function, functools.partial)


def _takes_any(parameters: Sequence[Parameter]) -> bool:
    return any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)


def _by_keyword_only(parameters: Sequence[Parameter], known: Sequence[str] = ()) -> list[Parameter]:
    """Those that have no value of their own, or one of these names."""
    of_kind = [p for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
    return [p for p in of_kind if p.default is p.empty or p.name in known]


def _refuse(names: Sequence[str]) -> None:
    if names:
        raise LinksimError(f"decode takes {', '.join(names)}, which nobody gives it; use decode(symbols, snr_db, size)")
