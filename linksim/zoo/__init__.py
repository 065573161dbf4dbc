"""Named pretrained weights, each with its card."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "names": "catalog",
    "load": "catalog",
    "find": "catalog",
    "Card": "card",
    "read_card": "card",
    "export": "export",
    "golden_output": "export",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    # Listing names must not wait for Keras.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
