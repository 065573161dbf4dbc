"""Result folders: new ones, old ones, damaged ones."""

import json
from pathlib import Path

import pytest
from result_folders import table, write_folder

import linksim
from linksim.errors import LinksimError
from linksim.report import Curves, Panel, Table, draw, read

PUBLISHED = Path(linksim.__file__).parents[1] / "results"


def test_a_folder_says_axis_tags_envelopes_figures_and_points(tmp_path):
    rows = table({"best": 1 / 6, "a": 1 / 6}).rename(columns={"snr_db": "erasure_probability"})
    (tmp_path / "points.csv").write_text("source,link,erasure_probability,metric,value\npaper,X,0.1,psnr,28\n")
    figures = [Curves(x="cbr", group="scheme"), Panel(value=3.0), Table(("psnr", "ssim"), at=(0.0, 3.0))]
    folder = write_folder(
        tmp_path / "s", rows, tags={"a": {"scheme": "A", "cbr": 0.1}}, envelopes={"best": ["a"]},
        axis={"name": "erasure_probability", "label": "p", "values": [0.1]},
        figures=[figure.to_dict() for figure in figures], reference="../points.csv",
    )  # fmt: skip
    found = read(folder)
    assert (found.rows.axis.name, found.rows.axis.label) == ("erasure_probability", "p")
    assert found.rows.tag("a", "scheme") == "A" and found.rows.tag("best", "scheme") is None
    assert found.rows.members == {"a"} and found.figures == figures and found.received == []
    assert found.rows.reference[0]["value"] == "28"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in PUBLISHED.glob("*/curve.csv")))
def test_published_results_can_be_read(name):
    """Also those whose `run.json` is older than axes, tags and figures."""
    found = read(PUBLISHED / name)
    assert found.rows.axis.name in found.rows.table and "psnr" in found.rows.metrics
    assert set(found.rows.envelopes) <= set(found.rows.table["link"])


def test_an_old_folder_is_drawn_with_the_default_figures(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}, metrics=("psnr", "psnr_of_mean_mse", "ssim")))
    (folder / "run.json").unlink()
    assert [path.name for path in draw(folder)] == ["curve.png", "curve_ssim.png"]


def damage(name, change):
    def do(folder):
        path = folder / name
        path.write_text(change(path.read_text()))

    return do


def with_run(**said):
    return damage("run.json", lambda text: json.dumps({**json.loads(text), **said}))


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda f: (f / "curve.csv").unlink(), "curve.csv does not exist; run the scenario first"),
        (damage("curve.csv", lambda text: ""), "is not a linksim curve"),
        (damage("curve.csv", lambda text: "a,b\n1,2\n"), "is not a linksim curve .no column scenario"),
        (damage("curve.csv", lambda text: text.splitlines()[0]), "holds no rows"),
        (damage("curve.csv", lambda text: text.replace(",28.0,", ",broken,")), "damaged .column mean holds text"),
        (damage("curve.csv", lambda text: text.replace("snr_db", "other")), "no column 'snr_db'"),
        (damage("run.json", lambda text: text[:30]), "run.json is damaged"),
        (damage("run.json", lambda text: "[]"), "run.json does not describe a run"),
        (damage("run.json", lambda text: text.replace('"tags": {}', '"tags": 3')), "run.json is damaged"),
        (with_run(seed="x"), "run.json is damaged .no run writes 'seed' as 'x'.; run the scenario again"),
        (with_run(seed=True), "no run writes 'seed' as True"),
        (with_run(pictures=5), "no run writes 'pictures' as 5"),
        (with_run(pictures={"set": "kodak", "count": "abc"}), "no run writes 'pictures'"),
        (with_run(fingerprints=[1]), "no run writes 'fingerprints'"),
        (with_run(envelopes={"e": {"members": ["a"], "chosen": {"x": ["a"]}}}), "no run writes 'envelopes'"),
        (with_run(versions={"numpy": ["x" * 1000]}), r"no run writes 'versions' as .{,80}\.\.\)"),
        (damage("curve.csv", lambda text: text.replace(",3,8,", ",3,,")), "column n_draws is not of whole numbers"),
        (damage("run.json", lambda text: json.dumps({"figures": [{"kind": "pie"}]})), "no figure of the kind 'pie'"),
        (damage("run.json", lambda text: json.dumps({"reference": "none.csv"})), "none.csv cannot be read"),
    ],
)
def test_damage_is_named(tmp_path, spoil, message):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    read(folder)
    spoil(folder)
    with pytest.raises(LinksimError, match=message):
        read(folder)


def test_a_file_is_no_folder():
    with pytest.raises(LinksimError, match="name a results folder"):
        read(PUBLISHED / "README.md")
