"""When a point stops, and that it does not stop on pretended certainty."""

import dataclasses

import numpy as np
import pytest

from linksim.montecarlo.point import padded
from linksim.montecarlo.statistics import LayerStatistics, add_layers, moments
from linksim.montecarlo.stopping import psnr_estimate, reason_to_stop
from linksim.montecarlo.unit import next_round_end


def binary(failures: np.ndarray, draws: int, good: float = 33.0, grey: float = 13.0) -> LayerStatistics:
    """Pictures that were lost in `failures[p]` of `draws` draws."""
    num = len(failures)
    picture = np.repeat(np.arange(num), 2)
    count = np.stack([draws - failures, failures], 1).ravel()
    value = np.tile([good, grey], num)
    m = moments(picture[count > 0], count[count > 0], value[count > 0], num)
    n = np.full(num, draws)
    return LayerStatistics(n, n - failures, n, {"psnr": m, "mse": m})


def test_two_draws_without_a_failure_are_no_certainty():
    layer = binary(np.zeros(24, int), 2)
    assert psnr_estimate(layer).half_width > 1.0
    assert reason_to_stop((layer,), 0.05, 1024) is None


def test_what_cannot_fail_needs_no_draws():
    """Certain stays certain only where all that is added is."""
    alike = binary(np.zeros(24, int), 2)
    certain = dataclasses.replace(alike, certain=True)
    assert psnr_estimate(certain).half_width == 0 and reason_to_stop((certain,), 0.05, 1024) == "target"
    assert add_layers(certain, certain).certain and not add_layers(certain, alike).certain
    assert padded(certain, (24, 48), 72).certain, "also as a part of a larger set"


def test_enough_draws_without_a_failure_are():
    """3.84 failures at most, of 24 x 128 draws, 20 dB each: 0.025 dB."""
    layer = binary(np.zeros(24, int), 128)
    assert psnr_estimate(layer).half_width == pytest.approx(3.84 * 20 / (24 * 128), rel=1e-3)
    assert reason_to_stop((layer,), 0.05, 1024) == "target"


def test_draws_that_differ_are_judged_by_their_variance():
    values = np.random.default_rng(0).normal(30, 0.05, (24, 2))
    m = moments(np.repeat(np.arange(24), 2), np.ones(48, int), values.ravel(), 24)
    n = np.full(24, 2)
    layer = LayerStatistics(n, n, n, {"psnr": m, "mse": m})
    assert reason_to_stop((layer,), 0.05, 1024) == "target"


def test_the_widest_layer_decides_and_the_limit_ends_it():
    sure, unsure = binary(np.zeros(24, int), 128), binary(np.full(24, 64), 128)
    assert reason_to_stop((sure, unsure), 0.05, 1024) is None
    assert reason_to_stop((sure, unsure), 0.05, 128) == "limit"
    assert reason_to_stop((sure, sure), None, 1024) is None


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.5, 0.98])
def test_interval_holds_the_truth_at_any_failure_rate(rate):
    """300 repetitions of 24 pictures and 64 draws; seldom failures are what a variance misses."""
    rng = np.random.default_rng(1)
    truth = 33.0 - 20.0 * rate
    estimates = [psnr_estimate(binary(rng.binomial(64, rate, 24), 64)) for _ in range(300)]
    assert np.mean([e.low <= truth <= e.high for e in estimates]) >= 0.925


@pytest.mark.parametrize("num_pictures", [1, 3, 24])
def test_stopping_early_does_not_spoil_the_interval(num_pictures):
    """The rule looks again after every round; the interval at the stop still holds in about 95 %."""
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(300):
        values, done = np.zeros((num_pictures, 0)), 0
        while True:
            end = next_round_end(done, 2, 4096)
            values = np.concatenate([values, 30 + rng.normal(0, 1, (num_pictures, end - done))], 1)
            done = end
            m = moments(
                np.repeat(np.arange(num_pictures), done), np.ones(values.size, int), values.ravel(), num_pictures
            )
            n = np.full(num_pictures, done)
            layer = LayerStatistics(n, n, n, {"psnr": m, "mse": m})
            if reason_to_stop((layer,), 0.15, 4096):
                break
        e = psnr_estimate(layer)
        inside += e.low <= 30 <= e.high
    assert inside / 300 >= 0.91


def test_rounds_double_up_to_the_limit():
    ends, done = [], 0
    while done < 100:
        done = next_round_end(done, 2, 100)
        ends.append(done)
    assert ends == [2, 4, 8, 16, 32, 64, 100]
    assert next_round_end(0, 128, 16) == 16
