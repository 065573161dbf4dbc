"""Recipes, and the loop that trains them on any Keras backend."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {"Recipe": "recipe", "RECIPES": "recipes", "get_recipe": "recipes", "Training": "loop", "Progress": "loop", "train": "run"}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
