"""A picture through a channel and back: analog, separation, capacity."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "AnalogLink": "analog",
    "Bandwidth": "base",
    "BestOf": "best_of",
    "CapacityLink": "capacity",
    "Envelope": "base",
    "Link": "base",
    "MemberPoint": "base",
    "Outcomes": "base",
    "Reception": "base",
    "SeparationLink": "separation",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
