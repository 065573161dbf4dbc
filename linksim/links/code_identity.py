"""The source text that makes up a class: what a fingerprint hashes, so that an edited codec is another one."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

_HOME = "linksim.codecs"
# What Python notes of a class beside its code: where it stands, in an order that changes.
_NOTES = {"__firstlineno__", "__static_attributes__", "__module__", "__qualname__", "__annotations__"}


def _function(what: Any) -> FunctionType | None:
    """The function behind a method, a property or a decorated function."""
    for inner in ("__func__", "fget", "func"):
        what = getattr(what, inner, what)
    what = inspect.unwrap(what) if callable(what) else what
    return what if inspect.isfunction(what) else None


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (int, float, str, bool))


def _compiled(what: Any) -> Any:
    """A function or a member of a class in values whose `repr` is the same in every process: no addresses, no
    order of sets."""
    if isinstance(what, CodeType):
        return what.co_code, [_compiled(value) for value in what.co_consts], what.co_names
    if isinstance(what, (tuple, list)):
        return [_compiled(value) for value in what]
    if isinstance(what, (set, frozenset)):
        return sorted(repr(_compiled(value)) for value in what)
    if isinstance(what, dict):
        return [(repr(key), _compiled(value)) for key, value in what.items()]
    function = _function(what)
    if function is not None:
        return [_compiled(part) for part in (function.__code__, function.__defaults__, function.__kwdefaults__)]
    plain = what is None or what is ... or isinstance(what, (int, float, complex, str, bytes))
    return what if plain else type(what).__qualname__


def _text(what: Any) -> str:
    """Source of a class or function; where there is none, as in a notebook, a digest of what it was compiled to."""
    try:
        return inspect.getsource(what)
    except (OSError, TypeError):
        members = sorted(vars(what).items()) if inspect.isclass(what) else [("", what)]
        compiled = [(name, _compiled(member)) for name, member in members if name not in _NOTES]
        return hashlib.sha256(repr(compiled).encode()).hexdigest()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def _uses(what: Any, mine: Callable[[str], bool]) -> Iterator[tuple[str, str, Any]]:
    """(module, name, value) of every global that the code of `what` names, as `name` or as `module.name`."""
    members = vars(what).values() if inspect.isclass(what) else [what]
    for function in filter(None, map(_function, members)):
        names, module = sorted(set(_names(function.__code__))), function.__globals__
        for name in names:
            value = module.get(name)
            yield module["__name__"], name, value
            if isinstance(value, ModuleType) and mine(value.__name__):
                yield from ((value.__name__, inner, getattr(value, inner, None)) for inner in names)


def source_of(kind: type) -> dict[str, str]:
    """The text of a class, of its base classes, of the helpers that they call and the constants that they
    name, by qualified name.

    What belongs to it: what is defined in `linksim.codecs`, or in the package or module of `kind`.
    Keras and TensorFlow do not; they are pinned.
    """
    homes = {_HOME} if kind.__module__.startswith("linksim.") else {_HOME, kind.__module__.split(".")[0]}

    def mine(module: str) -> bool:
        return any(module == home or module.startswith(f"{home}.") for home in homes)

    found: dict[str, str] = {}
    waiting: list[Any] = [kind]
    while waiting:
        what = waiting.pop()
        if not (inspect.isclass(what) or inspect.isfunction(what)):
            continue
        name = f"{what.__module__}.{what.__qualname__}"
        if name in found or not (what is kind or mine(str(what.__module__))):
            continue
        found[name] = _text(what)
        waiting.extend(getattr(what, "__bases__", ()))
        for module, own, value in _uses(what, mine):
            waiting.append(value)
            if _is_constant(value) and mine(module) and not own.startswith("__"):
                found[f"{module}.{own}"] = repr(value)
    return found
