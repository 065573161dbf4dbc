"""Two results picture by picture."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from compared_runs import run
from harness_fakes import NoisyLink

from linksim import compare
from linksim.errors import LinksimError
from linksim.links.base import Reception
from linksim.montecarlo.per_picture import read_per_picture

GAIN = {"p1": -1.0, "p3": 2.0}


class Uneven(NoisyLink):
    """Loses 1 dB on picture p1, gains 2 dB on p3, and is as `NoisyLink` elsewhere."""

    def transmit(self, pictures, snr_db, draws, seed=0):
        of_each = [NoisyLink.transmit(self, [p], snr_db + GAIN.get(p.name, 0.0), draws, seed) for p in pictures]
        outcomes = [replace(one.layers[0][0], picture=np.full(len(draws), i)) for i, one in enumerate(of_each)]
        return Reception([outcomes], [[one.bandwidth[0][0] for one in of_each]])


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    run(out / "a", NoisyLink("x"), NoisyLink("y"), snr_db=[0, 1 / 3])
    run(out / "b", Uneven("x"), NoisyLink("y"), snr_db=[0, 1 / 3])
    return out / "a", out / "b"


def test_differences_are_of_each_picture(two):
    table = compare(*two).pictures
    x = table[(table.link == "x") & (table.metric == "psnr") & (table.snr_db == 0)]
    assert list(x.number) == list(range(6)) and list(x.picture) == [f"p{i}" for i in range(6)]
    assert x.difference.to_numpy() == pytest.approx([0, -1, 0, 2, 0, 0], abs=0.2)
    of_a, of_b = (read_per_picture(folder) for folder in two)
    for side, of in (("a", of_a), ("b", of_b)):
        mine = of[(of.link == "x") & (of.metric == "psnr") & (of.snr_db == 0)]
        assert list(x[side]) == list(mine["mean"]) and list(x[f"std_{side}"]) == list(mine["std"])
    assert set(x.n_draws_a) == set(x.n_draws_b) == {16} and not x.same.any()
    y = table[table.link == "y"]
    assert y.same.all() and (y.difference == 0).all()


def test_means_of_pictures_are_the_difference_of_the_whole(two):
    found = compare(*two)
    means = found.pictures.groupby(["link", "snr_db", "metric"])["difference"].mean()
    for row in found.table[found.table.metric == "psnr"].itertuples():
        assert means[row.link, row.snr_db, row.metric] == pytest.approx(row.difference, abs=2e-4)


def test_units_tell_the_same_as_files(two, tmp_path):
    """Also on an axis value that tables round."""
    bare = shutil.copytree(two[1], tmp_path / "bare")
    (bare / "pictures.csv").unlink()
    expected, found = compare(*two).pictures, compare(two[0], bare).pictures
    assert len(found) == len(expected) == 2 * 2 * 6 * 1
    assert np.allclose(found.difference, expected.difference, atol=2e-4)


def test_two_links_of_one_run(two):
    table = compare(two[1], links={"x": "y"}, metrics=["psnr"], at=0.3).pictures
    assert set(table.link) == {"y - x"} and set(table.snr_db) == {0.333333}
    assert table.difference.to_numpy() == pytest.approx([0, 1, 0, -2, 0, 0], abs=0.2)


def test_what_cannot_be_had_is_one_line(two, tmp_path):
    bare = shutil.copytree(two[1], tmp_path / "bare")
    (bare / "pictures.csv").unlink()
    shutil.rmtree(bare / "units")
    with pytest.raises(LinksimError, match="bare keeps no results of single pictures"):
        _ = compare(two[0], bare).pictures
    with pytest.raises(LinksimError, match="no metric psnr_of_mean_mse of single pictures in both; take one of"):
        _ = compare(*two, metrics=["psnr_of_mean_mse"]).pictures
    run(tmp_path / "five", NoisyLink("x"), pictures=5, snr_db=[0])
    with pytest.raises(LinksimError, match="not of the same pictures"):
        _ = compare(two[0], tmp_path / "five").pictures
