"""`linksim compare`: what differs between two finished folders."""

import re

import pytest
from compared_runs import Better, run
from harness_fakes import NoisyLink
from result_folders import table, write_folder
from typer.testing import CliRunner

from linksim.cli.app import app
from linksim.errors import LinksimError


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    run(out / "a", NoisyLink("x", spread=0.3), NoisyLink("y"))
    run(out / "b", Better("x", spread=0.3), NoisyLink("y"))
    return str(out / "a"), str(out / "b")


def command(*arguments):
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments):
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    assert isinstance(done.exception, LinksimError)
    return str(done.exception)


def test_the_command(two, tmp_path):
    output = command(*two, "--csv", tmp_path / "d.csv", "--metric", "psnr")
    assert "+0.05 ±" in output and " *" in output and "2 of 2 differences lie beyond" in output
    assert re.search(r"^ *y +\+0\.00 +\+0\.00 +same *$", output, re.MULTILINE), output
    assert (tmp_path / "d.csv").read_text().splitlines()[0] == (
        "link,layer,metric,snr_db,a,b,difference,half_width,significant,how,n_draws,over_pictures,better"
    )
    assert "no metric 'fid' in both" in refused(*two, "--metric", "fid")


def test_only_what_concerns_the_metrics_that_were_asked_for_is_said(tmp_path):
    a = write_folder(tmp_path / "a", table({"x": 1 / 6}, metrics=("psnr", "ssim")))
    b = write_folder(tmp_path / "b", table({"x": 1 / 6}))
    assert "only in A: 'x': ssim" in command(a, b) and "only in" not in command(a, b, "--metric", "psnr")


def test_one_value_of_the_axis(two):
    output = command(*two, "--at", 5)
    assert "snr_db 6" in output and "snr_db 0" not in output


def test_mistakes_are_one_line(two):
    assert "--with names a link of B" in refused(*two, "--with", "x")
