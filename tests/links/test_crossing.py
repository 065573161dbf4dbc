"""Parts on their way: what they take, what got lost, and when two rows are alike."""

import numpy as np
import pytest

from linksim.codecs import Bits, Bytes
from linksim.errors import LinksimError
from linksim.links.crossing import Crossing


class Bearer:
    """Charges as many channel uses as a string is long, and loses what begins with x."""

    at, noise_identity = None, "one"

    def charges(self, values):
        return {"length": np.array([len(v) for v in values]), "half": np.full(len(values), 0.5)}

    def certain(self, value):
        return value > 0

    def send(self, values, value, keys, start):
        return [None if v.startswith(b"x") else v + bytes([start]) for v in values]


def crossing(rows, value=1.0):
    keys = {"one": np.zeros((rows, 2), np.uint32)}
    return Crossing({Bytes: Bearer(), Bits: Bearer()}, "a link", keys, rows, value)


def test_what_was_taken_and_lost_adds_up_part_by_part():
    """The second part of a row begins behind its own first, beside rows that have come less far."""
    there = crossing(2)
    assert there.send(Bytes, [b"abc", b"x"]) == [b"abc\0", None]
    assert there.send(Bytes, [b"d", b"e"]) == [b"d\x04", b"e\x02"]  # 3.5 and 1.5 are rounded to even
    before, first, second = there.tallies
    assert before.uses.tolist() == [0, 0] and first.delivered.tolist() == second.delivered.tolist() == [True, False]
    assert first.uses.tolist() == [4, 2] and second.uses.tolist() == [5, 3]
    assert set(second.items) == {f"part {i}, bytes: {item}" for i in (1, 2) for item in ("length", "half")}
    assert second.certain
    doubtful = crossing(1, -1.0)
    doubtful.send(Bytes, [b"a"])
    assert [tally.certain for tally in doubtful.tallies] == [True, False]


def test_rows_are_alike_only_if_all_that_arrived_is():
    def digest(*parts):
        there = crossing(1)
        for values in parts:
            there.send(Bytes, [values])
        return there.digest()

    alike = [digest(b"ab", b"c"), digest(b"ab", b"c")]
    others = [digest(b"a", b"bc"), digest(b"ab"), digest(b"x", b"c"), digest(b"lost", b"c"), digest(b"", b"c")]
    assert len(set(alike)) == 1 and len({*alike, *others}) == 6


def test_only_what_was_sent_can_arrive():
    there = crossing(1)
    there.send(Bytes, [b"a"])
    assert there.arrival(1, Bytes) == [b"a\0"]
    for number, kind, sent in ((1, Bits, "Bytes"), (2, Bytes, "nothing")):
        with pytest.raises(LinksimError, match=f"asks for {kind.__name__} as part {number}, and {sent} was sent"):
            there.arrival(number, kind)
