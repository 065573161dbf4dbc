"""Links that are the same in both runs are said to be, and others are not."""

import re
import shutil

import numpy as np
import pytest
from compared_runs import Better, Drifted, OneGreyLevel, run
from harness_fakes import NoisyLink

from linksim import compare
from linksim.montecarlo.sameness import alike


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Two links, of which the other run changes one; no units are kept, and pairing is out of reach."""
    out = tmp_path_factory.mktemp("first")
    run(out, NoisyLink("x", spread=0.3), NoisyLink("y"), pictures=2)
    return without_units(out)


def without_units(folder):
    shutil.rmtree(folder / "units")
    (folder / "pictures.csv").unlink()
    return folder


def test_the_same_link_is_not_counted_among_independent_differences(first, tmp_path):
    run(tmp_path, NoisyLink("x", spread=0.3), Better("y"), pictures=2)
    found = compare(first, without_units(tmp_path))
    x, y = (found.table[found.table.link == name] for name in "xy")
    assert set(x.how) == {"same"} and (x.difference == 0).all() and x.half_width.isna().all()
    assert not x.significant.any() and set(x.n_draws) == {16} and set(y.how) == {"independent"}
    assert found.num_by_chance == pytest.approx(0.05 * len(y))
    assert found.summary.startswith(f"0 of {len(y)} differences")
    assert found.summary.endswith(f"; {len(x)} more are the same numbers in both")


def test_where_all_is_the_same_nothing_differs(first):
    found = compare(first, first)
    assert found.summary.startswith("nothing differs") and not found.notes
    assert (found.num_significant, found.num_by_chance) == (0, 0)


@pytest.mark.parametrize("change", [{"seed": 1}, {"pictures": 3}])
def test_one_fingerprint_under_another_seed_or_of_other_pictures_is_not_the_same(first, tmp_path, change):
    run(tmp_path, NoisyLink("x", spread=0.3), **{"pictures": 2, **change})
    assert set(compare(first, tmp_path).table.how) == {"independent"}


def test_more_draws_of_the_same_link_begin_with_those_of_the_other(first, tmp_path):
    """Units of the longer run tell that it does; without them the fingerprint is believed."""
    run(tmp_path, NoisyLink("x", spread=0.3), pictures=2, draws=64)
    for folder in (tmp_path, without_units(shutil.copytree(tmp_path, tmp_path / "bare"))):
        found = compare(first, folder)
        assert (
            set(found.table.how) == {"same"}
            and set(found.table.n_draws) == {16}
            and (found.table.a != found.table.b).all()
        )
        assert (found.table.difference == 0).all() and ["more draws" in note for note in found.notes] == [True]


def test_more_draws_of_another_code_are_no_more_of_the_same(first, tmp_path):
    """0.05 dB within a spread of 2.6 dB: only over the draws that both have does it show."""
    run(tmp_path, Drifted("x", spread=0.3), pictures=2, draws=64)
    found = compare(first, tmp_path)
    assert set(found.table.how) == {"independent"}
    said = r"'x' gives other numbers under the same fingerprint, by up to 0\.04\d in psnr, 0\.04\d in psnr_of_mean_mse:"
    assert any(re.match(said, note) for note in found.notes), found.notes


def test_without_units_a_mean_far_off_is_not_the_same(first, tmp_path):
    class FarOff(Drifted):
        def transmit(self, pictures, snr_db, draws, seed=0):
            return super().transmit(pictures, snr_db + 10, draws, seed)

    run(tmp_path, FarOff("x", spread=0.3), pictures=2, draws=64, snr_db=[0])
    found = compare(first, without_units(tmp_path))
    assert set(found.table.how) == {"independent"} and found.table.significant.all()
    assert any("'x' gives other numbers under the same fingerprint" in note for note in found.notes)


def test_how_far_other_numbers_under_one_fingerprint_go_is_said(tmp_path):
    run(tmp_path / "a", NoisyLink("x", spread=0.3))
    run(tmp_path / "b", Drifted("x", spread=0.3))
    found = compare(tmp_path / "a", tmp_path / "b", metrics=["psnr"])
    gap = np.abs(found.table.difference).max()
    assert set(found.table.how) == {"paired"} and found.num_significant == 2
    assert [f"by up to {gap:.2g} in psnr: its code or machine differs" in note for note in found.notes] == [True]


def test_arithmetic_alone_is_no_other_code(tmp_path):
    run(tmp_path / "a", NoisyLink("x", spread=0.3), metrics=["mse"])
    run(tmp_path / "b", OneGreyLevel("x", spread=0.3), metrics=["mse"])
    found = compare(tmp_path / "a", tmp_path / "b")
    assert (found.table.a != found.table.b).any(), "the numbers do differ, in their last digits"
    assert set(found.table.how) == {"same"} and not found.notes


def test_the_tolerance_is_of_decibels_or_a_share():
    assert alike("psnr", 31.2345, 31.2346) and not alike("psnr", 31.2345, 31.2347)
    assert alike("mse", 100.0, 100.002) and not alike("mse", 100.0, 100.003)
    assert alike("ssim", 0.91234, 0.91236) and not alike("ssim", 0.91234, 0.91237)
    # An MSE and its PSNR are judged alike.
    assert 10 * np.log10(1.000025) == pytest.approx(1.1e-4, rel=0.02)
