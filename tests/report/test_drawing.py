"""Drawing a finished folder again: no link is needed, and the same folder gives the same files."""

import subprocess
import sys
from pathlib import Path

import pytest
from result_folders import keep_pictures, table, write_folder

import linksim
from linksim.errors import LinksimError
from linksim.report import Curves, Panel, Preferences, Table, draw, figure_from_dict

ROOT = Path(linksim.__file__).parents[1]


def test_the_figures_that_the_scenario_said_are_drawn(tmp_path):
    figures = [Curves(), Curves(x="cbr"), Panel(), Table()]
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}), figures=[figure.to_dict() for figure in figures])
    names = ["curve.png", "curve_psnr_cbr.png", "table.md", "table.csv"]
    assert [path.name for path in draw(folder)] == names, "no panel where no pictures were kept"
    keep_pictures(folder, {"a": 1})
    assert [path.name for path in draw(folder)] == [*names[:2], "panel.png", *names[2:]]


def test_formats_and_another_folder(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    paths = draw(folder, [Curves(file="mine")], ("png", "pdf", "svg"), out=tmp_path / "elsewhere")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        f"elsewhere/mine.{x}" for x in ("png", "pdf", "svg")
    ]
    heads = [path.read_bytes()[:5] for path in paths]
    assert heads == [b"\x89PNG\r", b"%PDF-", b"<?xml"]
    again = draw(folder, [Curves(file="again")], ("png", "pdf", "svg"))
    assert [a.read_bytes() for a in paths] == [b.read_bytes() for b in again]
    with pytest.raises(LinksimError, match="unknown format 'bmp'; take one of png, pdf, svg"):
        draw(folder, formats=["bmp"])


def test_drawing_needs_no_tensorflow(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    keep_pictures(folder, {"a": 1})
    script = (
        "import sys; from linksim import report; report.draw(sys.argv[1])\n"
        "heavy = ('tensorflow', 'sionna', 'keras', 'linksim.links', 'linksim.montecarlo')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done


@pytest.mark.parametrize(
    "figure", [Curves(x="cbr", y="ssim", variants={"a": "b"}), Panel(3.0, 1), Table(("psnr", "ssim")), Preferences("x")]
)
def test_figures_come_back_from_plain_values(figure):
    assert figure_from_dict(figure.to_dict()) == figure
    with pytest.raises(LinksimError, match="has no field 'colour'"):
        figure_from_dict({**figure.to_dict(), "colour": "red"})


def test_figures_that_make_no_sense():
    for make in (
        lambda: Curves(layers=0),
        lambda: Panel(layers=0),
        lambda: Table(()),
        lambda: Curves(y=""),
        lambda: Curves(file="../x"),
    ):
        with pytest.raises(LinksimError):
            make()
    with pytest.raises(LinksimError, match="variants names 'c', which is no link"):
        Curves(variants={"c": "a"}).check_names(["a", "b"])


PREFERENCES = "\n".join(
    [
        "ours,ours_cbr,theirs,theirs_cbr,value,share,ci_low,ci_high,participants,answers,note",
        "ours,0.02,theirs,0.04,10,0.8,0.7,0.9,12,90,",
        "ours,0.02,$more,0.08,10,0.4,0.3,0.5,12,90,",
        "",
    ]
)


def test_preferences_are_drawn_once_a_study_was_analysed(tmp_path, capsys):
    figures = [Table(), Preferences(file="asked")]
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}), figures=[figure.to_dict() for figure in figures])
    assert [path.name for path in draw(folder)] == ["table.md", "table.csv"]
    assert "no study was analysed into" in capsys.readouterr().err
    (folder / "preference.csv").write_text(PREFERENCES)
    assert [path.name for path in draw(folder)] == ["table.md", "table.csv", "asked.png"]
    assert capsys.readouterr().err == ""
    one = (folder / "asked.png").read_bytes()
    (folder / "preference.csv").write_text(PREFERENCES.replace("0.8,0.7,0.9", "0.6,0.5,0.7"))
    draw(folder)
    assert (folder / "asked.png").read_bytes() != one, "it shows the shares of the file"


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "does not exist; `linksim study analyse"),
        ("a,b\n1,2\n", "is not the outcome of a study"),
        (PREFERENCES.splitlines()[0] + "\n", "is not the outcome of a study"),
        (PREFERENCES.replace("0.04", "wide"), r"column theirs_cbr holds text"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_damaged_preferences_are_one_line(tmp_path, text, message):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    if text is not None:
        (folder / "preference.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LinksimError, match=message):
        draw(folder, [Preferences()])
