"""Draws that take unlike numbers of channel uses."""

import csv

import numpy as np
import pytest
from harness_fakes import FakeLink, picture_set

from linksim.errors import LinksimError
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.montecarlo import Sweep


class Retransmitting(FakeLink):
    """Every second draw takes a second transmission."""

    def __init__(self, uses=(10, 20), items=None):
        super().__init__("again")
        self.uses, self.items = uses, items

    def transmit(self, pictures, value, draws, seed=0):
        one = np.arange(len(pictures))
        outcomes = []
        for odd in (0, 1):
            count = len([d for d in draws if d % 2 == odd])
            pixels = np.stack([p.pixels // 2 for p in pictures])
            uses = np.full(len(one), self.uses[odd])
            items = None if self.items is None else self.items[odd](uses)
            all_arrived = np.ones(len(one), bool)
            outcomes.append(Outcomes(one, np.full(len(one), count), all_arrived, pixels, None, uses, items=items))
        return Reception([outcomes], [[Bandwidth(20)] * len(one)])


def test_the_bandwidth_ratio_is_the_mean_over_draws(tmp_path):
    result = Sweep("s", [Retransmitting()], picture_set(), [0], max_draws=4, out=tmp_path).run()
    assert result.rows[0].cbr == pytest.approx(15 / picture_set()[0].pixels.size)


def test_what_they_were_spent_on_is_the_mean_over_draws_too(tmp_path):
    """Four draws, of which two are sent again."""
    items = [lambda uses: {"first": uses}, lambda uses: {"first": uses / 2, "again": uses / 2}]
    Sweep("s", [Retransmitting(items=items)], picture_set(), [0], max_draws=4, out=tmp_path).run()
    with (tmp_path / "bandwidth.csv").open(newline="") as file:
        spent = {line["item"]: (float(line["channel_uses"]), float(line["share"])) for line in csv.DictReader(file)}
    assert spent == {
        "first": (pytest.approx(10), pytest.approx(2 / 3, abs=1e-6)),
        "again": (pytest.approx(5), pytest.approx(1 / 3, abs=1e-6)),
    }


def test_draws_that_do_not_say_what_they_were_spent_on_are_left_out(tmp_path):
    Sweep("s", [Retransmitting()], picture_set(), [0], max_draws=4, out=tmp_path).run()
    assert not (tmp_path / "bandwidth.csv").exists()


def test_items_of_another_number_than_the_outcomes_are_named(tmp_path):
    items = [lambda uses: {"first": uses[:1]}] * 2
    with pytest.raises(LinksimError, match="items of its channel uses that are not 3"):
        Sweep("s", [Retransmitting(items=items)], picture_set(), [0], max_draws=4, out=tmp_path).run()


@pytest.mark.parametrize("uses", [(10, -1), (10.5, 20.0)])
def test_channel_uses_that_make_no_sense_are_named(tmp_path, uses):
    with pytest.raises(LinksimError, match="channel uses that are not integers from 0 up"):
        Sweep("s", [Retransmitting(uses)], picture_set(), [0], max_draws=4, out=tmp_path).run()
