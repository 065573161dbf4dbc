"""`linksim train --queue`: one thread for each training, as many side by side as there are cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import locked, num_cores, prepare_folder
from linksim.training.history import STEPS_PER_EPOCH
from linksim.training.queue import Standing, Wanted, last_epoch, standings

_ONE_THREAD = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OPENBLAS_NUM_THREADS")
_POLL_S = 0.5
_START_UP_S = 15


class _Running:
    """A recipe that a worker process trains."""

    def __init__(self, wanted: Wanted, root: Path, until: float):
        self.wanted = wanted
        self.seen = last_epoch(root / wanted.recipe.name)[0]
        arguments = [json.dumps(wanted.recipe.to_dict()), str(root), str(until), str(os.getpid())]
        arguments += [str(wanted.script)] if wanted.script else []
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", **{name: "1" for name in _ONE_THREAD}}
        self.log = root / wanted.recipe.name / "worker.log"
        prepare_folder(self.log.parent)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "linksim.training.queue_worker", *arguments],
                env={**os.environ, **quiet},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def failure(self) -> str:
        """Why the process ended, "" where all is well."""
        code = self.process.returncode
        if not code:
            return ""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if code == 2 and lines else f"its process ended with {code}; see {self.log}"


def serve(
    queue: Sequence[Wanted],
    root: Path,
    minutes: float | None = None,
    side_by_side: int | None = None,
    report: Callable[[Standing], None] = lambda standing: None,
) -> list[Standing]:
    """Train the recipes of a queue, those in greatest need first, until all are done or the time is up.

    Two trainings of one thread each get more done than one of two threads. Workers are niced, and end when
    this process does; whatever is killed goes on from its last epoch.

    Parameters
    ----------
    queue : sequence of Wanted
    root : Path
        Holds one folder for each recipe, and the lock that keeps a second queue out.
    minutes : float, optional
        How long; without end by default. The epoch under way is finished if there is time for it.
    side_by_side : int, optional
        Trainings at once; as many as there are cores by default.
    report : function of Standing, optional
        Called after each epoch of each recipe.

    Raises
    ------
    LinksimError
        If another queue works in `root`, or it cannot be written.
    """
    if minutes is not None and not minutes > 0:
        raise LinksimError(f"minutes is {minutes}; give a positive number")
    until = time.time() + 60 * minutes if minutes else float("inf")
    prepare_folder(root)
    failed: dict[str, str] = {}
    running: dict[str, _Running] = {}
    with locked(root / "queue.lock", f"another queue works in {root}; wait for it, or choose another folder"):
        try:
            while True:
                _collect(running, failed, root, queue, report)
                ready = [s for s in standings(queue, root, failed) if s.state == "ready"]
                ready = [s for s in ready if s.wanted.recipe.name not in running and _has_time(s, root, until)]
                if time.time() < until:
                    for standing in ready[: (side_by_side or num_cores()) - len(running)]:
                        name = standing.wanted.recipe.name
                        try:
                            running[name] = _Running(standing.wanted, root, until)
                        except LinksimError as error:
                            failed[name] = str(error)
                if not running:
                    return standings(queue, root, failed)
                time.sleep(_POLL_S)
        finally:
            for each in running.values():
                each.process.terminate()
            for each in running.values():
                each.process.wait()


def _has_time(standing: Standing, root: Path, until: float) -> bool:
    """Whether a recipe, started now, would end an epoch in time."""
    name, left = standing.wanted.recipe.name, until - time.time()
    return left > _START_UP_S + STEPS_PER_EPOCH * last_epoch(root / name)[1]


def _collect(
    running: dict[str, _Running],
    failed: dict[str, str],
    root: Path,
    queue: Sequence[Wanted],
    report: Callable[[Standing], None],
) -> None:
    """Report new epochs, and let go of workers that ended."""
    for name, each in list(running.items()):
        ended = each.process.poll() is not None
        if ended:
            del running[name]
            if why := each.failure():
                failed[name] = why
        step = last_epoch(root / name)[0]
        if step != each.seen or name in failed:
            each.seen = step
            report(next(s for s in standings(queue, root, failed) if s.wanted.recipe.name == name))
