"""`linksim score`: two pictures or two folders, and how close they are."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lpips_files import write_alex
from PIL import Image
from typer.testing import CliRunner

import linksim
from linksim import metrics
from linksim.cli.app import app, main
from linksim.metrics import base
from linksim.metrics.fid import FID

ROOT = Path(linksim.__file__).parents[1]


def waves(seed: int, noise: float = 0, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    i, j, c = np.mgrid[: size[0], : size[1], :3]
    picture = 127 + 80 * np.sin(0.2 * i + 0.1 * j * (c + 1) + seed)
    return np.uint8(np.clip(picture + np.random.default_rng(seed).normal(0, noise, picture.shape), 0, 255))


def save(pixels: np.ndarray, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, lossless=True)
    return path


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two pictures as PNG, and noisy ones of the same names as WebP; no weights of networks on this machine."""
    monkeypatch.setenv("LINKSIM_DATA", str(tmp_path))
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    for name in (2, 10):
        save(waves(name), tmp_path / "sent" / f"p{name}.png")
        save(waves(name, 5 + name), tmp_path / "got" / f"p{name}.webp")
    return tmp_path / "sent", tmp_path / "got"


def scored(*arguments) -> list[dict[str, str]]:
    done = CliRunner().invoke(app, ["score", *map(str, arguments), "--csv", "-"])
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def mistaken(capsys, *arguments) -> str:
    with pytest.raises(SystemExit) as end:
        main(["score", *map(str, arguments)])
    said = capsys.readouterr()
    assert end.value.code == 2 and said.out == "", said
    assert said.err.startswith("linksim: ") and said.err.count("\n") == 1, said.err
    return said.err


def test_pictures_of_two_folders_are_matched_by_name(folders):
    rows = scored(*folders, "--metric", "psnr,mse", "--metric", "ssim", "--metric", "psnr")
    assert [row["picture"] for row in rows] == ["p2", "p10", "mean"]
    assert list(rows[0]) == ["picture", "psnr", "mse", "ssim"]
    for name in ("psnr", "mse", "ssim"):
        values = [float(metrics.get(name)(waves(p)[None], waves(p, 5 + p)[None])[0]) for p in (2, 10)]
        assert [float(row[name]) for row in rows] == [*values, np.mean(values)]


def test_a_table_of_what_this_machine_can_compute(folders):
    """A line for each metric that it cannot, of photographs; the statistics of bits are not asked for."""
    done = CliRunner().invoke(app, ["score", *map(str, folders)])
    assert done.exit_code == 0, done.output
    head = next(line for line in done.stdout.splitlines() if "picture" in line)
    assert head.split() == ["picture", "mse", "psnr,", "dB", "ssim"]
    psnr = [float(metrics.get("psnr")(waves(p)[None], waves(p, 5 + p)[None])[0]) for p in (2, 10)]
    last = done.stdout.split("mean")[1].split()
    assert last[1] == f"{np.mean(psnr):.2f}"
    said = done.stderr.splitlines()
    assert [line.split(" is left out: ")[0] for line in said] == [
        f"linksim: {name}" for name in ("lpips", "lpips_squeeze", "lpips_vgg", "dists", "ms_ssim", "ms_ssim_db")
    ]
    assert "set LINKSIM_DATA" in said[0] and "at least 161x161" in said[-1]


def test_a_metric_that_one_picture_is_too_small_for_is_left_out_for_all(folders):
    """Means of different pictures could not be compared."""
    for folder in folders:
        save(waves(3, size=(170, 180)), folder / "a.png")
    done = CliRunner().invoke(app, ["score", *map(str, folders)])
    assert "ms_ssim" not in done.stdout and "ms_ssim is left out: " in done.stderr and "(p2)" in done.stderr


def test_two_files_need_not_have_one_name(folders, tmp_path):
    written = tmp_path / "new" / "score.csv"
    pair = [folders[0] / "p2.png", save(waves(2, 9), tmp_path / "jpeg.png")]
    done = CliRunner().invoke(app, ["score", *map(str, pair), "--metric", "mse", "--csv", str(written)])
    assert done.stdout == f"{written}\n" and done.stderr == ""
    mse = float(metrics.get("mse")(waves(2)[None], waves(2, 9)[None])[0])
    assert written.read_text() == f"picture,mse\njpeg,{mse!r}\nmean,{mse!r}\n"


def test_a_metric_of_whole_sets_stands_in_the_last_row(folders, monkeypatch):
    made = metrics.SetMetric(
        "rms", "", version=1, higher_is_better=False,
        accumulate=lambda a, b: ((a.astype(float) - b) ** 2).mean(axis=(1, 2, 3))[:, None],
        finish=lambda total, count: float(np.sqrt(total[0] / count)),
    )  # fmt: skip
    monkeypatch.setitem(base._METRICS, "rms", made)
    rows = scored(*folders, "--metric", "mse,rms")
    assert [row["rms"] for row in rows[:-1]] == ["", ""]
    assert float(rows[-1]["rms"]) == pytest.approx(float(rows[-1]["mse"]) ** 0.5)
    assert "rms" not in scored(*folders)[0]  # not unless it is named


def test_fid_is_fed_all_pictures(folders, tmp_path, monkeypatch):
    class Counting:
        def __init__(self):
            self.seen = []

        def add(self, reference, reconstruction):
            FID.check(reference, reconstruction)
            self.seen.append(reference)

        def value(self):
            assert all((a == waves(p)[None]).all() for a, p in zip(self.seen, (2, 10)))
            return float(len(self.seen))

    lacking = FID.missing()
    place = lacking.split("there is no ")[1].split(" in ")[0]
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_bytes(b"")
    monkeypatch.setattr(metrics, "Fid", Counting)
    monkeypatch.setattr("linksim.cli.score.quiet_tensorflow", lambda: None)  # takes seconds, and serves nobody here
    rows = scored(*folders, "--metric", "fid")
    assert rows == [{"picture": "p2", "fid": ""}, {"picture": "p10", "fid": ""}, {"picture": "mean", "fid": "2.0"}]


def test_names_that_do_not_match_are_told(folders, capsys):
    sent, got = folders
    (got / "p10.webp").rename(got / "p11.webp")
    assert mistaken(capsys, sent, got) == (
        f"linksim: pictures are matched by name, but {sent} has no p11 and {got} has no p10; add or remove them\n"
    )
    for i in range(20, 27):
        save(waves(i), sent / f"p{i}.png")
    assert f"{got} has no p10, p20, p21, p22, p23 and 3 more; add" in mistaken(capsys, sent, got)
    save(waves(2), sent / "p2.jpg")
    assert f"{sent} has two pictures called p2 (p2.jpg and p2.png)" in mistaken(capsys, sent, got)


def test_mistakes_are_one_line(folders, capsys, tmp_path):
    sent, got = folders
    (tmp_path / "empty").mkdir()
    small = save(waves(2, size=(40, 64)), tmp_path / "small.png")
    assert "no metric is called 'pnsr'; choose one of " in mistaken(capsys, sent, got, "--metric", "pnsr")
    assert "lpips cannot be computed: there is no weights/" in mistaken(capsys, sent, got, "--metric", "lpips")
    assert "fid cannot be computed: there is no weights/" in mistaken(capsys, sent, got, "--metric", "fid")
    assert "p2: ms_ssim needs pictures of at least 161x161" in mistaken(capsys, sent, got, "--metric", "ms_ssim")
    assert f"{small} is a file and {got} a folder; give" in mistaken(capsys, small, got)
    assert f"{sent} is a folder and {small} a file; give" in mistaken(capsys, sent, small)
    assert "empty holds no picture" in mistaken(capsys, sent, tmp_path / "empty")
    assert "none is neither a picture nor a folder" in mistaken(capsys, sent, tmp_path / "none")
    assert f"p2.png has 48x64 and {small} has 40x64 pixels" in mistaken(capsys, sent / "p2.png", small)
    assert "is a folder; give --csv the name" in mistaken(capsys, sent, got, "--csv", tmp_path)
    assert "small.png" in mistaken(capsys, sent, got, "--csv", small / "score.csv")
    (got / "p10.webp").write_text("no picture")
    assert "p10.webp is not a PNG, JPEG or WebP picture" in mistaken(capsys, sent, got)


def command(*arguments, **env) -> subprocess.CompletedProcess:
    script = (
        "import sys; from linksim.cli.app import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted({'tensorflow', 'keras', 'sionna'} & set(sys.modules)))"
    )
    arguments = [sys.executable, "-c", script, "score", *map(str, arguments), "--csv", "-"]
    return subprocess.run(arguments, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=True)


def test_without_networks_no_framework_is_loaded(folders):
    done = command(*folders)
    assert done.stdout.endswith("\n[]\n") and done.stdout.startswith("picture,mse,psnr,ssim\n")


def test_tensorflow_is_quiet(folders, tmp_path):
    write_alex(tmp_path)
    done = command(*folders, "--metric", "lpips", TF_CPP_MIN_LOG_LEVEL="")
    assert done.stderr == "" and done.stdout.startswith("picture,lpips\np2,0.")


def test_long_work_says_how_far_it_is(folders, monkeypatch):
    from linksim import messages

    monkeypatch.setattr(messages, "SILENCE_S", 0)
    said = CliRunner().invoke(app, ["score", *map(str, folders), "--metric", "mse,psnr"]).stderr.splitlines()
    assert "linksim: pictures looked at: 1 of 2" in said and "linksim: values computed: 3 of 4" in said


def test_it_explains_itself():
    done = CliRunner().invoke(app, ["score", "--help"])
    assert done.exit_code == 0 and "--metric" in done.output and "--csv" in done.output
