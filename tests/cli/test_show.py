"""`linksim show`: the table of a finished folder."""

import re

from harness_fakes import NoisyLink, picture_set
from result_folders import table, write_folder
from typer.testing import CliRunner

from linksim.cli.app import app
from linksim.errors import LinksimError
from linksim.montecarlo import Sweep


def test_show_prints_any_metric_and_axis(tmp_path):
    rows = table({"[a]": 1 / 6}, layers={"[a]": 2}).rename(columns={"snr_db": "erasure_probability"})
    folder = write_folder(tmp_path / "s", rows, axis={"name": "erasure_probability", "label": "erasures", "values": []})
    done = CliRunner().invoke(app, ["show", str(folder)])
    assert done.exit_code == 0 and "[a], after layer 2" in done.output and "erasures 3" in done.output


def test_show_has_decimals_enough_to_tell_values_apart(tmp_path):
    rows = table({"a": 1 / 6})
    folder = write_folder(tmp_path / "s", rows.assign(mean=rows["mean"] / 100))
    assert "0.2800" in CliRunner().invoke(app, ["show", str(folder)]).output


def test_show_prints_latex_of_some_values(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a & b": 1 / 6}, metrics=("psnr", "ssim")))
    done = CliRunner().invoke(app, ["show", str(folder), "--latex", "--at", "3", "--metric", "psnr,ssim"])
    assert done.exit_code == 0 and r"a \& b & $28.00 \pm 0.10$ & $28.00 \pm 0.10$ \\" in done.output
    assert r"\toprule" in done.output and "s: PSNR (dB), SSIM, 3 dB" in done.output


def test_show_single_pictures(tmp_path):
    sweep = Sweep("s", [NoisyLink("a"), NoisyLink("b", 0.4)], picture_set(3), [0, 5], max_draws=2, out=tmp_path / "s")
    sweep.run(progress=False)
    every = CliRunner().invoke(app, ["show", str(tmp_path / "s"), "--pictures", "--at", "0"])
    assert every.exit_code == 0 and every.output.count(" p1 ") == 2 and "psnr at 0 dB" in every.output
    worst = CliRunner().invoke(app, ["show", str(tmp_path / "s"), "--worst", "1"])
    lines = [line.split() for line in worst.output.splitlines() if line.strip().startswith(("a ", "b "))]
    mse = CliRunner().invoke(app, ["show", str(tmp_path / "s"), "--best", "1", "--metric", "mse"])
    assert re.search(r"^ *a +\d+ +p\d +\d+\.\d\d +\d+\.\d\d ", mse.output, re.MULTILINE), mse.output
    assert [line[0] for line in lines] == ["a", "b"] and "the worst 1 of every link" in worst.output


def test_a_folder_without_a_curve_says_what_it_holds(tmp_path):
    Sweep("s", [NoisyLink("a")], picture_set(1), [0], max_draws=2, out=tmp_path / "s").run(progress=False)
    (tmp_path / "s" / "curve.csv").unlink()
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "history.csv").write_text("step,seconds,psnr\n")
    for name, says in (("s", "is not finished; give its command again"), ("t", "holds a training"), ("u", "exist")):
        done = CliRunner().invoke(app, ["show", str(tmp_path / name)])
        assert isinstance(done.exception, LinksimError) and says in str(done.exception)


def test_show_only_some_links(tmp_path):
    links = [NoisyLink("a 1"), NoisyLink("b 2", 0.4)]
    Sweep("s", links, picture_set(3), [0, 5], max_draws=2, out=tmp_path / "s").run(progress=False)
    for options in ([], ["--latex"], ["--x", "cbr"], ["--pictures"], ["--worst", "1"]):
        done = CliRunner().invoke(app, ["show", str(tmp_path / "s"), "--links", "B", *options])
        assert done.exit_code == 0 and "b 2" in done.output and "a 1" not in done.output, done.output
        done = CliRunner().invoke(app, ["show", str(tmp_path / "s"), "--links", "c", *options])
        assert isinstance(done.exception, LinksimError) and "take parts of a 1; b 2" in str(done.exception)


def test_a_page_takes_no_options_of_tables(tmp_path):
    for option in (["--links", "a"], ["--latex"], ["--worst", "3"], ["--at", "0"], ["--metric", "ssim"]):
        done = CliRunner().invoke(app, ["show", str(tmp_path), "--web", *option])
        assert isinstance(done.exception, LinksimError) and f"{option[0]} is of tables; a page" in str(done.exception)


def test_published_folders_keep_no_single_pictures(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    done = CliRunner().invoke(app, ["show", str(folder), "--pictures"])
    assert isinstance(done.exception, LinksimError) and "keeps no results of single pictures" in str(done.exception)


def test_show_against_the_bandwidth_ratio_and_other_columns(tmp_path):
    links = {f"{kind} 1/{n}": 1 / n for n in (12, 6) for kind in "ab"}
    folder = write_folder(tmp_path / "s", table(links), tags={name: {"scheme": f"scheme {name[0]}"} for name in links})
    done = CliRunner().invoke(app, ["show", str(folder), "--x", "cbr", "--at", "3"])
    assert done.exit_code == 0 and "1/12" in done.output and "scheme a" in done.output and "30.00" in done.output
    source = CliRunner().invoke(app, ["show", str(folder), "--x", "cbr", "--at", "3", "--latex"]).output
    assert r"scheme a & $28.00 \pm 0.10$ & $30.00 \pm 0.10$ \\" in source
    draws = CliRunner().invoke(app, ["show", str(folder), "--metric", "n_draws"])
    assert draws.exit_code == 0 and "draws per picture" in draws.output and "8.00" in draws.output


def test_what_tables_of_pictures_have_not_is_refused(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    for which in (["--pictures"], ["--worst", "1"], ["--best", "1"]):
        for option in (["--latex"], ["--x", "cbr"], ["--group", "link"]):
            done = CliRunner().invoke(app, ["show", str(folder), *which, *option])
            assert isinstance(done.exception, LinksimError) and f"{option[0]} is of tables" in str(done.exception)
