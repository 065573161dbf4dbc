"""Source codecs by name, and those of a file."""

import sys

import pytest

from linksim.errors import LinksimError
from linksim.source import Jpeg
from linksim.zoo.sources import SOURCES, check_source, source_codec

MINE = """
from linksim.source import Jpeg, SourceCodec
class Coarse(Jpeg):
    name = "coarse"
class Asks(Jpeg):
    def __init__(self, quality): pass
class Fails(Jpeg):
    def __init__(self): {}["none"]
class Nameless(Jpeg):
    name = ""
fine = Jpeg()
number = 3
"""


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "lic"])
def test_those_of_linksim(name):
    assert source_codec(name).name.lower().replace(" ", "-") == name


def test_those_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "own_sources.py"
    path.write_text(MINE)
    assert source_codec(f"{path}:Coarse").name == "coarse" and isinstance(source_codec(f"{path}:fine"), Jpeg)
    for name, said in (("Asks", "name an instance"), ("number", "no source codec"), ("none", "no source codec"),
        ("Fails", "line 8, in Fails: KeyError"), ("Nameless", "no name"),
    ):  # fmt: skip
        with pytest.raises(LinksimError, match=said):
            source_codec(f"{path}:{name}")
    sys.modules.pop("own_sources")


@pytest.mark.parametrize(
    "name, said", [("gif", "bpg-ycgco"), ("mine.py", "mine.py:NAME"), ("none.py:Mine", "no file none.py")]
)
def test_mistakes_are_seen_before_anything_is_loaded(name, said):
    with pytest.raises(LinksimError, match=said):
        check_source(name)
