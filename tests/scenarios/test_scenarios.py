"""Scenarios hold together, and the baseline stands where the literature has it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from linksim import images, scenario_files
from linksim.phy import Awgn, Transport, get_mcs
from linksim.phy.bler import transport_error_probability
from linksim.source import Bpg

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", sorted(scenario_files.names()))
def test_scenario_loads_and_its_links_are_told_apart(name):
    """Every link has a name and a fingerprint of its own, before anything is simulated."""
    sweep = scenario_files.load(name)
    links = sweep.simulated_links()
    assert sweep.name == name
    assert len({fingerprint for fingerprint, _ in links.values()}) == len(links) > 1


@pytest.mark.parametrize("path", sorted((ROOT / "results" / "reference").glob("*.csv")), ids=lambda p: p.stem)
def test_published_points_name_their_source(path):
    rows = list(csv.DictReader(path.open()))
    assert rows and all(len(row["source"]) > 5 and float(row["value"]) > 0 for row in rows)


def best_psnr(codec: Bpg, pixels: np.ndarray, max_bytes: int) -> float:
    """PSNR of the best quality within a budget, by bisection: a handful of encodes instead of all 52."""
    low, high = 0, 51  # on Kodak, bytes fall strictly with the QP
    while low < high:
        middle = (low + high) // 2
        if len(codec.encode_at(pixels, middle)) <= max_bytes:
            high = middle
        else:
            low = middle + 1
    decoded = codec.decode(codec.encode_at(pixels, low)).astype(float)
    return 10 * np.log10(255**2 / np.mean((decoded - pixels) ** 2))


@pytest.mark.slow
def test_kodak_baseline_meets_the_published_curve(data_folder):
    """CBR 1/16, 10 dB: BPG + 16-QAM 2/3 is 33.3 dB within 0.3 (WITT's curve), BPG + capacity at least 34.3."""
    codec, pictures = Bpg(), images.load("kodak")
    uses = 512 * 768 * 3 // 16
    transport = Transport(get_mcs("16-QAM 2/3"), uses)
    assert transport_error_probability(transport, Awgn().name, 10.0) < 1e-3
    psnr = np.mean([best_psnr(codec, p.pixels, transport.payload_bytes - 1) for p in pictures])
    assert psnr == pytest.approx(33.3, abs=0.3)
    capacity = int(uses * np.log2(11) / 8)
    assert np.mean([best_psnr(codec, p.pixels, capacity) for p in pictures]) >= 34.3
