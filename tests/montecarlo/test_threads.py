"""TensorFlow's threads belong to the moment of running."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness_fakes import NoisyLink, picture_set

import linksim
from linksim.files import num_cores
from linksim.montecarlo import Sweep
from linksim.montecarlo.threads import on_several_threads, one_thread

NAMES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


class Asking(NoisyLink):
    """Fails unless the process is held to one thread."""

    def transmit(self, *arguments):
        assert [os.environ.get(name) for name in NAMES] == ["1"] * 3
        return super().transmit(*arguments)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_units_run_in_one_thread_and_the_environment_is_restored(tmp_path, monkeypatch, workers):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    Sweep("s", [Asking()], picture_set(1), [0], max_draws=2, out=tmp_path).run(workers=workers).panel()
    assert dict(os.environ) == before


def test_whoever_sets_the_variables_is_obeyed(monkeypatch):
    monkeypatch.setenv(NAMES[0], "3")
    with one_thread():
        assert os.environ[NAMES[0]] == "3"
    assert os.environ[NAMES[0]] == "3"


def test_importing_sweep_changes_nothing():
    script = (
        "import os, sys; before = dict(os.environ); from linksim import Sweep; import linksim.montecarlo.execute; "
        "print(dict(os.environ) == before, 'tensorflow' in sys.modules)"
    )
    env = {name: value for name, value in os.environ.items() if name not in NAMES}
    env["PYTHONPATH"] = str(Path(linksim.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env)
    assert done.stdout == "True False\n", done.stderr


SCRIPT = """
import os
from harness_fakes import NoisyLink, picture_set
from linksim import Sweep

class Telling(NoisyLink):
    def transmit(self, *arguments):
        with open("pids", "a") as file:
            print(os.getpid(), file=file)
        return super().transmit(*arguments)

if __name__ == "__main__":
    import tensorflow as tf
    tf.zeros(1) + 1  # as loading weights does: TensorFlow starts
    print(os.getpid(), file=open("main", "w"))
    Sweep("s", [Telling()], picture_set(1), [0], max_draws=2, figures=[], out="out").main()
"""


@pytest.mark.slow
@pytest.mark.skipif(num_cores() < 2, reason="one core has one thread")
@pytest.mark.parametrize("threads, here", [(None, False), ("1", True)])
def test_a_script_whose_weights_started_tensorflow_runs_in_a_worker(tmp_path, threads, here):
    """With several threads in this process, one worker is another process: the last bits are those of workers."""
    (tmp_path / "telling.py").write_text(SCRIPT)
    env = {name: value for name, value in os.environ.items() if name not in NAMES}
    places = Path(linksim.__file__).parents[1], Path(__file__).parents[1] / "helpers"
    env |= {"PYTHONPATH": os.pathsep.join(map(str, places)), **({NAMES[0]: threads} if threads else {})}
    done = subprocess.run([sys.executable, "telling.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = set((tmp_path / "pids").read_text().split())
    assert (ran == {(tmp_path / "main").read_text().strip()}) == here


def test_asking_for_threads_leaves_tensorflow_as_it_is(monkeypatch):
    """A runtime that has not started keeps its setting."""
    import tensorflow as tf

    monkeypatch.delenv(NAMES[0], raising=False)
    set_to = []
    monkeypatch.setattr("linksim.montecarlo.threads.num_cores", lambda: 4)
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: 3)
    monkeypatch.setattr(tf.config.threading, "set_intra_op_parallelism_threads", set_to.append)
    assert not on_several_threads() and set_to == [1, 3]
