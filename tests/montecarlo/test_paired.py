"""Intervals of paired differences hold what they promise."""

import math

import numpy as np
import pytest

from linksim.montecarlo.paired import paired

SIZES = [2, 2, 4, 8]


def simulated(rng, common, own, shift=0.0, pictures=6):
    """Group means of two links over 16 draws: what they have in common, and what is each one's own."""
    both = common * rng.normal(size=(16, pictures)) + 5 * rng.normal(size=pictures)
    a, b = both + own * rng.normal(size=both.shape), both + own * rng.normal(size=both.shape) + shift
    cuts = np.cumsum(SIZES)[:-1]
    return [np.stack([part.mean(0) for part in np.split(x, cuts)]) for x in (a, b)], a, b


def test_the_mean_is_that_of_all_draws():
    groups, a, b = simulated(np.random.default_rng(0), 1.0, 0.3)
    found = paired(SIZES, *groups, True)
    assert found.mean == pytest.approx((b - a).mean())
    assert found.freedom <= 6 * 3 and found.better == np.mean((b - a).mean(0) > 0)


def test_what_is_common_cancels_and_five_percent_lie_outside():
    rng = np.random.default_rng(1)
    outside, widths = 0, []
    for _ in range(2000):
        groups, _, _ = simulated(rng, 3.0, 0.2)
        found = paired(SIZES, *groups, True)
        outside += abs(found.mean) > found.half_width
        widths.append(found.half_width)
    assert 0.035 < outside / 2000 < 0.065
    independent = 1.96 * math.sqrt(2 * (3.0**2 + 0.2**2) / 16 / 6)
    assert np.mean(widths) < independent / 5


def test_no_spread_is_certain_and_one_group_tells_nothing():
    same = np.array([[1.0, 2.0], [1.5, 2.5]])
    found = paired([2, 2], same, same, True)
    assert (found.mean, found.half_width, found.freedom, found.better) == (0.0, 0.0, math.inf, 0.5)
    assert paired([4], same[:1], same[1:], True).half_width == math.inf
    assert math.isnan(paired([2, 2], same[:, :1], same[:, :1], True).over_pictures)


def test_better_is_as_the_metric_says():
    a, b = np.array([[1.0, 2.0, 3.0, 4.0]] * 2), np.array([[2.0, 3.0, 4.0, 3.0]] * 2)
    assert [paired([2, 2], a, b, up).better for up in (True, False)] == [0.75, 0.25]
    assert math.isnan(paired([2, 2], a, b, None).better)
