"""What a `run.json` may hold: its keys, and of which kind their values are.

Nothing has to be there, and nothing more is refused: older versions of linksim wrote less, newer ones may write more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from linksim import metrics
from linksim.errors import LinksimError

_Check = Callable[[object], bool]


def _is(*kinds: type) -> _Check:
    return lambda value: type(value) in kinds  # `isinstance` takes true and false for whole numbers


_TEXT, _WHOLE, _NUMBER, _NAMES_TO_ANYTHING = _is(str), _is(int), _is(int, float), _is(dict)


def _list_of(check: _Check) -> _Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _each(check: _Check, name: _Check = _TEXT) -> _Check:
    """An object with values of one kind, under names that nobody knows beforehand."""
    return lambda value: isinstance(value, dict) and all(name(n) and check(v) for n, v in value.items())


def _fields(**checks: _Check) -> _Check:
    """An object of which some values are known; any of them may be missing or null."""
    return lambda value: (
        isinstance(value, dict) and all(value.get(n) is None or check(value[n]) for n, check in checks.items())
    )


def _axis_value(text: object) -> bool:
    try:
        return math.isfinite(float(str(text)))
    except ValueError:
        return False


_KEYS: Mapping[str, _Check] = {
    "scenario": _TEXT,
    "command": _TEXT,
    "versions": _each(_TEXT),
    "pictures": _fields(set=_TEXT, count=_WHOLE, sha256=_TEXT),
    "axis": _fields(name=_TEXT, label=_TEXT),
    "metrics": _each(_fields(higher_is_better=_is(bool))),
    "seed": _WHOLE,
    "ci_half_width_db": _NUMBER,
    "max_draws": _WHOLE,
    "links": _each(
        _fields(fingerprint=_TEXT, tags=_each(_is(str, int, float)), models=_list_of(_TEXT), weights=_NAMES_TO_ANYTHING)
    ),
    "fingerprints": _each(_TEXT),
    "stopped": _each(_NAMES_TO_ANYTHING),
    "envelopes": _each(_fields(members=_list_of(_TEXT), chosen=_each(_list_of(_TEXT), _axis_value))),
    "figures": _list_of(_NAMES_TO_ANYTHING),
    "reference": _TEXT,
    "runs": _list_of(_NAMES_TO_ANYTHING),
    "superseded": _fields(why=_TEXT),
}


def checked(run: object, path: Path) -> dict[str, Any]:
    """The content of a `run.json`, if it is of the kinds that runs write.

    Parameters
    ----------
    run : object
        As read.
    path : Path
        What the message calls it.

    Raises
    ------
    LinksimError
        If a value is of another kind.
    """
    if not isinstance(run, dict):
        raise LinksimError(f"{path} does not describe a run; run the scenario again")
    for key, check in _KEYS.items():
        if run.get(key) is not None and not check(run[key]):
            said = repr(run[key])
            raise LinksimError(
                f"{path} is damaged (no run writes {key!r} as {said if len(said) <= 80 else said[:77] + '..'}); "
                "run the scenario again"
            )
    return run


def higher_is_better(metric: str, run: Mapping[str, Any]) -> bool | None:
    """Whether high values of a metric are better; None where neither is, or nobody says.

    Parameters
    ----------
    metric : str
    run : mapping
        The content of a `run.json`, which says it of metrics that are not linksim's own.
    """
    if metric in metrics.names():
        return metrics.get(metric).higher_is_better
    return ((run.get("metrics") or {}).get(metric) or {}).get("higher_is_better")
