"""The command as a user types it: exit codes, one line per mistake, nothing lost."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import linksim
from linksim.cli import app as cli

ROOT = Path(linksim.__file__).parent.parent


def command(*arguments, cwd=ROOT, **env):
    """Run `linksim` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "linksim.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )


def mistake(*arguments, **options) -> str:
    """Standard error of a call that must end in exit code 2, in one line, without a traceback."""
    done = command(*arguments, **options)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("linksim: ") and len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


SCENARIO = """
from linksim import SeparationLink, Sweep
from linksim.phy import Awgn, get_mcs
from linksim.source import Jpeg
sweep = Sweep("tiny", [SeparationLink(Jpeg(), get_mcs("4-QAM 1/2"), Awgn(), cbr=0.9)], pictures="pictures", snr_db=[20])
"""


@pytest.fixture
def tiny(tmp_path):
    """A folder with a scenario and one picture of 48x64 pixels."""
    import numpy as np
    from PIL import Image

    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "tiny.py").write_text(SCENARIO)
    (tmp_path / "pictures").mkdir()
    i, j, c = np.mgrid[0:48, 0:64, 0:3]
    Image.fromarray(np.uint8(127 + 80 * np.sin(0.2 * i + 0.1 * j * (c + 1)))).save(tmp_path / "pictures" / "waves.png")
    return tmp_path


def test_import_is_quick_and_quiet():
    """`import linksim` loads neither TensorFlow nor Sionna nor Keras, and prints nothing."""
    script = (
        "import sys, time; t = time.perf_counter(); import linksim; t = time.perf_counter() - t; "
        "print(t < 0.5, [m for m in ('tensorflow', 'sionna', 'keras', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "True []\n" and done.stderr == ""


@pytest.mark.parametrize("what", [w.value for w in cli.Listing])
def test_lists(what):
    result = CliRunner().invoke(cli.app, ["list", what])
    assert result.exit_code == 0, result.output
    expected = {
        "scenarios": "kodak_awgn",
        "zoo": "deepjscc/",
        "recipes": "deepjscc-gdn/",
        "pictures": "kodak",
        "metrics": "ms_ssim",
        "mcs": "16-QAM 2/3",
        "sources": "jpeg2000",
    }
    assert expected[what] in result.output


@pytest.mark.parametrize(
    "text, said",
    [
        ("def f(:\n", r"mine\d\.py, line 1: invalid syntax; mend the script"),
        ("import linksim\n\nsweep = linksim.Sweeep()\n", r"mine\d\.py, line 3: AttributeError: .*Sweeep"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", r"mine\d\.py, line 2: ZeroDivisionError: division by zero"),
        ("raise RuntimeError('two\\nlines')\n", r"mine\d\.py, line 1: RuntimeError: two lines; mend the script"),
        ("sweep = 3\n", "defines no `sweep`"),
    ],
)
def test_a_script_that_fails_is_one_line(tmp_path, capsys, text, said):
    path = tmp_path / f"mine{len(text) % 10}.py"  # a name of its own: scripts are imported
    path.write_text(text)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["run", str(path)])
    err = capsys.readouterr().err
    assert stopped.value.code == 2 and err.count("\n") == 1 and re.search(said, err) and err.startswith("linksim: ")


def test_every_scenario_says_what_it_shows():
    from linksim.cli import scenario_files

    known = scenario_files.names()
    assert {"quickstart", "kodak_awgn", "kodak_rayleigh", "cifar10_awgn"} <= set(known)
    assert all(len(scenario_files.summary(path)) > 20 for path in known.values())


def test_run_writes_its_files_and_show_prints_them(tiny):
    done = command("run", "tiny", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # TensorFlow's start-up noise does not reach the user
    for name in ("curve.csv", "curve.png", "panel.png", "run.json"):
        assert (tiny / "results" / "tiny" / name).stat().st_size > 100
    shown = command("show", "results/tiny", cwd=tiny)
    assert shown.returncode == 0 and "20 dB" in shown.stdout


def test_mistakes_are_one_line(tiny, monkeypatch, capfd):
    """In this process, since each start of TensorFlow takes seconds; the tests below start the command itself."""

    def mistaken(*arguments) -> str:
        with pytest.raises(SystemExit) as end:
            cli.main([str(a) for a in arguments])
        said = capfd.readouterr().err
        assert end.value.code == 2 and said.startswith("linksim: ") and len(said.strip().splitlines()) == 1, said
        return said

    monkeypatch.chdir(tiny)
    assert "quickstart" in mistaken("run", "no-such-scenario")
    for path in ("nofile.py", "scenarios/tiny", "scenarios", "./scenarios/", "pictures/waves.png"):
        there_is_none = f"there is no Python file {path!r}; name one that is there, or one of `linksim list`"
        assert (there_is_none in mistaken("run", path)) == (path != "scenarios")
    assert "recipes" in mistaken("train", "no-such-recipe")
    assert "multiple of 500" in mistaken("train", "deepjscc/cifar10-1_6-snr10", "--steps", "7", "--out", tiny)
    assert "has 2 phases" in mistaken("train", "rgan/photos", "--steps", "500", "--out", tiny)
    assert "--queue" in mistaken("train", "--minutes", "3")
    assert "no recipe is named" in mistaken("train")
    assert "has no recipes" in mistaken("train", "--queue", "scenarios/tiny.py")
    assert "cannot be read" in mistaken("train", "--queue", "none.json", "--status")
    assert "holds no run" in mistaken("zoo", "adopt", "deepjscc/none")
    assert "results/none" in mistaken("show", "results/none")
    (tiny / "README.md").write_text("no table")
    assert "results folder" in mistaken("show", "README.md")
    assert "finite" in mistaken("run", "tiny", "--snr", "nan")
    assert "out of range" in mistaken("run", "tiny", "--snr=5000")
    assert "--keep-pictures" in mistaken("run", "tiny", "--keep-pictures=0")
    assert "draws" in mistaken("run", "tiny", "--draws", "1")
    assert "jpeg2000" in mistaken("run", "tiny", "--sources", "jpeg,gif")
    assert "names no source codec" in mistaken("run", "tiny", "--sources", ",")
    assert "has an empty text" in mistaken("run", "tiny", "--links", "jpeg,,bpg")
    assert "take parts of JPEG + 4-QAM 1/2" in mistaken("run", "tiny", "--links", "bpg")
    (tiny / "pictures" / "zebra.png").write_text("not a picture")
    assert "zebra.png" in mistaken("run", "tiny")


def test_results_folder_that_cannot_be_written(tiny):
    (tiny / "results").write_text("a file in its place")
    assert "results" in mistake("run", "tiny", cwd=tiny)
    assert (tiny / "results").read_text() == "a file in its place"


def test_full_disk(tiny):
    """No file may grow beyond 4 kB, as on a full disk: one line, exit code 2, and the finished units are kept."""

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails like one on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "linksim.cli", "run", "tiny"],
        cwd=tiny,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=fill,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("linksim: ")
    assert list((tiny / "results" / "tiny" / "units").iterdir())
    assert command("run", "tiny", cwd=tiny).returncode == 0


def test_truncated_store_is_named_and_kept(tiny):
    """A record cut in the middle of the file is damage; the file stays as it is, byte for byte."""
    assert command("run", "tiny", "--snr", "15,20", cwd=tiny).returncode == 0
    (store,) = (tiny / "results" / "tiny" / "units").glob("*.jsonl")
    lines = store.read_bytes().splitlines(keepends=True)
    damaged = lines[0][:40] + b"\n" + b"".join(lines[1:])
    store.write_bytes(damaged)
    assert store.name in mistake("run", "tiny", "--snr", "15,20", cwd=tiny)
    assert store.read_bytes() == damaged


@pytest.mark.slow
def test_interrupt_says_how_to_go_on(tmp_path):
    """Ctrl-C in the middle of a training run: exit code 130, a checkpoint, and a line that says what to do."""
    script = (
        "import sys, numpy as np, linksim.training.loop as loop; loop.STEPS_PER_EPOCH = 2\n"
        "x = np.zeros((64, 16, 16, 3), np.uint8); loop.load_data = lambda recipe: (x, x[:4])\n"
        "import linksim.cli.app as cli\n"
        "sys.argv = ['linksim', 'train', 'deepjscc/cifar10-1_12-snr10', '--out', 'runs']\n"
        "cli.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", script],
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job would ignore it
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    checkpoint = tmp_path / "runs" / "deepjscc" / "cifar10-1_12-snr10" / "checkpoint.h5"
    deadline = time.monotonic() + 240
    while not checkpoint.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "goes on from the checkpoint" in output and checkpoint.exists()


def test_keep_pictures_may_stand_alone():
    assert cli.complete(["run", "x", "--keep-pictures"]) == ["run", "x", "--keep-pictures=panel"]
    assert cli.complete(["run", "--keep-pictures", "x"]) == ["run", "--keep-pictures=panel", "x"]
    assert cli.complete(["run", "--keep-pictures", "3", "x"]) == ["run", "--keep-pictures", "3", "x"]
    assert cli.complete(["run", "--keep-pictures=3"]) == ["run", "--keep-pictures=3"]


def test_every_command_explains_itself():
    for name in ("list", "run", "train", "show", "plot", "bench", "merge", "zoo"):
        result = CliRunner().invoke(cli.app, [name, "--help"])
        assert result.exit_code == 0 and len(result.output) > 200
