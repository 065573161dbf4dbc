"""Two things have one fingerprint exactly if they give the same."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from linksim.identity import Identified, digest, digest_bytes, fingerprint


class Part:
    def __init__(self, size: int):
        self.size = size

    def fingerprint(self) -> str:
        return fingerprint("part", 1, size=self.size)


def test_every_ingredient_counts():
    made = [
        fingerprint("link", 1, size=2),
        fingerprint("lunk", 1, size=2),
        fingerprint("link", 2, size=2),
        fingerprint("link", 1, size=3),
        fingerprint("link", 1, size="2"),
        fingerprint("link", 1, sise=2),
        fingerprint("link", 1),
    ]
    assert len(set(made)) == len(made) and all(len(each) == 64 for each in made)


def test_order_of_names_does_not_count():
    assert fingerprint("link", 1, a=1, b=[2, 3]) == fingerprint("link", 1, b=(2, 3), a=1)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


def test_parts_are_composed():
    """A change deep inside is a change of the whole."""

    def whole(size: int) -> str:
        return fingerprint("whole", 1, parts=[{"inner": Part(size)}])

    assert whole(1) == whole(1) != whole(2)
    assert isinstance(Part(1), Identified)


def test_fractions_and_floats_are_told_apart_from_their_rounding():
    assert digest(Fraction(1, 3)) != digest(1 / 3)
    assert digest(0.1 + 0.2) != digest(0.3)
    assert len({digest(value) for value in (None, False, 0, "", [])}) == 5


@pytest.mark.parametrize("value", [object(), np.zeros(3), b"bytes", {1, 2}, 1 + 2j])
def test_what_has_no_stable_form_is_refused(value):
    """Rather than hashed by an address in memory or by a rounded print."""
    with pytest.raises(TypeError, match="fingerprint"):
        fingerprint("link", 1, part=value)


def test_a_class_is_no_part():
    """It has the method, but is not the thing."""
    with pytest.raises(TypeError):
        digest(Part)


def test_bytes_are_hashed_in_a_row():
    assert digest_bytes([b"ab", memoryview(b"c")]) == digest_bytes([b"abc"])
    assert digest_bytes([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_another_process_gives_the_same():
    """Nothing depends on Python's own hash, which is salted per process."""
    code = "from linksim.identity import fingerprint; print(fingerprint('a', 1, b={'x': 1, 'y': [2.5, None]}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == fingerprint("a", 1, b={"x": 1, "y": [2.5, None]})


def test_fingerprints_of_stored_results_stay_valid():
    """A change of the rule itself would make every result on disk stale."""
    expected = "cca63904"
    assert fingerprint("golden", 1, number=1, text="a", ratio=Fraction(1, 16), none=None)[:8] == expected
