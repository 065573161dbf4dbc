"""Scenarios hold together, and the baseline stands where the literature has it."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest

from linksim import Sweep, images
from linksim.cli import scenario_files
from linksim.errors import LinksimError
from linksim.montecarlo.options import Options
from linksim.phy import Awgn, Transport, get_mcs
from linksim.phy.bler.probability import transport_error_probability
from linksim.pixels import mean_squared_error, psnr_of_mse
from linksim.report import load_reference
from linksim.source import Bpg

ROOT = Path(__file__).parent.parent.parent


def loaded(name: str) -> Sweep:
    """A scenario; the test is skipped where its pictures are out of reach, or weights that the zoo does not ship."""
    try:
        return scenario_files.load(name)
    except LinksimError as error:
        if "could not be downloaded" in str(error) or "`linksim train` makes more" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize("name", sorted(scenario_files.names()))
def test_scenario_loads_and_its_links_are_told_apart(name):
    """Every link has a name and a fingerprint of its own, before anything is simulated."""
    sweep = loaded(name)
    links = sweep.simulated_links()
    assert sweep.name == name
    assert len({fingerprint for fingerprint, _ in links.values()}) == len(links) > 0


def test_a_layered_scenario_runs_quickly(data_folder, tmp_path):
    """Table I on four pictures: the second layer adds, the more the better the transmitter knows the receiver;
    beyond m = 10 by less than four pictures can show."""
    options = Options(quick=True, pictures="cifar10:4", out=str(tmp_path))
    result = options.apply(loaded("kurka2019_table1")).run()
    table = result.table.query("metric == 'psnr'").set_index(["link", "layer"])
    assert table["cbr"].groupby("layer").mean().tolist() == pytest.approx([1 / 12, 1 / 6])
    assert set(table["n_draws"].drop("feedback", level="link")) == {10}
    psnr = table["mean"].unstack()
    assert (psnr[1] > psnr[0]).all()
    assert psnr[1]["m = 1"] < psnr[1]["m = 10"] < psnr[1]["feedback"]
    result.save()
    assert {p.name for p in tmp_path.iterdir()} >= {"curve.csv", "curve.png", "panel.png", "run.json"}
    assert "published" in [text.get_text() for text in result.plot().legends[0].get_texts()]


@pytest.mark.parametrize("path", sorted((ROOT / "results" / "reference").glob("*.csv")), ids=lambda p: p.stem)
def test_published_points_name_their_source(path):
    heads = next(line for line in path.read_text().splitlines() if not line.startswith("#")).split(",")
    axes = ("snr_db", "bit_error_probability", "erasure_probability", "wrong_bits")
    axis = next(name for name in axes if name in heads)
    rows = load_reference(path, axis)
    assert rows and all(len(row["source"]) > 5 and float(row["value"]) > 0 for row in rows)


def best_psnr(pixels: np.ndarray, *budgets: int) -> list[float]:
    """PSNR of the best quality within each budget, by bisection: a handful of encodes instead of all 52."""
    encode = functools.cache(functools.partial(Bpg().encode_at, pixels))
    return [_best(encode, pixels, budget) for budget in budgets]


def _best(encode, pixels: np.ndarray, max_bytes: int) -> float:
    low, high = 0, 51  # on Kodak, bytes fall strictly with the QP
    while low < high:
        middle = (low + high) // 2
        if len(encode(middle)) <= max_bytes:
            high = middle
        else:
            low = middle + 1
    return psnr_of_mse(mean_squared_error(pixels, Bpg().decode(encode(low))))


@pytest.mark.slow
def test_kodak_baseline_meets_the_published_curve(data_folder):
    """CBR 1/16, 10 dB: BPG + 16-QAM 2/3 is 33.3 dB within 0.3 (WITT's curve), BPG + capacity at least 34.3."""
    pictures = images.load("kodak")
    uses = 512 * 768 * 3 // 16
    transport = Transport(get_mcs("16-QAM 2/3"), uses)
    assert transport_error_probability(transport, Awgn().name, 10.0) < 1e-3
    budgets = transport.payload_bytes - 1, int(uses * np.log2(11) / 8)
    scheme, capacity = np.mean([best_psnr(p.pixels, *budgets) for p in pictures], axis=0)
    assert scheme == pytest.approx(33.3, abs=0.3)
    assert capacity >= 34.3


def test_bit_errors_cost_less_where_they_were_trained_with(tmp_path):
    """Table I of Yetis (2025) on one small photograph: both models lose, the one trained at 8 % loses less."""
    some = images.load("sample")[1].pixels[100:228, 100:292]
    sweep = dataclasses.replace(loaded("yetis2025_table1"), pictures=[images.Picture("cat", some)], out=tmp_path)
    result = dataclasses.replace(sweep, max_draws=8).run()
    last = result.table.query("metric == 'psnr'").sort_values("layer").groupby(["link", "bit_error_probability"]).last()
    psnr = last["mean"].unstack()
    lost = psnr[0.0] - psnr[0.16]
    for codec in ("DS2C2", "LIC-GMM-AM"):
        assert 0 < lost[f"{codec}, trained at 8 %"] < lost[f"{codec}, trained without errors"]
    result.save()
    assert "loss |" in (tmp_path / "table.md").read_text()
