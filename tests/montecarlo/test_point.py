"""What a point adds up to, unit by unit."""

from functools import reduce

import numpy as np
import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.montecarlo.execute import InProcess, Job
from linksim.montecarlo.point import Chunks, Point, Rules, padded
from linksim.montecarlo.statistics import add_layers

METRICS = (("mse", "1"), ("psnr", "1"))


class SmallUnits(NoisyLink):
    max_pixels = 2 * 16 * 24


@pytest.fixture(scope="module")
def point_and_units():
    """A point after two rounds over five pictures, two at a time; and its units in the order in which they came."""
    from linksim import metrics

    versions = tuple((name, str(metrics.get(name).version)) for name, _ in METRICS)
    link, pictures = SmallUnits(), picture_set(5)
    rules = Rules("snr_db", Chunks(pictures), 0, versions, None, 4)
    point, units, held = Point(link, link.fingerprint(), 3.0, rules), [], []
    pool = InProcess(Job({link.fingerprint(): link}, list(pictures), versions))
    while point.stopped is None:
        for unit in point.next_round():
            pool.submit(unit)
            ((_, statistics),) = pool.completed()
            units.append((unit, statistics))
            point.finish(unit, statistics)
        held.append(point.layers[0])
    return point, units, held


def test_units_add_up_to_the_last_bit(point_and_units):
    point, units, _ = point_and_units
    whole = reduce(add_layers, (padded(s.layers[0], unit.pictures, 5) for unit, s in units))
    (layer,) = point.layers
    assert len(units) == 6 and np.array_equal(layer.n, [4] * 5)
    for name in ("n", "delivered", "channel_uses"):
        assert np.array_equal(getattr(layer, name), getattr(whole, name))
    for name, moments in whole.metrics.items():
        assert np.array_equal(layer.metrics[name].mean, moments.mean)
        assert np.array_equal(layer.metrics[name].m2, moments.m2)
    assert layer.items == whole.items and layer.certain == whole.certain


def test_a_unit_touches_its_own_pictures_only(point_and_units):
    """Else a large set in small units would cost by its square."""
    point, units, held = point_and_units
    assert all(layer.metrics["psnr"].mean is point.layers[0].metrics["psnr"].mean for layer in held)
    first = units[0][1].layers[0]
    assert np.array_equal(first.n, [2, 2]), "what the unit itself holds stays as it was measured"
