"""Identity of units, and how pictures and draws are cut into them."""

import dataclasses

import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.montecarlo.point import Chunks, Point, Rules
from linksim.montecarlo.unit import WorkUnit, draw_chunks, next_round_end, picture_chunks

UNIT = WorkUnit("f" * 64, "snr_db", 10.0, (0, 4), "d" * 64, (0, 2), 0, (("mse", "1"), ("psnr", "1")))


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "e" * 64},
        {"value": 10.5},
        {"axis": "cbr"},
        {"pictures_digest": "c" * 64},
        {"draws": (2, 4)},
        {"seed": 1},
    ],
)
def test_everything_that_matters_changes_the_id(change):
    assert dataclasses.replace(UNIT, **change).id != UNIT.id


def test_the_place_in_the_set_does_not_change_the_id():
    """The same pictures elsewhere in a longer set are the same unit."""
    assert dataclasses.replace(UNIT, pictures=(4, 8)).id == UNIT.id


def test_metrics_do_not_change_the_id():
    """What is measured on a unit is stored metric by metric."""
    assert dataclasses.replace(UNIT, metrics=(("psnr", "2"),)).id == UNIT.id


def test_chunks_are_bounded_and_the_first_pictures_are_cut_alike():
    sizes = [(512, 768)] * 24
    chunks = picture_chunks(sizes, 1_600_000)
    assert chunks == [(i, i + 4) for i in range(0, 24, 4)]
    assert picture_chunks(sizes[:8], 1_600_000) == chunks[:2]
    assert picture_chunks([(3000, 2000), (8, 8)], 1_600_000) == [(0, 1), (1, 2)]


def test_a_round_covers_every_picture_and_draw_once():
    pictures = picture_set(5, (20, 20))
    link = NoisyLink()
    link.max_pixels = 900  # two pictures at a time
    point = Point(link, link.fingerprint(), 3.0, Rules("snr_db", Chunks(pictures), 0, UNIT.metrics, 0.05, 64))
    point.num_draws = 8
    units = point.next_round()
    covered = [(p, d) for u in units for p in range(*u.pictures) for d in range(*u.draws)]
    assert sorted(covered) == [(p, d) for p in range(5) for d in range(8, 16)]
    assert all(u.num_pictures * 400 * u.num_draws <= 2 * 900 or u.num_draws <= 4 for u in units)


def test_draws_are_cut_and_never_empty():
    assert draw_chunks(4, 10, 4) == [(4, 8), (8, 10)]
    assert draw_chunks(0, 2, 0) == [(0, 1), (1, 2)]


def test_one_draw_is_refused():
    with pytest.raises(LinksimError, match="at least 2"):
        next_round_end(0, 2, 1)
