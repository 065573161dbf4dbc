"""The attack with small counts, so that it runs with all other tests; `python -m tests.attack` has the large ones."""

import sys

import pytest

from linksim.cli import app as cli
from linksim.source import Jpeg
from tests.attack import commands, stored, streams
from tests.attack.__main__ import in_its_own_process
from tests.attack.trial import mutated, tried

COUNT = 200


@pytest.mark.parametrize(
    "attack",
    [streams.bpg, streams.jpeg, streams.jpeg2000, streams.files, stored.stores, stored.weights],
    ids=lambda attack: attack.__name__,
)
def test_every_try_ends_in_a_result_or_in_one_line(attack):
    outcome = attack(COUNT, seed=11)
    assert outcome.held, outcome.broken
    assert outcome.tries == COUNT and outcome.results > 0 and outcome.refused > 0


def test_learned_streams_end_in_a_picture_or_in_one_line():
    outcome = in_its_own_process("lic", COUNT, seed=11)  # where Keras runs on NumPy: with TensorFlow it takes minutes
    assert outcome.held, outcome.broken
    assert outcome.results > 0 and outcome.refused > 0


def test_the_attack_sees_what_breaks():
    """A decoder that fails in another way than by a LinksimError, or gives no picture, does not hold."""

    class Careless(Jpeg):
        def decode(self, data, max_pixels=0):
            return [][1]

    import numpy as np

    rng = np.random.default_rng(0)
    stream = Jpeg().encode_at(streams.picture(), 50)
    assert not tried(3, lambda: Careless().decode(mutated(stream, rng))).held
    assert not tried(3, lambda: streams._is_picture(np.zeros(3), 9)).held
    assert not tried(0, lambda: None).held


@pytest.mark.parametrize("arguments", commands.WRONG, ids=lambda arguments: " ".join(arguments)[:40])
def test_a_wrong_invocation_is_one_line_and_loads_nothing_slow(arguments, tmp_path, monkeypatch, capfd):
    """TensorFlow, Keras and numba take seconds to load, and a slip is said before."""
    if arguments[1:3] == ("quickstart", "--cluster"):
        pytest.importorskip("distributed")
    commands.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    loaded = _without(monkeypatch)
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    assert commands.said_rightly(end.value.code, capfd.readouterr().err) is None
    assert loaded() == []


def _without(monkeypatch):
    """Forget what is loaded already of what is slow; a function that says what of it was loaded since."""

    class Watch:
        def __init__(self):
            self.found = []

        def find_spec(self, name, path=None, target=None):
            if name in commands.SLOW:
                self.found.append(name)

    watch = Watch()
    for name in commands.SLOW:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [watch, *sys.meta_path])
    return lambda: watch.found
