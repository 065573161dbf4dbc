"""Draws that take unlike numbers of channel uses."""

import numpy as np
import pytest
from harness_fakes import FakeLink, picture_set

from linksim.errors import LinksimError
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.montecarlo import Sweep


class Retransmitting(FakeLink):
    """Every second draw takes a second transmission."""

    def __init__(self, uses=(10, 20)):
        super().__init__("again")
        self.uses = uses

    def transmit(self, pictures, value, draws, seed=0):
        one = np.arange(len(pictures))
        outcomes = []
        for odd in (0, 1):
            count = len([d for d in draws if d % 2 == odd])
            pixels = np.stack([p.pixels // 2 for p in pictures])
            uses = np.full(len(one), self.uses[odd])
            outcomes.append(Outcomes(one, np.full(len(one), count), np.ones(len(one), bool), pixels, None, uses))
        return Reception([outcomes], [[Bandwidth(20)] * len(one)])


def test_the_bandwidth_ratio_is_the_mean_over_draws(tmp_path):
    result = Sweep("s", [Retransmitting()], picture_set(), [0], max_draws=4, out=tmp_path).run()
    assert result.rows[0].cbr == pytest.approx(15 / picture_set()[0].pixels.size)


@pytest.mark.parametrize("uses", [(10, -1), (10.5, 20.0)])
def test_channel_uses_that_make_no_sense_are_named(tmp_path, uses):
    with pytest.raises(LinksimError, match="channel uses that are not integers from 0 up"):
        Sweep("s", [Retransmitting(uses)], picture_set(), [0], max_draws=4, out=tmp_path).run()
