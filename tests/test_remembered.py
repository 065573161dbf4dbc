"""What is kept in memory, and what has to go."""

from __future__ import annotations

import pickle

import numpy as np

from linksim.remembered import Remembered


def test_made_once_while_it_fits():
    made = []

    def make(name: str, size: int) -> bytes:
        made.append(name)
        return bytes(size)

    kept = Remembered(100)
    for name in "abab":
        kept(name, lambda name=name: make(name, 40))
    assert made == ["a", "b"]
    kept("a", lambda: make("a", 40))
    kept("c", lambda: make("c", 40))  # b was asked for longest ago
    kept("a", lambda: make("a", 40))
    assert made == ["a", "b", "c"]
    kept("b", lambda: make("b", 40))
    assert made == ["a", "b", "c", "b"]


def test_one_result_may_be_larger_than_the_room():
    kept = Remembered(8)
    assert kept("large", lambda: [b"x" * 5, np.zeros(4)])[0] == b"x" * 5
    assert kept("large", lambda: None)[0] == b"x" * 5
    kept("small", lambda: b"y")
    assert kept("large", lambda: b"again") == b"again"


def test_a_copy_for_another_process_begins_with_none():
    kept = Remembered(100)
    kept("a", lambda: b"first")
    assert pickle.loads(pickle.dumps(kept))("a", lambda: b"second") == b"second"
