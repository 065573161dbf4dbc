"""Workers, kills and Ctrl-C: the same bytes whatever happens."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.montecarlo import Sweep
from linksim.montecarlo.execute import Processes
from linksim.montecarlo.store import Store

SCRIPT = Path(__file__).parents[1] / "helpers" / "killable.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(SCRIPT.parent)])}


def start(out: Path, *options: str, pause_s: float = 0.0) -> subprocess.Popen:
    command = [sys.executable, str(SCRIPT), str(pause_s), "--out", str(out), *options]
    # A shell lets its background jobs ignore Ctrl-C, and a test run may be one.
    deaf = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, deaf)


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> bytes:
    """curve.csv of one undisturbed run in one process."""
    out = tmp_path_factory.mktemp("expected")
    process = start(out)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return (out / "curve.csv").read_bytes()


def units(out: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (out / "units").glob("*.jsonl"))


@pytest.mark.slow
def test_two_workers_give_the_same_bytes(tmp_path, expected):
    process = start(tmp_path, "--workers", "2")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert (tmp_path / "curve.csv").read_bytes() == expected


@pytest.mark.slow
def test_ten_kills_and_a_resume_give_the_same_bytes(tmp_path, expected):
    """kill -9 after random times, counted from the first unit that a run adds."""
    rng = random.Random(5)
    for _ in range(10):
        process = start(tmp_path, pause_s=0.02)
        before, deadline = units(tmp_path), time.monotonic() + 30
        while units(tmp_path) == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        process.communicate()
    assert not (tmp_path / "curve.csv").exists(), "it was to be killed before it is done"
    process = start(tmp_path)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert (tmp_path / "curve.csv").read_bytes() == expected


@pytest.mark.slow
def test_workers_die_with_their_parent(tmp_path):
    process = start(tmp_path, "--workers", "2", pause_s=0.05)
    deadline = time.monotonic() + 60
    while not units(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    children = _children(process.pid)
    assert len(children) >= 2
    process.kill()
    process.communicate()
    while any(_alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in children)


def _children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        pytest.skip("this system does not list children under /proc")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path, expected, workers):
    process = start(tmp_path, "--workers", workers, pause_s=0.3)
    deadline = time.monotonic() + 60
    while units(tmp_path) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in [*_children(process.pid), process.pid]:  # as a terminal does, to the whole group
        os.kill(pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1].endswith("Run the same command again to go on.")
    assert "Traceback" not in err
    kept = len(Store(tmp_path))
    assert kept >= 5
    process = start(tmp_path)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert (tmp_path / "curve.csv").read_bytes() == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_is_heard_like_ctrl_c(tmp_path, workers):
    """A batch system ends a run so: what was finished is kept, a line says where, and the exit code is 143."""
    process = start(tmp_path, "--workers", workers, pause_s=0.3)
    deadline = time.monotonic() + 60
    while units(tmp_path) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in [*_children(process.pid), process.pid]:
        os.kill(pid, signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 143, err
    assert err.strip().splitlines()[-1].endswith("Run the same command again to go on.") and "Traceback" not in err
    assert f"kept in {tmp_path}" in err and len(Store(tmp_path)) >= 3


@pytest.mark.slow
def test_no_more_workers_than_units_are_started(tmp_path, monkeypatch):
    """Eight were asked for, and two units are all there is to do."""
    monkeypatch.setattr("linksim.montecarlo.sweep.num_cores", lambda: 8)
    started = []
    completed = Processes.completed

    def watched(pool):
        started.append(len(pool._pool._processes))
        return completed(pool)

    monkeypatch.setattr(Processes, "completed", watched)
    Sweep("s", [NoisyLink()], picture_set(), [0, 5], max_draws=2, out=tmp_path).run(workers=8)
    assert max(started) <= 2


def test_a_script_shows_errors_in_one_line(tmp_path):
    process = start(tmp_path, "--snr", "0,nan")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.splitlines() == ["linksim: SNR nan dB is not a finite number; give values such as 0:20:2 or 0,5,10"]


def test_a_link_that_cannot_be_sent_says_so(tmp_path):
    link = NoisyLink()
    link.helper = lambda x: x
    with pytest.raises(LinksimError, match="cannot be sent to other processes.*use workers=1"):
        Sweep("s", [link], picture_set(), [0], out=tmp_path).run(workers=2)


class Failing(NoisyLink):
    def transmit(self, *_):
        raise LinksimError("this link never works; take another")


@pytest.mark.slow
def test_an_error_in_a_worker_arrives_as_it_is(tmp_path):
    with pytest.raises(LinksimError, match="this link never works; take another"):
        Sweep("s", [Failing()], picture_set(), [0], out=tmp_path).run(workers=2)


class Suicidal(NoisyLink):
    def transmit(self, *_):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_worker_that_is_killed_is_one_clear_error(tmp_path):
    with pytest.raises(LinksimError, match="a worker process died.*fewer --workers"):
        Sweep("s", [Suicidal()], picture_set(), [0], out=tmp_path).run(workers=2)


def test_a_cluster_without_dask_says_what_to_install(tmp_path):
    try:
        import distributed  # noqa: F401
    except ImportError:
        with pytest.raises(LinksimError, match=r"linksim\[cluster\]"):
            Sweep("s", [NoisyLink()], picture_set(), [0], out=tmp_path).run(cluster="local")
    else:
        result = Sweep("s", [NoisyLink()], picture_set(), [0, 5], max_draws=4, out=tmp_path / "a").run(cluster="local")
        alone = Sweep("s", [NoisyLink()], picture_set(), [0, 5], max_draws=4, out=tmp_path / "b").run()
        assert result.rows == alone.rows


@pytest.mark.slow
def test_a_metric_of_a_script_reaches_its_workers(tmp_path):
    """Also where the script is loaded by `linksim run`: workers know its name by the metric that is sent to them."""
    script = tmp_path / "with_metric.py"
    script.write_text(
        "import numpy as np\n"
        "from harness_fakes import NoisyLink, picture_set\n"
        "from linksim import Sweep\n"
        "from linksim.metrics import Metric, register\n"
        "def absolute(a, b):\n"
        "    return np.abs(a.astype(int) - b).mean(axis=(1, 2, 3))\n"
        "register(Metric('absolute', '', 1, False, absolute))\n"
        "sweep = Sweep('own', [NoisyLink()], picture_set(), [0], max_draws=2)\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-m", "linksim.cli", "run", str(script), "--workers", "2", "--out", str(out)]
    command += ["--metrics", "absolute"]  # known once the script is loaded
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "absolute" in (out / "curve.csv").read_text() and f"see {out}/curve" in done.stdout
    assert json.loads((out / "run.json").read_text())["metrics"] == {"absolute": {"higher_is_better": False}}
    # Another process knows nothing of it but what run.json says: the worst is what differs most.
    command = ["show", str(out), "--metric", "absolute", "--worst", "1", "--at", "0"]
    command = [sys.executable, "-m", "linksim.cli", *command]
    shown = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    found = pandas.read_csv(out / "pictures.csv").query("metric == 'absolute'")
    assert f"{found['mean'].max():.{2 if found['mean'].max() > 10 else 4}f}" in shown.stdout, shown
