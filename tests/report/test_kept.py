"""Panels from received pictures that were kept."""

import json

import pytest
from result_folders import keep_pictures, table, write_folder

from linksim import metrics
from linksim.errors import LinksimError
from linksim.report import Panel, panel_of, read


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_a_panel_shows_each_link_at_the_nearest_value(tmp_path):
    folder = write_folder(tmp_path / "s", table({"best": 1 / 6, "x": 1 / 6, "m": 1 / 6}), envelopes={"best": ["m"]})
    keep_pictures(folder, {"x": 1, "best": 1, "m": 1}, values=(0.0, 9.0))
    index = json.loads((folder / "received" / "index.json").read_text())
    for entry in index:
        if entry["link"] == "best":
            entry["note"] = "m"
        if entry["link"] == "x" and entry["value"] == 9.0:
            entry["delivered"] = False
    (folder / "received" / "index.json").write_text(json.dumps(index))
    figure = panel_of(read(folder), Panel(value=7))
    assert figure._suptitle.get_text() == "p0, 9 dB"
    assert titles(figure) == ["original", "x\n24.05 dB\nnot delivered", "best\n24.05 dB\nm"]
    assert panel_of(read(folder), Panel(value=0, picture=-1))._suptitle.get_text() == "p1, 0 dB"
    with pytest.raises(LinksimError, match="no picture 2; 2 were kept"):
        panel_of(read(folder), Panel(picture=2))


def test_layers_are_columns_and_few_links_show_more_pictures(tmp_path):
    folder = write_folder(tmp_path / "s", table({"x": 1 / 6, "y": 1 / 6}, layers={"x": 3}))
    keep_pictures(folder, {"x": 3, "y": 1}, pictures=4)
    figure = panel_of(read(folder))
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["x, p0", "y, p0", "x, p1", "y, p1", "x, p2", "y, p2"]
    assert titles(figure)[:4] == ["original", "layer 1: 24.05 dB", "layer 2: 30.07 dB", "layer 3: 36.09 dB"]
    assert figure._suptitle.get_text() == "SNR 3 dB"
    assert "layer 3" not in str(titles(panel_of(read(folder), Panel(layers=2))))


def test_missing_pictures_are_named(tmp_path):
    folder = write_folder(tmp_path / "s", table({"x": 1 / 6}))
    with pytest.raises(LinksimError, match="holds no received pictures; .* --keep-pictures"):
        panel_of(read(folder))
    keep_pictures(folder, {"x": 1})
    (folder / "received" / "1.png").write_bytes((folder / "received" / "1.png").read_bytes()[:40])
    with pytest.raises(LinksimError, match="1.png is damaged"):
        panel_of(read(folder))


def test_a_panel_says_metrics_and_the_bandwidth(tmp_path):
    folder = write_folder(tmp_path / "s", table({"x": 1 / 6}))
    keep_pictures(folder, {"x": 1})
    said = Panel(metrics=("mse", "dists"), cbr=True, zoom=[0, 0, 2])
    found = read(folder)
    shown = titles(panel_of(found, said))[1]
    lacking = metrics.get("dists").missing() is not None
    assert shown.startswith("x\n24.05 dB\nmse 256.000") and "CBR 1/6" in shown and ("DISTS" not in shown) == lacking
    with pytest.raises(LinksimError, match="give row, column and side"):
        Panel(zoom=(0, 0))
