"""The source text that makes up a class: what a fingerprint hashes, so that an edited codec is another one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

_HOME = "linksim.codecs"


def _text(what: Any) -> str:
    """Source of a class or function; nothing where there is no file."""
    try:
        return inspect.getsource(what)
    except (OSError, TypeError):
        return ""


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def _uses(what: Any) -> Iterator[Any]:
    """Base classes, and every class and function that the code of `what` calls by a global name."""
    if inspect.isclass(what):
        yield from what.__bases__
    methods = list(vars(what).values()) if inspect.isclass(what) else [what]
    module = vars(sys.modules.get(what.__module__, sys))
    for method in methods:
        code = getattr(inspect.unwrap(getattr(method, "__func__", method)), "__code__", None)
        if code is not None:
            yield from (module[name] for name in _names(code) if name in module)


def source_of(kind: type) -> dict[str, str]:
    """The text of a class, of its base classes and of the helpers that they call, by qualified name.

    What belongs to it: what is defined in `linksim.codecs`, or in the package or module of `kind`.
    Keras and TensorFlow do not; they are pinned.
    """
    homes = {_HOME} if kind.__module__.startswith("linksim.") else {_HOME, kind.__module__.split(".")[0]}
    found: dict[str, str] = {}
    waiting: list[Any] = [kind]
    while waiting:
        what = waiting.pop()
        if not (inspect.isclass(what) or inspect.isfunction(what)):
            continue
        name = f"{what.__module__}.{what.__qualname__}"
        mine = what is kind or any(what.__module__ == home or what.__module__.startswith(f"{home}.") for home in homes)
        if mine and name not in found:
            found[name] = _text(what)
            waiting.extend(_uses(what))
    return found
