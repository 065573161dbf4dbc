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


def pictures(output, link):
    """(number, B - A) of the rows of a link."""
    lines = (line.split() for line in output.splitlines())
    return [(int(line[1]), float(line[5])) for line in lines if line[:1] == [link] and len(line) == 10]


def test_the_worst_and_the_best_pictures(two, tmp_path):
    worst = command(*two, "--worst", 2, "--csv", tmp_path / "d.csv")
    best, every = command(*two, "--best", 2), command(*two, "--worst", 6)
    assert "B - A, psnr at 6 dB, the worst 2 of every link" in worst and "the best 2 of every link" in best
    order = pictures(every, "x")
    assert sorted(number for number, _ in order) == list(range(6))
    assert pictures(worst, "x") == order[:2] and pictures(best, "x")[0] == order[-1]
    assert [gain for _, gain in order] == sorted(gain for _, gain in order)
    assert not pictures(worst, "y") and "'y' is the same in both at 6 dB" in worst
    written = (tmp_path / "d.csv").read_text().splitlines()
    assert written[0] == ("link,layer,snr_db,metric,number,picture,a,b,difference,std_a,std_b,n_draws_a,n_draws_b,same")
    assert len(written) == 1 + 2 * 2 * 6  # links, SNRs, pictures


def test_where_low_values_are_better_the_worst_gain_most(tmp_path):
    for folder, link in (("a", NoisyLink("x", spread=0.3)), ("b", Better("x", spread=0.3))):
        run(tmp_path / folder, link, metrics=["mse"], pictures=3, snr_db=[0], draws=4)
    given = (tmp_path / "a", tmp_path / "b", "--metric", "mse", "--worst", 3)
    gains = [gain for _, gain in pictures(command(*given), "x")]
    assert gains == sorted(gains, reverse=True) and max(gains) < 0 and "mse at 0 dB" in command(*given)


def test_more_draws_on_one_side_are_said(two, tmp_path):
    run(tmp_path, Better("x", spread=0.3), draws=8)
    assert "its mean of a picture is over all of them" in command(two[0], tmp_path, "--worst", 1)
    assert "its mean of a picture" not in command(*two, "--worst", 1)


def test_mistakes_are_one_line(two):
    assert "give one of them" in refused(*two, "--worst", 1, "--best", 1)
    assert "--with names a link of B" in refused(*two, "--with", "x")
    assert "of single pictures in both" in refused(*two, "--worst", 1, "--metric", "psnr_of_mean_mse")
