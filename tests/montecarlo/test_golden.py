"""What units measure, and what rows and stops follow from them, pinned."""

import numpy as np
import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set

from linksim.montecarlo import Sweep, statistics, unit


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One sweep of analog and digital fakes, one of unlike draws, and an envelope."""
    links = [Best([CliffLink("a", 2, 8), CliffLink("b", 6, 4)]), NoisyLink(spread=0.3)]
    return Sweep("s", links, picture_set(), [2, 5], 0.2, 64, out=tmp_path_factory.mktemp("golden")).run()


def test_units(golden, result):
    """Counts and moments of the first units. If the change is meant, raise STORE_FORMAT in unit.py."""
    values = []
    for point in result.points.values():
        for layer in point.layers:
            values += [layer.n, layer.delivered, layer.channel_uses]
            values += [x for name in ("mse", "psnr") for x in (layer.metrics[name].mean, layer.metrics[name].m2)]
    golden.check(
        "montecarlo-units", unit.STORE_FORMAT, np.array(values, float), "linksim/montecarlo/unit.py (STORE_FORMAT)"
    )


def test_rows(golden, result):
    """Means, intervals and the draws at which points stopped. If that is meant, raise VERSION in statistics.py."""
    values = [(r.mean, r.ci_low, r.ci_high, r.n_draws, r.cbr, r.delivered) for r in result.rows]
    golden.check("montecarlo-rows", statistics.VERSION, np.array(values), "linksim/montecarlo/statistics.py")
