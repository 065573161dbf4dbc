"""A Dask cluster whose parts come and go: the same bytes, or one line with what was finished kept."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness_fakes import NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.montecarlo import Sweep
from linksim.montecarlo.store import Store

pytest.importorskip("distributed", reason="dask.distributed is not installed; pip install 'linksim[cluster]'")

HELPERS = Path(__file__).parents[1] / "helpers"


class Machines:
    """Processes of a cluster, and of runs on it."""

    def __init__(self, folder: Path):
        self.folder, self.running = folder, []

    def start(self, *command: object, **options) -> subprocess.Popen:
        path = os.pathsep.join([str(HELPERS), os.environ.get("PYTHONPATH", "")])
        self.running.append(
            subprocess.Popen(
                [sys.executable, *map(str, command)], env={**os.environ, "PYTHONPATH": path}, text=True, **options
            )
        )
        return self.running[-1]

    def scheduler(self) -> subprocess.Popen:
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        options = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
        made = self.start("-m", "distributed.cli.dask_scheduler", *options, **quiet)
        until(file.exists)
        time.sleep(0.3)
        self.address = json.loads(file.read_text())["address"]
        return made

    def worker(self, *options: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        given = ("--nthreads", 1, "--no-dashboard", "--local-directory", self.folder, *(options or ["--no-nanny"]))
        return self.start("-m", "distributed.cli.dask_worker", self.address, *given, **quiet)

    def run(self, out: Path, pause_s: float = 0.0) -> tuple[subprocess.Popen, Path]:
        """A run on the cluster, and the file of what it says."""
        said = self.folder / f"{out.name}.err"
        command = (HELPERS / "killable.py", pause_s, "--out", out, "--cluster", self.address)
        with open(said, "w") as file:
            return self.start(*command, stderr=file, stdout=subprocess.DEVNULL), said


@pytest.fixture
def machines(tmp_path):
    made = Machines(tmp_path)
    yield made
    for process in made.running:
        process.kill()
        process.wait()


def until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


def lines(said: Path) -> list[str]:
    """What a run says beside how far it is, which it says every half minute on a busy machine."""
    return [line for line in said.read_text().splitlines() if " units, " not in line]


def units(out: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (out / "units").glob("*.jsonl"))


@pytest.mark.slow
def test_a_run_waits_for_workers_and_loses_nothing_with_one(machines, tmp_path):
    """No worker at first; the only one is killed; another comes: the very same bytes as without a cluster."""
    alone = machines.start(HELPERS / "killable.py", 0.0, "--out", tmp_path / "alone", stdout=subprocess.DEVNULL)
    machines.scheduler()
    run, said = machines.run(tmp_path / "out", pause_s=0.02)
    until(lambda: said.read_text().count("the cluster has no worker; waiting for one") == 1)
    first = machines.worker()
    until(lambda: units(tmp_path / "out") >= 3)
    first.kill()
    until(lambda: said.read_text().count("the cluster has no worker; waiting for one") == 2)
    assert run.poll() is None
    machines.worker()
    assert run.wait(timeout=120) == 0, said.read_text()
    assert alone.wait(timeout=120) == 0
    assert (tmp_path / "out" / "curve.csv").read_bytes() == (tmp_path / "alone" / "curve.csv").read_bytes()
    assert len(lines(said)) == 2, said.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("who", ["scheduler", "run"])
def test_what_was_finished_is_kept(machines, tmp_path, who):
    """The scheduler is killed, or the run is ended by SIGTERM: one line, and an exit code."""
    scheduler = machines.scheduler()
    machines.worker()
    run, said = machines.run(tmp_path / "out", pause_s=0.1)
    until(lambda: units(tmp_path / "out") >= 3)
    if who == "scheduler":
        scheduler.kill()
        assert run.wait(timeout=60) == 2
        assert "is gone. Finished units are kept" in said.read_text()
    else:
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 143
        assert "what was finished is kept" in said.read_text()
    assert len(lines(said)) == 1, said.read_text()
    assert len(Store(tmp_path / "out")) >= 3


class Suicidal(NoisyLink):
    def transmit(self, *_):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_workers_that_die_again_and_again_end_the_run_in_one_line(machines, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
    machines.scheduler()
    machines.worker("--nanny")
    with pytest.raises(LinksimError, match="workers of the cluster die with the same unit again and again"):
        Sweep("s", [Suicidal()], picture_set(), [0], out=tmp_path).run(cluster=machines.address)
