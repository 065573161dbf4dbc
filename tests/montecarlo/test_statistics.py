"""Counts, moments and intervals against brute force."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.montecarlo.statistics import (
    LayerStatistics,
    Moments,
    add_layers,
    add_moments,
    estimate,
    moments,
    psnr_of_mean,
)


def layer(values: np.ndarray, delivered: np.ndarray | None = None) -> LayerStatistics:
    """Statistics of values [picture, draw]; psnr and mse are given the same numbers."""
    num, draws = values.shape
    m = moments(np.repeat(np.arange(num), draws), np.ones(values.size, int), values.ravel(), num)
    n = np.full(num, draws)
    d = n if delivered is None else delivered.sum(1)
    return LayerStatistics(n, d, 7 * n, {"psnr": m, "mse": m})


def test_moments_are_mean_and_squared_deviations():
    rng = np.random.default_rng(0)
    values, counts = rng.normal(30, 2, 12), rng.integers(1, 5, 12)
    picture = np.array([2, 0, 1] * 4)
    m = moments(picture, counts, values, 3)
    for p in range(3):
        draws = np.repeat(values[picture == p], counts[picture == p])
        assert m.mean[p] == pytest.approx(draws.mean())
        assert m.m2[p] == pytest.approx(np.sum((draws - draws.mean()) ** 2))


def test_equal_draws_have_exactly_no_variance():
    """33.3 is no binary fraction; sums of squares would leave a trace of it."""
    m = moments(np.zeros(3, int), np.array([3, 7, 1]), np.full(3, 33.3), 1)
    assert m.mean[0] == 33.3 and m.m2[0] == 0.0
    twice = add_moments(m, np.array([11]), m, np.array([11]))
    assert twice.mean[0] == 33.3 and twice.m2[0] == 0.0


def test_statistics_of_parts_add_to_those_of_the_whole():
    values = np.random.default_rng(1).normal(30, 1, (4, 10))
    whole, parts = layer(values), add_layers(layer(values[:, :3]), layer(values[:, 3:]))
    np.testing.assert_array_equal(parts.n, whole.n)
    np.testing.assert_array_equal(parts.channel_uses, whole.channel_uses)
    np.testing.assert_allclose(parts.metrics["psnr"].mean, whole.metrics["psnr"].mean)
    np.testing.assert_allclose(parts.metrics["psnr"].m2, whole.metrics["psnr"].m2)


def test_pictures_without_draws_add_nothing():
    some = layer(np.array([[30.0, 31.0]]))
    none = LayerStatistics(
        np.array([0]), np.array([0]), np.array([0]), {k: Moments(np.zeros(1), np.zeros(1)) for k in ("psnr", "mse")}
    )
    for total in (add_layers(some, none), add_layers(none, some)):
        assert total.metrics["psnr"].mean[0] == 30.5 and total.metrics["psnr"].m2[0] == 0.5


def test_statistics_of_different_metrics_do_not_add():
    a = layer(np.ones((1, 2)))
    b = LayerStatistics(a.n, a.delivered, a.channel_uses, {"psnr": a.metrics["psnr"]})
    with pytest.raises(LinksimError, match="do not add up"):
        add_layers(a, b)


def test_interval_holds_the_truth_in_95_of_100_repetitions():
    """Three pictures, five draws each, very unlike: the mean over pictures is inside its interval."""
    rng = np.random.default_rng(2)
    means, spreads = np.array([25.0, 31.0, 40.0]), np.array([0.2, 1.0, 3.0])
    inside, inside_mse, repetitions = 0, 0, 1000
    for _ in range(repetitions):
        stats = layer(means[:, None] + spreads[:, None] * rng.normal(size=(3, 5)))
        e = estimate(stats.metrics["psnr"], stats.n)
        inside += e.low <= means.mean() <= e.high
        p = psnr_of_mean(e)
        inside_mse += p.low <= psnr_of_mean(type(e)(means.mean(), 0.0)).mean <= p.high
    assert 0.93 <= inside / repetitions <= 0.985
    assert 0.93 <= inside_mse / repetitions <= 0.985


def test_interval_narrows_with_the_root_of_the_draws():
    rng = np.random.default_rng(3)
    narrow, wide = (layer(rng.normal(30, 1, (20, n))) for n in (400, 100))
    ratio = estimate(wide.metrics["psnr"], wide.n).half_width / estimate(narrow.metrics["psnr"], narrow.n).half_width
    assert ratio == pytest.approx(2, rel=0.1)


def test_one_draw_shows_no_interval():
    one = layer(np.array([[30.0], [31.0]]))
    assert estimate(one.metrics["psnr"], one.n).half_width == np.inf


def test_psnr_of_mean_mse_of_known_numbers():
    """MSE 65.025 is 30 dB; 1 % more of it is 0.0434 dB less."""
    from linksim.montecarlo.statistics import Estimate

    e = psnr_of_mean(Estimate(65.025, 0.65025))
    assert e.mean == pytest.approx(30.0)
    assert e.half_width == pytest.approx(0.0434, abs=1e-4)
