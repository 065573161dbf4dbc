"""The options that scripts and the command line share."""

import json

import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.files import locked
from linksim.montecarlo import Options, Sweep
from linksim.montecarlo.execute import InProcess
from linksim.montecarlo.option_texts import parse_snr
from linksim.report import Curves, read


@pytest.mark.parametrize(
    "text, values",
    [
        ("0:20:5", (0, 5, 10, 15, 20)),
        ("-2:2", (-2, -1, 0, 1, 2)),
        ("0,10,5", (0, 5, 10)),
        ("0:1:0.1", tuple(round(0.1 * i, 9) for i in range(11))),
        ("7", (7,)),
        ("0:4:2,9", (0, 2, 4, 9)),
    ],
)
def test_snrs_from_text(text, values):
    assert parse_snr(text) == values


@pytest.mark.parametrize("text", ["", "ten", "nan", "0:inf", "5:0:1", "0:5:0", "0:5:-1", "0:1:2:3", "0:1e9:1", "1,,2"])
def test_snrs_that_make_no_sense(text):
    with pytest.raises(LinksimError):
        parse_snr(text)


def sweep(**change) -> Sweep:
    return Sweep(**{"name": "s", "links": [NoisyLink()], "pictures": picture_set(4, (800, 1000)), **change})


def test_quick_is_a_first_look_beside_the_real_results():
    quick = Options(quick=True).apply(sweep(snr_db=range(21)))
    assert quick.snr_db == (0, 5, 10, 15, 20)
    assert (len(quick.load_pictures()), quick.max_draws, quick.ci_half_width) == (2, 16, 0.5)
    assert quick.folder.name == "s-quick"
    assert len(Options(quick=True).apply(sweep(snr_db=[3])).snr_db) == 1


def test_explicit_options_win_over_quick(tmp_path):
    quick = Options(snr="1,2", draws=4, out=str(tmp_path), quick=True).apply(sweep())
    assert (quick.snr_db, quick.max_draws, quick.folder) == ((1, 2), 4, tmp_path)


def test_sources_take_the_place_of_those_of_the_scenario():
    from linksim import SeparationLink
    from linksim.phy import Awgn, get_mcs
    from linksim.source import Jpeg

    jpeg = SeparationLink(Jpeg(), get_mcs("4-QAM 1/2"), Awgn(), cbr=1 / 4)
    changed = Options(sources="jpeg, jpeg2000,jpeg", quick=True).apply(sweep(links=[NoisyLink(), jpeg]))
    assert [link.name for link in changed.links] == ["noisy", jpeg.name, jpeg.name.replace("JPEG", "JPEG2000")]
    with pytest.raises(LinksimError, match="no link has a source codec"):
        Options(sources="jpeg").apply(sweep())
    # A figure that names the link which is gone goes on without it.
    drawn = sweep(links=[NoisyLink(), jpeg], figures=[Curves(variants={jpeg.name: "noisy"})])
    assert Options(sources="jpeg2000").apply(drawn).figures == [Curves()]


def test_published_points_are_of_the_pictures_of_the_scenario(tmp_path, capsys):
    reference = tmp_path / "points.csv"
    reference.write_text("source,link,snr_db,metric,value\npaper,theirs,5,psnr,30\n")
    kodak = sweep(pictures="kodak", reference=reference)
    assert Options(pictures="kodak:3").apply(kodak).reference_file() == reference
    assert Options(pictures="sample").apply(kodak).reference_file() is None
    assert "published points are of other pictures than sample" in capsys.readouterr().err


def test_results_of_other_pictures_do_not_replace_those_of_the_scenario(tmp_path):
    kodak = sweep(pictures="kodak")
    assert Options(pictures="kodak:3").apply(kodak).folder == kodak.folder
    assert Options(pictures="sample:2").apply(kodak).folder.name == "s-sample"
    assert Options(pictures="sample", quick=True).apply(kodak).folder.name == "s-sample-quick"
    (tmp_path / "my holiday, 2026").mkdir()
    assert Options(pictures=str(tmp_path / "my holiday, 2026")).apply(kodak).folder.name == "s-my-holiday-2026"
    assert Options(pictures="sample", out=str(tmp_path)).apply(kodak).folder == tmp_path
    (tmp_path / "kodak").mkdir()
    own = sweep(pictures=tmp_path / "kodak")  # a folder, and not the set
    assert Options(pictures="kodak").apply(own).folder.name == "s-kodak"
    assert Options(pictures=str(tmp_path / "kodak")).apply(own).folder == own.folder
    assert Options(pictures="sample").apply(sweep(pictures="kodak", out=".")).folder.name.endswith("-sample")


def test_workers():
    assert Options(workers="2").num_workers() == 2
    assert Options(workers="auto").num_workers() >= 1
    for bad in ("0", "-1", "many", "1.5", "100000"):
        with pytest.raises(LinksimError, match="--workers"):
            Options(workers=bad).num_workers()


def test_more_workers_than_cores_are_not_started(tmp_path, monkeypatch):
    asked = []

    class Counted(InProcess):
        def __init__(self, job, workers, num_units):
            asked.append(workers)
            super().__init__(job)

    monkeypatch.setattr("linksim.montecarlo.sweep.Processes", Counted)
    for cores, expected in ((8, 8), (1, 2)):
        monkeypatch.setattr("linksim.montecarlo.sweep.num_cores", lambda cores=cores: cores)
        sweep(pictures=picture_set(), snr_db=[0], max_draws=2, out=tmp_path / str(cores)).run(workers=1000)
        assert asked[-1] == expected


def test_two_runs_in_one_folder_do_not_do_the_same_work(tmp_path, capsys):
    (tmp_path / "units").mkdir()
    with locked(tmp_path / "units" / ".lock", "held"), pytest.raises(SystemExit) as caught:
        sweep(pictures=picture_set(), snr_db=[0]).main(["--draws", "2", "--out", str(tmp_path)])
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        f"linksim: another run is at work in {tmp_path}; wait for it, or give this one another --out\n"
    )
    sweep(pictures=picture_set(), snr_db=[0]).main(["--draws", "2", "--out", str(tmp_path)])


def test_an_empty_folder_name_is_no_folder():
    with pytest.raises(LinksimError, match="--out is empty"):
        Options(out="").apply(sweep())


def test_a_run_ends_in_one_line(tmp_path, capsys):
    sweep(pictures=picture_set(), snr_db=[0, 3]).main(["--draws", "4", "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"s: 2 points, 2 at the limit of 4 draws; see {tmp_path}/curve.png and curve.csv"]
    assert err == ""


def test_bad_input_exits_with_2(capsys):
    with pytest.raises(SystemExit) as caught:
        sweep().main(["--draws", "1"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("linksim: --draws 1:")


def test_seed_metrics_and_formats(tmp_path, capsys):
    small = sweep(pictures=picture_set(2, (40, 48)), snr_db=[0, 3], figures=[Curves()])
    small.main(["--draws", "2", "--out", str(tmp_path), "--seed", "5", "--metrics", "ssim", "--format", "svg,pdf"])
    assert f"{tmp_path}/curve.svg" in capsys.readouterr().out
    found = read(tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["seed"] == 5
    assert found.rows.metrics == ["psnr", "psnr_of_mean_mse", "ssim"]
    drawn = sorted(path.name for path in tmp_path.glob("curve*.*") if path.suffix != ".csv")
    assert drawn == ["curve.pdf", "curve.svg", "curve_ssim.pdf", "curve_ssim.svg"]


def test_another_seed_is_another_result():
    assert Options(seed=3).apply(sweep()).seed == 3 and Options().apply(sweep(seed=4)).seed == 4
    assert Options(metrics="psnr,ms_ssim").apply(sweep()).metrics == ["psnr", "ms_ssim"]


def test_a_metric_that_is_named_twice_is_measured_once():
    assert Options(metrics="ssim,ssim, ssim").apply(sweep()).metrics == ["psnr", "ssim"]
    assert sweep(metrics=("psnr", "ssim", "ssim")).setup().metrics == ("psnr", "ssim")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"seed": -1}, "--seed -1"),
        ({"metrics": "beauty"}, "no metric is called 'beauty'"),
        ({"format": "bmp"}, "unknown format 'bmp'"),
        ({"format": ""}, "unknown format ''"),
        ({"workers": "many"}, "--workers many"),
    ],
)
def test_options_are_checked_without_the_sweep(options, message):
    with pytest.raises(LinksimError, match=message):
        Options(**options).check()


@pytest.mark.parametrize("before, now, points", [(64, 16, 2), (24, 12, 2), (64, 2, 2), (16, 16, 0), (16, 32, 0)])
def test_draws_that_are_stored_and_not_used_are_said_once(tmp_path, capsys, before, now, points):
    """The result follows from what was asked; only that it is a worse one is not left unsaid."""
    small = sweep(pictures=picture_set(5), snr_db=[0, 3], ci_half_width=None)
    small.main(["--draws", str(before), "--out", str(tmp_path)])
    capsys.readouterr()
    small.main(["--draws", str(now), "--out", str(tmp_path)])
    said = f"linksim: {points} points have more draws stored than the {now} that are used; raise --draws"
    assert [line.startswith(said) for line in capsys.readouterr().err.splitlines()] == [True] * bool(points)
    assert set(read(tmp_path).rows.table["n_draws"]) == {now}


def test_of_a_point_that_is_at_its_target_nothing_is_missed(tmp_path, capsys):
    options = ["--draws", "64", "--out", str(tmp_path)]
    sweep(pictures=picture_set(5), snr_db=[0], ci_half_width=None).main(options)
    capsys.readouterr()
    sweep(pictures=picture_set(5), snr_db=[0], ci_half_width=20.0).main(["--draws", "32", *options[2:]])
    assert capsys.readouterr().err == ""
