"""The reference of the API is complete: every public name stands on a page, every argument is documented."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import linksim

API = Path(linksim.__file__).parents[1] / "docs" / "api"
PACKAGES = sorted(page.stem for page in API.glob("*.md") if page.stem != "index")
LISTED = re.findall(
    r"^\.\. auto(?:class|function)::? ([\w.]+)$", "\n".join(page.read_text() for page in API.glob("*.md")), re.MULTILINE
)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_in_the_reference(package):
    module = importlib.import_module(f"linksim.{package}")
    page = (API / f"{package}.md").read_text(encoding="utf-8")
    elsewhere = (API.parent / "api").glob("*.md")
    text = page + "".join(other.read_text(encoding="utf-8") for other in elsewhere)
    for name in module.__all__:
        if not inspect.ismodule(getattr(module, name)):
            assert re.search(rf"^\.\. auto\w+:: linksim\.[\w.]*\b{name}$", text, re.MULTILINE), name


INHERITED = ("name", "about", "dtype", "args", "kwargs")
"""Arguments that Keras, or the base class of codecs, documents."""


def members(path: str):
    """A function; or a class: its constructor, and public methods with a docstring that override nothing."""
    module, _, name = path.rpartition(".")
    thing = getattr(importlib.import_module(module), name)
    if not inspect.isclass(thing):
        return [(path, thing, inspect.getdoc(thing) or "")]
    own = [(path, thing.__init__, inspect.getdoc(thing) or "")] if "__init__" in vars(thing) else []
    above = {key for kind in thing.__mro__[1:] for key in vars(kind)}
    methods = [
        (f"{path}.{key}", value, value.__doc__)
        for key, value in vars(thing).items()
        if inspect.isfunction(value) and not key.startswith("_") and value.__doc__ and key not in above
    ]
    return own + methods


@pytest.mark.parametrize("path", sorted(set(LISTED)))
def test_every_argument_is_documented(path):
    """By name, in a section of the docstring or in its text."""
    lacking = [
        f"{name}: {argument}"
        for name, thing, said in members(path)
        for argument in inspect.signature(thing).parameters
        if argument not in ("self", "cls", *INHERITED) and not argument.startswith("_")
        if not re.search(rf"\b{argument}\b", said)
    ]
    assert not lacking
