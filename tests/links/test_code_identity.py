"""Facts about what tells the code of two codecs apart."""

import os
import subprocess
import sys

import pytest

from linksim.codecs import DeepJsccGdn
from linksim.links.code_identity import source_of

TYPED = """
class Codec:
    names = {"a", "b", "c"}

    @property
    def width(self):
        return 3

    def encode(self, x, scale=2):
        inner = lambda y: y in ("p", "q") or y in {"r", "s", "t"}
        return [helper(v) for v in x if inner(v)]

def helper(x):
    return x * 0.5 + OFFSET

OFFSET = 1
"""


def typed(text, module="__main__"):
    """A class as if typed into a notebook: there is no file to read."""
    scope = {"__name__": module}
    exec(compile(text, "<typed>", "exec"), scope)
    return source_of(scope["Codec"])


def test_a_class_without_source_is_known_by_what_it_was_compiled_to():
    code = typed(TYPED)
    assert set(code) == {"__main__.Codec", "__main__.helper", "__main__.OFFSET"} and all(code.values())
    assert typed(TYPED) == code
    assert typed("\n\n" + TYPED) == code


@pytest.mark.parametrize(
    "old, new",
    [
        ("return 3", "return 4"),
        ("scale=2", "scale=3"),
        ('"q"', '"z"'),
        ('"t"', '"z"'),
        ("if inner(v)", "if not inner(v)"),
        ("x * 0.5", "x * 0.25"),
        ("x * 0.5 +", "x * 0.5 -"),
        ("OFFSET = 1", "OFFSET = 2"),
        ('"b", "c"}', '"b", "d"}'),
    ],
)
def test_an_edit_of_typed_code_shows(old, new):
    assert old in TYPED
    assert typed(TYPED.replace(old, new)) != typed(TYPED)


def test_typed_code_is_the_same_in_every_process():
    """Whatever the order of sets, and wherever code lies in memory."""
    script = f"from linksim.links.code_identity import source_of\nexec({TYPED!r})\n"
    script += "print(sorted(source_of(Codec).items()))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1 and "__main__.OFFSET" in outputs.pop()


def test_constants_that_the_code_names_belong_to_it(monkeypatch):
    """A constant of GDN, which the codec reaches through two helpers."""
    before = source_of(DeepJsccGdn)
    assert before["linksim.codecs.layers.gdn._BETA_MIN"] == "1e-06"
    monkeypatch.setattr("linksim.codecs.layers.gdn._BETA_MIN", 1e-5)
    after = source_of(DeepJsccGdn)
    assert {name for name in before if before[name] != after[name]} == {"linksim.codecs.layers.gdn._BETA_MIN"}


def test_helpers_and_constants_are_found_through_their_module():
    """`gdn.Gdn` and `gdn._PEDESTAL` as well as `Gdn`."""
    text = "from linksim.codecs.layers import gdn\nclass Codec:\n"
    text += "    def encode(self, x): return gdn.Gdn()(x) + gdn._PEDESTAL\n"
    code = typed(text)
    assert "class Gdn" in code["linksim.codecs.layers.gdn.Gdn"] and code["linksim.codecs.layers.gdn._PEDESTAL"]
    assert not any(name.startswith("keras") for name in code)
