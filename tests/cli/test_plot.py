"""`linksim plot`: a finished folder is enough."""

import subprocess
import sys
from pathlib import Path

import pytest
from result_folders import keep_pictures, table, write_folder
from typer.testing import CliRunner

import linksim
from linksim.cli.app import app, main
from linksim.report import Curves, Panel, Table

ROOT = Path(linksim.__file__).parents[1]


def names(result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [Path(line).name for line in result.output.split()]


@pytest.fixture
def finished(tmp_path):
    figures = [Curves(), Panel(), Table()]
    links = {f"{kind} 1/{n}": 1 / n for n in (6, 12) for kind in "ab"}
    return write_folder(
        tmp_path / "s", table(links, metrics=("psnr", "ssim")), tags={name: {"scheme": name[0]} for name in links},
        figures=[figure.to_dict() for figure in figures],
    )  # fmt: skip


def test_the_figures_of_the_scenario_are_drawn_again(finished, tmp_path):
    keep_pictures(finished, {"a 1/6": 1})
    done = CliRunner().invoke(app, ["plot", str(finished), "--format", "png,svg", "--out", str(tmp_path / "new")])
    assert names(done) == ["curve.png", "curve.svg", "panel.png", "panel.svg", "table.md", "table.csv"]
    assert len(list((tmp_path / "new").iterdir())) == 6 and not (finished / "curve.png").exists()


def test_another_figure_is_drawn_without_tensorflow(finished):
    script = (
        "import sys; from linksim.cli.app import main\n"
        "try: main(['plot', *sys.argv[1:]])\n"
        "finally:\n"
        "    heavy = ('tensorflow', 'sionna', 'keras', 'linksim.links')\n"
        "    print([m for m in heavy if m in sys.modules], file=sys.stderr)"
    )
    options = [finished, "--x", "cbr", "--metric", "psnr,ssim", "--group", "scheme", "--at", "3", "--format", "pdf"]
    done = subprocess.run([sys.executable, "-c", script, *map(str, options)], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "[]\n", done
    assert [Path(line).name for line in done.stdout.split()] == ["curve_psnr_cbr.pdf", "curve_ssim_cbr.pdf"]


def test_only_some_links_are_drawn(finished, tmp_path):
    """Those of the scenario's figures, and those of another one."""
    done = CliRunner().invoke(app, ["plot", str(finished), "--links", "A 1", "--out", str(tmp_path / "new")])
    assert names(done) == ["curve.png", "table.md", "table.csv"]
    lines = (tmp_path / "new" / "table.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["link", "a 1/6", "a 1/12"]
    options = ["--links", "b", "--metric", "ssim", "--format", "svg", "--out", str(tmp_path / "new")]
    assert names(CliRunner().invoke(app, ["plot", str(finished), *options])) == ["curve_ssim.svg"]
    drawn = (tmp_path / "new" / "curve_ssim.svg").read_text()
    assert "<!-- b 1/6 -->" in drawn and "<!-- a 1/6 -->" not in drawn


@pytest.mark.parametrize(
    "options, message",
    [
        (["--x", "cbr", "--at", "4"], "4 dB was not simulated"),
        (["--metric", "lpips"], "no metric 'lpips'"),
        (["--format", "bmp"], "unknown format 'bmp'"),
        (["--layers", "0"], "layers is 0"),
        (["--links", "c"], "--links c: no link is called so; take parts of a 1/6; b 1/6; a 1/12; b 1/12"),
        (["--links", "a,"], "--links 'a,' has an empty text"),
        (["--split", "colour"], "no link has the tag 'colour'"),
    ],
)
def test_mistakes_are_one_line(finished, capsys, options, message):
    with pytest.raises(SystemExit) as caught:
        main(["plot", str(finished), *options])
    error = capsys.readouterr().err
    assert caught.value.code == 2 and message in error and len(error.splitlines()) == 1
