"""A new figure touches one file: a perceptual metric against the bandwidth ratio, one curve per scheme.

What a scenario says is `figures=[Curves(x="cbr", y="toy-perceptual", group="scheme")]`; the rest is a
finished folder, drawn here without any link.
"""

import numpy as np
import pandas as pd
import pytest
from harness_fakes import NoisyLink, picture_set
from result_folders import COLUMNS, write_folder

import linksim.metrics
from linksim.links import UnprotectedLink
from linksim.metrics import Metric
from linksim.montecarlo import Sweep
from linksim.report import Curves, curves, draw, read
from linksim.report.rows import AxisInfo, Rows
from linksim.source import Jpeg

CBRS = (1 / 48, 1 / 24, 1 / 16)


@pytest.fixture
def toy(monkeypatch):
    """A distance that is small for good pictures, as LPIPS is, known to the registry for this test only."""
    monkeypatch.setattr(linksim.metrics.base, "_METRICS", dict(linksim.metrics.base._METRICS))
    metric = Metric(
        "toy-perceptual", "", version=1, higher_is_better=False,
        compute=lambda a, b: np.abs(a.astype(float) - b).mean(axis=(1, 2, 3)) / 255,
    )  # fmt: skip
    return linksim.metrics.register(metric)


def test_a_perceptual_metric_against_bandwidth_grouped_by_scheme(toy, tmp_path):
    links = {f"{scheme}, CBR {cbr:.3f}": (scheme, cbr) for cbr in CBRS for scheme in ("NTSCC", "BPG + LDPC")}
    rows = [
        ("s", name, 0, snr, toy.name, value, value - 0.01, value + 0.01, 3, 8, cbr, 1.0)
        for name, (scheme, cbr) in links.items()
        for snr in (0.0, 10.0)
        for value in [(0.3 if scheme == "NTSCC" else 0.5) - 2 * cbr - snr / 100]
    ]
    figure = Curves(x="cbr", y=toy.name, group="scheme", at=10.0)
    folder = write_folder(
        tmp_path / "s",
        pd.DataFrame(rows, columns=COLUMNS),
        tags={name: {"scheme": scheme, "cbr": cbr} for name, (scheme, cbr) in links.items()},
        figures=[figure.to_dict()],
    )
    assert [path.name for path in draw(folder)] == ["curve_toy-perceptual_cbr.png"]
    drawn = curves(read(folder).rows, figure)
    assert drawn._supylabel.get_text() == "TOY-PERCEPTUAL" and drawn._suptitle.get_text() == "s, 10 dB"
    lines = {line.get_label(): line for line in drawn.axes[0].get_lines()}
    assert list(lines) == ["NTSCC", "BPG + LDPC"]
    assert list(lines["NTSCC"].get_xdata()) == pytest.approx(CBRS)
    assert list(lines["NTSCC"].get_ydata()) == pytest.approx([0.2 - 2 * cbr for cbr in CBRS])


def test_bits_per_pixel_are_three_times_the_ratio():
    """As papers on compression draw it: one point for each quality of a codec, at what it takes."""
    points = [(1 / 6, 30.0), (1 / 3, 33.0), (5 / 6, 37.0)]
    links = [UnprotectedLink(Jpeg(), quality=quality) for quality in (10, 40, 90)]
    rows = [
        ("s", link.name, 0, wrong, "psnr", value - wrong, value - wrong, value - wrong, 3, 8, cbr, 1.0)
        for link, (cbr, value) in zip(links, points, strict=True)
        for wrong in (0.0, 10.0, 20.0)
    ]
    table = pd.DataFrame(rows, columns=[{"snr_db": "wrong_bits"}.get(name, name) for name in COLUMNS])
    published = {"source": "x", "link": "Cheng", "wrong_bits": "0", "metric": "psnr", "value": "34.5", "bpp": "0.75"}
    axis, tags = AxisInfo("wrong_bits", "wrong bits"), {link.name: link.tags for link in links}
    made = Rows(table, axis, tags, reference=[published])
    middle = curves(made, Curves(x="bpp", group="scheme")).axes[0].get_lines()
    assert [list(line.get_ydata()) for line in middle] == [[20.0, 23.0, 27.0]]
    (axes,) = curves(made, Curves(x="bpp", group="scheme", at=0)).axes
    line, marker = axes.get_lines()
    assert list(line.get_xdata()) == pytest.approx([0.5, 1.0, 2.5]) and list(line.get_ydata()) == [30.0, 33.0, 37.0]
    assert (line.get_label(), list(marker.get_xdata())) == ("JPEG", [0.75])
    assert axes.figure._supxlabel.get_text() == "bits per pixel"
    assert any(0 < tick < 1 for tick in axes.get_xticks())


def test_a_sweep_draws_it(toy, tmp_path):
    """From links to the figure: what a scenario says is the metric and the figure."""
    links = [NoisyLink(f"noise {i}", 0.1) for i in range(2)]
    for link, cbr in zip(links, (1 / 24, 1 / 12), strict=True):
        link.tags = {"scheme": "noise", "cbr": cbr}
    figure = Curves(x="cbr", y=toy.name, group="scheme", at=3)
    sweep = Sweep(
        "s", links, picture_set(), [3], max_draws=4, metrics=[toy.name], figures=[figure], out=tmp_path / "sweep"
    )
    sweep.run().save()
    assert (tmp_path / "sweep" / "curve_toy-perceptual_cbr.png").stat().st_size > 1000
