"""Metrics are stored one by one: what is there is never measured again."""

import dataclasses

import numpy as np
import pytest
from harness_fakes import FakeLink, NoisyLink, picture_set

from linksim import metrics
from linksim.errors import LinksimError
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.metrics import Metric, SetMetric
from linksim.metrics import base as registry
from linksim.montecarlo import Sweep, merge
from linksim.montecarlo.store import Store
from linksim.report import Curves, Table

CALLS: dict[str, int] = {}


def counting(name: str, version: int = 1) -> Metric:
    def compute(reference, reconstruction):
        CALLS[name] = CALLS.get(name, 0) + len(reference)
        return np.abs(reference.astype(float) - reconstruction).mean(axis=(1, 2, 3)) + version

    return Metric(name, "", version, False, compute)


class Frechet:
    """Distance between Gaussians of one feature, the mean grey: sums and sums of squares are enough."""

    @staticmethod
    def accumulate(reference, reconstruction):
        a, b = reference.mean(axis=(1, 2, 3)), reconstruction.mean(axis=(1, 2, 3))
        return np.stack([a, a * a, b, b * b], axis=1)

    @staticmethod
    def finish(total, count):
        a, aa, b, bb = total / count
        return (a - b) ** 2 + (np.sqrt(max(0, aa - a * a)) - np.sqrt(max(0, bb - b * b))) ** 2


@pytest.fixture
def register(monkeypatch):
    CALLS.clear()
    monkeypatch.setattr(registry, "_METRICS", dict(registry._METRICS))

    def put(metric):
        registry._METRICS[metric.name] = metric
        return metric

    put(counting("one"))
    put(counting("two"))
    put(SetMetric("frechet", "", 1, False, Frechet.accumulate, Frechet.finish))
    return put


class Counting(NoisyLink):
    sent = 0

    def transmit(self, *arguments):
        type(self).sent += 1
        return super().transmit(*arguments)


def run(folder, *names, **change):
    arguments = {"pictures": picture_set(), "snr_db": [0, 5], "max_draws": 8, "ci_half_width": None, **change}
    return Sweep("s", [Counting(spread=0.1)], metrics=names, out=folder, **arguments).run()


def test_a_metric_that_is_added_is_the_only_one_measured(tmp_path, register):
    before = run(tmp_path, "one")
    calls, sent = dict(CALLS), Counting.sent
    after = run(tmp_path, "one", "two")
    assert CALLS["one"] == calls["one"], "what is stored is not measured again"
    assert CALLS["two"] == calls["one"] and Counting.sent > sent
    assert [r for r in after.rows if r.metric != "two"] == before.rows
    assert after.rows == run(tmp_path / "fresh", "one", "two").rows
    assert run(tmp_path, "two")._how["units_run"] == 0


def test_another_version_of_a_metric_is_measured_anew_and_alone(tmp_path, register):
    before = run(tmp_path, "one", "two")
    calls = dict(CALLS)
    register(counting("one", version=2))
    after = run(tmp_path, "one", "two")
    assert CALLS["one"] == 2 * calls["one"] and CALLS["two"] == calls["two"]
    old, new = ([r.mean for r in x.rows if r.metric == "one"] for x in (before, after))
    assert new == pytest.approx(np.array(old) + 1)
    register(counting("one"))
    assert run(tmp_path, "one")._how["units_run"] == 0, "the old version is still there"


def test_metrics_of_two_machines_merge(tmp_path, register):
    run(tmp_path / "a", "one")
    run(tmp_path / "b", "two")
    whole = run(tmp_path / "whole", "one", "two")
    for _ in range(2):
        assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c") == len(Store(tmp_path / "whole"))
    assert len(list((tmp_path / "c" / "units").iterdir())) == 1, "merging twice changes nothing"
    result = run(tmp_path / "c", "one", "two")
    assert result._how["units_run"] == 0 and result.rows == whole.rows


class Fickle(FakeLink):
    """Forgets to put into its fingerprint what changes its deliveries."""

    lost = 0

    def transmit(self, pictures, value, draws, seed=0):
        n = len(pictures)
        pixels = np.stack([p.pixels // 2 for p in pictures])
        outcomes = Outcomes(np.arange(n), np.full(n, len(draws)), np.full(n, not Fickle.lost), pixels)
        return Reception([[outcomes]], [[Bandwidth(1)] * n])

    def fingerprint(self):
        return "fickle"


def test_other_counts_under_one_fingerprint_are_refused(tmp_path, register, monkeypatch):
    Sweep("s", [Fickle("f")], picture_set(), [0], max_draws=2, out=tmp_path).run()
    monkeypatch.setattr(Fickle, "lost", 1)
    with pytest.raises(LinksimError, match="hold different numbers for one unit"):
        Sweep("s", [Fickle("f")], picture_set(), [0], max_draws=2, metrics=["one"], out=tmp_path).run()


def test_a_metric_of_the_whole_set_adds_up(tmp_path, register):
    """The same from many units as from all pictures at once, without an interval."""
    link, pictures = NoisyLink(), picture_set(5)
    link.max_pixels = 800  # two pictures a unit
    arguments = {"snr_db": [3.0], "ci_half_width": None, "max_draws": 8, "metrics": ["frechet"]}
    result = Sweep("s", [link], pictures, out=tmp_path, **arguments).run()
    (row,) = [r for r in result.rows if r.metric == "frechet"]
    pixels = np.concatenate([o.load_pixels() for o in link.transmit(pictures, 3.0, range(8)).layers[0]])
    reference = np.repeat(np.stack([p.pixels for p in pictures]), 8, axis=0)
    expected = Frechet.finish(Frechet.accumulate(reference, pixels).sum(0), 40)
    assert row.mean == pytest.approx(expected) and np.isnan([row.ci_low, row.ci_high]).all()
    again = Sweep("s", [link], pictures, out=tmp_path, **arguments).run()
    assert again._how["units_run"] == 0
    assert [r.mean for r in again.rows] == [r.mean for r in result.rows]
    assert metrics.get("frechet").version == 1


def test_a_metric_that_lacks_its_weights_is_left_out_and_the_rest_is_drawn(register, tmp_path, capsys):
    """As on a machine to which nobody has copied the weights: a line says so, and no figure shows it."""
    register(dataclasses.replace(counting("three"), missing=lambda: "there is no file; put it there"))
    figures = [Curves(y="three"), Curves(x="three", y="one"), Curves(y="one"), Table(y=("one", "three"))]
    sweep = Sweep(
        "s",
        [NoisyLink()],
        pictures=picture_set(2),
        snr_db=[1, 2],
        metrics=("one", "three"),
        figures=figures,
        out=tmp_path / "s",
        max_draws=2,
    )
    result = sweep.run()
    assert "metric three is left out: there is no file; put it there" in capsys.readouterr().err
    measured = {row.metric for row in result.rows}
    assert {"one", "psnr"} <= measured and "three" not in measured
    assert result.figures == [Curves(y="one")] and "three" not in CALLS
