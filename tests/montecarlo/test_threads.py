"""TensorFlow's threads belong to the moment of running."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness_fakes import NoisyLink, picture_set

import linksim
from linksim.montecarlo import Sweep
from linksim.montecarlo.threads import one_thread

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
