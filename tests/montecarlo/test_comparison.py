"""Two results side by side."""

import json
import shutil

import numpy as np
import pytest
from compared_runs import Better, run
from harness_fakes import Best, CliffLink, NoisyLink, picture_set
from result_folders import table, write_folder

import linksim
from linksim import compare
from linksim.errors import LinksimError
from linksim.montecarlo import Sweep
from linksim.montecarlo.kept_units import Kept
from linksim.montecarlo.per_picture import read_per_picture


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    run(out / "a", NoisyLink("x", spread=0.3))
    run(out / "b", Better("x", spread=0.3))
    return out / "a", out / "b"


def test_a_small_gain_under_common_noise_is_found(two):
    """0.05 dB less noise under fades of 2.6 dB: single intervals cannot tell it, the paired one can."""
    found = compare(*two)
    psnr = found.table[found.table.metric == "psnr"]
    assert list(psnr.how) == ["paired", "paired"] and psnr.significant.all() and list(psnr.n_draws) == [16, 16]
    assert psnr.difference.to_numpy() == pytest.approx([0.05, 0.05], abs=0.02)
    single = linksim.report.read(two[0]).rows.table
    widths = (single.ci_high - single.ci_low)[single.metric == "psnr"] / 2
    assert (psnr.half_width.to_numpy() < widths.to_numpy() / 5).all()
    assert np.allclose(psnr.difference, psnr.b - psnr.a, atol=2e-6)
    mean_mse = found.table[found.table.metric == "psnr_of_mean_mse"]
    assert list(mean_mse.how) == ["paired"] * 2 and np.allclose(mean_mse.difference, mean_mse.b - mean_mse.a, atol=2e-6)
    assert found.num_by_chance == pytest.approx(0.2) and found.summary.startswith("4 of 4 differences")
    assert any("fingerprint" in line and "'x'" in line for line in found.provenance)


def test_better_is_the_share_of_pictures_that_gain(two):
    """Less noise is better on every picture, whether high or low values of a metric are."""
    noisier, cleaner = (set(compare(*pair).table.better) for pair in (two[::-1], two))
    assert (noisier, cleaner) == ({0.0}, {1.0})


def test_better_of_metrics_of_which_low_values_are_better(tmp_path):
    for folder, link in (("a", NoisyLink("x", spread=0.3)), ("b", Better("x", spread=0.3))):
        run(tmp_path / folder, link, snr_db=[0], metrics=["mse"])
    table = compare(tmp_path / "a", tmp_path / "b").table
    assert set(table.metric) == {"mse", "psnr", "psnr_of_mean_mse"} and set(table.better) == {1.0}


def test_without_units_intervals_are_independent_and_it_is_said(two, tmp_path):
    bare = shutil.copytree(two[1], tmp_path / "bare")
    shutil.rmtree(bare / "units")
    found = compare(two[0], bare)
    assert set(found.table.how) == {"independent"} and not found.table.significant.any()
    assert "keeps no units" in found.notes[0]
    a, b = (linksim.report.read(f).rows.table.iloc[0] for f in (two[0], bare))
    assert found.table.half_width[0] == pytest.approx(np.hypot(a.ci_high - a.ci_low, b.ci_high - b.ci_low) / 2)


@pytest.mark.parametrize("change, why", [({"seed": 1}, "the seeds differ"), ({"pictures": 5}, "the pictures differ")])
def test_other_draws_or_pictures_are_not_paired(two, tmp_path, change, why):
    run(tmp_path, Better("x", spread=0.3), **change)
    found = compare(two[0], tmp_path)
    assert set(found.table.how) == {"independent"} and any(f"paired: {why}" in note for note in found.notes)
    assert any(line.startswith(("seed", "number of pictures")) for line in found.provenance)


def test_the_same_twice_is_the_same(two, tmp_path):
    """Also where the links of one run stopped earlier: what both have is compared."""
    run(tmp_path, NoisyLink("x", spread=0.3), draws=8)
    found = compare(two[0], tmp_path)
    assert set(found.table.how) == {"same"} and set(found.table.n_draws) == {8}
    assert (found.table.difference == 0).all() and found.num_significant == 0 and found.num_by_chance == 0
    assert any("more draws" in note for note in found.notes) and any("most draws: 16" in x for x in found.provenance)


def test_a_metric_that_was_added_at_fewer_draws_does_not_matter(tmp_path):
    """The first 16 draws know SSIM too, the others do not."""
    for folder, link in (("a", NoisyLink("x", spread=0.3)), ("b", Better("x", spread=0.3))):
        for change in ({"draws": 64}, {"draws": 16, "metrics": ["psnr", "ssim"]}, {"draws": 64}):
            run(tmp_path / folder, link, pictures=3, snr_db=[0], **change)
    found = compare(tmp_path / "a", tmp_path / "b").table
    assert set(found.metric) == {"psnr", "psnr_of_mean_mse"} and set(found.how) == {"paired"}
    (tmp_path / "a" / "pictures.csv").unlink()
    assert set(read_per_picture(tmp_path / "a").metric) == {"mse", "psnr"}


def test_groups_of_draws_are_added_up_once_for_all_metrics(two, monkeypatch):
    calls = []
    between = Kept.between
    monkeypatch.setattr(Kept, "between", lambda *given: calls.append(given[1:]) or between(*given))
    compare(*two)
    assert len(calls) == 2 * 2 * len(set(calls))  # sides and SNRs, not metrics


def test_two_links_of_one_run_and_envelopes(tmp_path):
    low, high = CliffLink("low", 2, sigma=8), CliffLink("high", 8, sigma=2)
    Sweep(
        "s", [Best([low, high]), NoisyLink()], picture_set(), [0, 12], max_draws=16, ci_half_width=None, out=tmp_path
    ).run(progress=False)
    found = compare(tmp_path, links={"best": "low"})
    at_0, at_12 = (found.table[(found.table.metric == "psnr") & (found.table.snr_db == v)].iloc[0] for v in (0, 12))
    assert at_0.difference == 0 and at_0.how == "same"
    assert at_12.significant and at_12.difference < -5 and at_12.half_width > 0, "failures not seen are allowed for"
    with pytest.raises(LinksimError, match="has no link 'worst'"):
        compare(tmp_path, links={"worst": "low"})
    with pytest.raises(LinksimError, match="there is one result"):
        compare(tmp_path)


def test_other_numbers_under_one_fingerprint_are_pointed_out(two, tmp_path):
    other = shutil.copytree(two[1], tmp_path / "other")
    mine, run_b = (json.loads((f / "run.json").read_text())["fingerprints"]["x"] for f in two)
    assert mine != run_b and not any("other numbers" in note for note in compare(two[0], other).notes)

    class Drifted(Better):
        def fingerprint(self):
            return mine

    shutil.rmtree(other)
    run(other, Drifted("x", spread=0.3))
    assert any("'x' gives other numbers under the same fingerprint" in note for note in compare(two[0], other).notes)


def test_too_few_draws_to_pair_are_said(tmp_path):
    run(tmp_path / "a", NoisyLink("x"), pictures=2, draws=4)
    run(tmp_path / "b", Better("x"), pictures=2, draws=4)
    found = compare(tmp_path / "a", tmp_path / "b")
    assert set(found.table.how) == {"independent"} and "too few draws and pictures" in found.notes[0]


def test_two_links_have_a_row_of_both_names(two, tmp_path):
    """That two links have two fingerprints is no difference of provenance; that one link has is."""
    run(tmp_path, NoisyLink("x", spread=0.3), Better("y", spread=0.3))
    found, one = compare(tmp_path, links={"x": "y"}), compare(*two, links={"x": "x"})
    assert set(found.table.link) == {"y - x"} and not found.provenance
    assert set(one.table.link) == {"x"} and "fingerprints" in one.provenance[0]


def test_what_only_one_has(tmp_path):
    a = write_folder(tmp_path / "a", table({"x": 1 / 6, "y": 1 / 6}, metrics=("psnr", "ssim")))
    b = write_folder(tmp_path / "b", table({"x": 1 / 6, "z": 1 / 6}), seed=3)
    found = compare(a, b)
    assert list(found.only_a) == ["link 'y'", "'x': ssim at snr_db 0, 3, 6, 9"] and list(found.only_b) == ["link 'z'"]
    assert "seed: not said in A, 3 in B" in found.provenance
    psnr = compare(a, b, metrics=["psnr"], at=4)
    assert list(psnr.only_a) == ["link 'y'"] and set(psnr.table.snr_db) == {3} and set(psnr.table.metric) == {"psnr"}
    with pytest.raises(LinksimError, match="no metric 'ssim' in both; take one of psnr"):
        compare(a, b, metrics=["ssim"])
    with pytest.raises(LinksimError, match="compare like with like"):
        other = table({"x": 1 / 6}).rename(columns={"snr_db": "cbr_asked"})
        compare(a, write_folder(tmp_path / "c", other, axis={"name": "cbr_asked", "label": "", "values": []}))
