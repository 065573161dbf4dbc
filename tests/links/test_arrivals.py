"""What a receiver shows of what arrived, forged payloads among it."""

import numpy as np
import pytest

from linksim.images import Picture
from linksim.links.arrivals import END, Arrivals, Receiver
from linksim.links.base import Bandwidth
from linksim.source import Jpeg, RdCurves


@pytest.fixture(scope="module")
def picture():
    return Picture("slope", np.broadcast_to(np.arange(0, 240, 10, np.uint8)[:, None, None], (24, 16, 3)).copy())


def receiver(picture, bandwidth=None):
    return Receiver(RdCurves(Jpeg()), "jpeg", picture, 50, "mid-grey", bandwidth)


def test_draws_alike_are_one_outcome(picture):
    delivered, transmissions = np.array([True, True, False, True, False]), np.array([1, 2, 2, 1, 2])
    made = receiver(picture, Bandwidth(10, {"picture stream": 7.0, "parity": 3.0})).outcomes(
        4, Arrivals(delivered, transmissions, {})
    )
    shown = [(int(o.picture[0]), int(o.count[0]), bool(o.delivered[0]), int(o.channel_uses[0])) for o in made]
    assert shown == [(4, 2, True, 10), (4, 1, True, 20), (4, 2, False, 20)]
    assert made[0].keys == made[1].keys == ["jpeg:50"]
    assert {item: float(uses[0]) for item, uses in made[1].items.items()} == {
        "picture stream": 7.0, "parity": 3.0, "retransmissions": 10.0,
    }  # fmt: skip


def test_where_draws_do_not_differ_the_picture_says_what_it_took(picture):
    (outcomes,) = receiver(picture).outcomes(0, Arrivals.of_one(np.ones(3, bool)))
    assert outcomes.channel_uses is None and outcomes.items is None


def test_a_forged_payload_is_decoded_and_shown_if_it_is_a_picture_of_that_size(picture):
    """The CRC passed, so the receiver takes it for true; it has no name under which a metric may be remembered."""
    other = Picture("grey", np.full((24, 16, 3), 60, np.uint8))
    smaller = Jpeg().encode_at(other.pixels[:8], 50)
    payloads = {1: Jpeg().encode_at(other.pixels, 50) + END + b"\0\0", 2: b"\x17" * 40, 3: smaller + END}
    arrivals = Arrivals(np.ones(5, bool), np.ones(5, np.int64), payloads)
    made = receiver(picture).outcomes(0, arrivals)
    assert [(int(o.count[0]), bool(o.delivered[0])) for o in made] == [(2, True), (1, True), (1, False), (1, False)]
    assert made[1].keys is None and abs(made[1].load_pixels()[0].astype(int) - 60).max() <= 2
    assert np.all(made[2].load_pixels() == 128)
