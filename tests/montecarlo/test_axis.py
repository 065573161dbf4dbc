"""Sweeps over other axes than the SNR."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.links.along import Along
from linksim.montecarlo import Sweep
from linksim.montecarlo.axis import Axis, Cbr, ErasureProbability, SnrDb


class Erasing(NoisyLink):
    """The more is erased, the noisier."""

    axis = "erasure_probability"

    def transmit(self, pictures, value, draws, seed=0):
        return super().transmit(pictures, 20 * (1 - value), draws, seed)


def test_the_column_of_the_table_is_named_by_the_axis(tmp_path):
    sweep = Sweep("s", [Erasing()], picture_set(), axis=ErasureProbability([0.5, 0, 0.1]), max_draws=4, out=tmp_path)
    assert sweep.snr_db is None
    table = sweep.run().table
    assert sorted(set(table["erasure_probability"])) == [0, 0.1, 0.5]
    written = pd.read_csv(tmp_path / "curve.csv")
    assert list(written.columns) == list(table.columns) and "snr_db" not in written.columns
    psnr = written[written["metric"] == "psnr"].set_index("erasure_probability")["mean"]
    assert psnr[0] > psnr[0.1] > psnr[0.5]


def test_a_link_of_another_axis_is_refused(tmp_path):
    with pytest.raises(LinksimError, match="runs over erasure_probability and sweep 's' over snr_db; put it into"):
        Sweep("s", [Erasing()], picture_set(), [0], out=tmp_path).run()


def test_links_of_fixed_snr_along_the_bandwidth(tmp_path):
    """One link per ratio, each at 10 dB: the same numbers as a sweep of each at 10 dB."""
    links = {1 / 48: NoisyLink("a", 0.1), 1 / 16: NoisyLink("b", 0.3)}
    along = Along("cbr", links, at=10.0, name="both")
    result = Sweep("s", [along], picture_set(), axis=Cbr(links), max_draws=4, out=tmp_path / "along").run()
    apart = Sweep("s", list(links.values()), picture_set(), [10.0], max_draws=4, out=tmp_path / "apart").run()
    assert [row.mean for row in result.rows] == [row.mean for row in apart.rows]
    assert set(pd.read_csv(tmp_path / "along" / "curve.csv")["cbr"]) == set(links), "to the last digit"
    assert list(result.table.columns).count("cbr") == 1 and "cbr_used" in result.table
    assert (result.save() / "curve.png").stat().st_size > 1000
    with pytest.raises(LinksimError, match="has nothing at cbr 0.5; it has 0.0208333, 0.0625"):
        along.transmit(picture_set(), 0.5, range(1))


def test_models_at_their_own_snr(tmp_path):
    """Without `at` the axis is the links' own: each value is served by the link that stands there."""
    links = {0: NoisyLink("a", 0.1), 5: NoisyLink("b", 0.3)}
    matched = Along("snr_db", links, at=None, name="matched")
    rows = Sweep("s", [matched], picture_set(), [0, 5], max_draws=4, out=tmp_path / "matched").run().rows
    for value, link in links.items():
        alone = Sweep("s", [link], picture_set(), [value], max_draws=4, out=tmp_path / link.name).run().rows
        assert [row.mean for row in rows if row.value == value] == [row.mean for row in alone]
    with pytest.raises(LinksimError, match="has nothing at snr_db 3"):
        matched.transmit(picture_set(), 3.0, range(1))
    for axis, at, says in (("cbr", None, "give `at`"), ("snr_db", 10.0, "leave `at` None")):
        with pytest.raises(LinksimError, match=says):
            Along(axis, links, at=at, name="unclear")


def test_the_short_form_and_the_axis_give_way_to_each_other():
    """`dataclasses.replace` changes either."""
    sweep = Sweep("s", [NoisyLink()], snr_db=[3, 1])
    assert sweep.axis == SnrDb([1, 3]) and sweep.snr_db == (1, 3)
    assert dataclasses.replace(sweep, snr_db=[5]).axis.values == (5,)
    assert dataclasses.replace(sweep, axis=SnrDb([7])).snr_db == (7,)
    over_cbr = dataclasses.replace(sweep, axis=Cbr([0.1]))
    assert over_cbr.snr_db is None and dataclasses.replace(over_cbr, seed=1).axis == Cbr([0.1])
    with pytest.raises(LinksimError, match="runs over cbr and not over SNRs"):
        dataclasses.replace(over_cbr, snr_db=[5])


@pytest.mark.parametrize(
    "make", [lambda: ErasureProbability([1.5]), lambda: Cbr([0]), lambda: Axis("x", []), lambda: Axis("mean", [1]),
             lambda: Axis("x", [np.nan]), lambda: Axis("x", ["a"]), lambda: SnrDb([10**400])],
)  # fmt: skip
def test_an_axis_that_makes_no_sense_is_one_sentence(make):
    with pytest.raises(LinksimError, match="; "):
        make()
