"""Recipes in Python files: `mine.py`, `mine.py:NAME`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.scripts import import_script, split_name
from linksim.training.recipe import Recipe
from linksim.training.recipes import RECIPES, get_recipe

_HOW = "write RECIPE = linksim.training.Recipe(name, codec, ..)"


def find_recipe(text: str) -> Recipe:
    """A recipe by what a command line calls it.

    Parameters
    ----------
    text : str
        Name of a recipe of linksim's; or path of a Python file, with ":NAME" where it has several: NAME is the name of
        a recipe, or that of the variable.

    Raises
    ------
    LinksimError
        If there is no such recipe or file, the file fails, or it has none or several where none was named; or if the
        recipe has no name or no codec.
    """
    file, name = split_name(text)
    if file is None:
        return get_recipe(text)
    found = _assigned(file)
    names = [recipe.name for recipe in found if recipe.name]
    if not name:
        if len(found) > 1:
            such = f", such as {file}:{names[0]}" if names else ""
            raise LinksimError(f"{file} has {len(found)} recipes; name one{such}")
        return _whole(found[0], file)
    if name in names:
        return _whole(next(recipe for recipe in found if recipe.name == name), file)
    value = getattr(import_script(file), name, None)
    if isinstance(value, Recipe):
        return _whole(value, file)
    if value is not None:
        raise LinksimError(f"{name} in {file} is {_kind(value)}, no recipe; {_HOW}")
    raise LinksimError(f"{file} has no recipe {name!r}; it has {', '.join(names) or 'none with a name'}")


def recipes_in(path: Path) -> dict[str, Recipe]:
    """The recipes that a Python file assigns to its variables, alone or in lists and mappings, by their names.

    Those of linksim that it imports are not among them.

    Raises
    ------
    LinksimError
        If the file cannot be imported, or has no recipe, or two of one name, or one without a name or a codec.
    """
    return {recipe.name: _whole(recipe, path) for recipe in _assigned(path)}


def _assigned(path: Path) -> list[Recipe]:
    """The same, also those that nobody could train from here: a script may give `linksim.train` their codecs."""
    known = {id(recipe) for recipe in RECIPES.values()}
    found: dict[int, Recipe] = {}
    for name, value in vars(import_script(path)).items():
        if not name.startswith("_"):
            found |= {id(recipe): recipe for recipe in _recipes(value) if id(recipe) not in known}
    if not found:
        raise LinksimError(f"{path} has no recipes; {_HOW}")
    names = [recipe.name for recipe in found.values() if recipe.name]
    if twice := [name for name in names if names.count(name) > 1]:
        raise LinksimError(f"{path} has two recipes called {twice[0]!r}; give each a name of its own")
    return list(found.values())


def _whole(recipe: Recipe, path: Path) -> Recipe:
    """A recipe of a file, which says all that a training needs."""
    if not recipe.name:
        raise LinksimError(f"a recipe of {path} has no name; give it one, such as 'mine/first', for its folder")
    if recipe.codec == "":
        raise LinksimError(f"recipe {recipe.name!r} of {path} has no codec; give it one, Recipe(name, codec, ..)")
    return recipe


def _recipes(value: Any) -> list[Recipe]:
    if isinstance(value, Recipe):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [item for item in value if isinstance(item, Recipe)]
    return []


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a value of type {type(value).__name__}"
