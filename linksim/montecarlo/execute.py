"""Where units run: in this process, or in worker processes of this machine.

A pool takes units and gives back what they measured, in any order. Worker processes are held to one
thread per operation: a machine is filled with workers instead.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Protocol

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Link
from linksim.metrics.base import AnyMetric
from linksim.montecarlo.evaluate import Evaluator
from linksim.montecarlo.statistics import UnitStatistics
from linksim.montecarlo.unit import WorkUnit


@dataclass(frozen=True)
class Job:
    """What a worker needs to know once.

    Parameters
    ----------
    links : dict of fingerprint to Link
    pictures : list of Picture
    metrics : tuple of (name, version)
    own : dict of name to metric
        Those of a user's: a worker that has not run the script that registers them does not know their names.
    """

    links: dict[str, Link]
    pictures: list[Picture]
    metrics: tuple[tuple[str, str], ...]
    own: dict[str, AnyMetric] = field(default_factory=dict)

    def evaluator(self) -> Evaluator:
        """The metrics by name, ready to run units."""
        from linksim import metrics

        functions = {}
        for name, version in self.metrics:
            metric = self.own.get(name) or metrics.get(name)
            if str(metric.version) != version:
                raise LinksimError(
                    f"metric {name} is of version {metric.version} here and {version} where the sweep was started; "
                    "install the same linksim everywhere"
                )
            functions[name, version] = metric
        return Evaluator(self.links, self.pictures, functions)


class Pool(Protocol):
    """Takes units, gives back results."""

    capacity: int

    def submit(self, unit: WorkUnit) -> None:
        """Take a unit; at most `capacity` are in flight."""

    def completed(self) -> list[tuple[WorkUnit, UnitStatistics]]:
        """Wait for at least one of them."""

    def close(self) -> None:
        """Give up what is in flight and release everything."""


class InProcess:
    """Units run here, one after the other."""

    capacity = 1

    def __init__(self, job: Job):
        self._evaluate = job.evaluator()
        self._units: deque[WorkUnit] = deque()

    def submit(self, unit: WorkUnit) -> None:
        self._units.append(unit)

    def completed(self) -> list[tuple[WorkUnit, UnitStatistics]]:
        unit = self._units.popleft()
        return [(unit, self._evaluate(unit))]

    def close(self) -> None:
        self._evaluate.cache.close()


class Processes:
    """Units run in spawned processes, which die with this one.

    Parameters
    ----------
    job : Job
    workers : int
        At most.
    num_units : int
        Units that wait already: no more processes are started than these. Should more units come later, more are.

    Raises
    ------
    LinksimError
        If a link cannot be sent to another process.
    """

    def __init__(self, job: Job, workers: int, num_units: int):
        payload = pickle_job(job)
        self._workers = workers
        # enough waiting units that no worker is idle while this process writes a result
        self.capacity = 3 * workers
        self._futures: dict[concurrent.futures.Future, WorkUnit] = {}
        at_first = min(workers, num_units)
        # Made for all of them: so many units it hands out at once. Then held back to those that are needed.
        self._pool = concurrent.futures.ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), _start_worker, (payload,)
        )
        self._pool._max_workers = at_first
        # The workers inherit deafness to the Ctrl-C that a terminal sends to the whole group: this
        # process tells them when to stop. (That they sum in one thread they inherit as well.)
        with _without_interrupt():
            for _ in range(at_first):
                self._pool.submit(_ready)

    def submit(self, unit: WorkUnit) -> None:
        grows = self._pool._max_workers < min(self._workers, len(self._futures) + 1)
        if grows:
            self._pool._max_workers += 1  # the executor starts a process where none is idle
        with _interrupt_later() if grows else contextlib.nullcontext():
            self._futures[self._pool.submit(_run, unit)] = unit

    def completed(self) -> list[tuple[WorkUnit, UnitStatistics]]:
        done, _ = concurrent.futures.wait(self._futures, return_when=concurrent.futures.FIRST_COMPLETED)
        try:
            return [(self._futures.pop(future), future.result()) for future in done]
        except BrokenProcessPool as error:
            time.sleep(0.2)  # the SIGTERM that ended it may be on its way to this process, too
            raise LinksimError(
                "a worker process died (out of memory?). Finished units are kept; "
                "run the same command again, with fewer --workers"
            ) from error

    def close(self) -> None:
        # `shutdown` alone would wait for units in flight; what they measured is not wanted any more.
        processes = list((self._pool._processes or {}).values()) if self._futures else []
        for process in processes:
            process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)


def pickle_job(job: Job) -> bytes:
    """A job as bytes for another process (never for a disk).

    Raises
    ------
    LinksimError
        If a link or a metric does not survive it.
    """
    sent = [*(("link", link) for link in job.links.values()), *(("metric", metric) for metric in job.own.values())]
    for kind, part in sent:
        try:
            pickle.dumps(part)
        except Exception as error:  # anything at all may be raised by the pickling of foreign objects
            raise LinksimError(
                f"{kind} {part.name!r} cannot be sent to other processes ({_first_line(error)}); use workers=1, or "
                "define its functions at the top of a module"
            ) from error
    return pickle.dumps(job, pickle.HIGHEST_PROTOCOL)


def unpickle_job(payload: bytes) -> Evaluator:
    """The evaluator of a job that came from another process.

    Raises
    ------
    LinksimError
        If a link cannot be rebuilt, or turned into another one on the way.
    """
    try:
        job = pickle.loads(payload)
    except Exception as error:  # as above
        raise LinksimError(
            f"a link cannot be rebuilt in a worker process ({_first_line(error)}); use workers=1, or define its "
            "functions in a module that can be imported"
        ) from error
    for fingerprint, link in job.links.items():
        if link.fingerprint() != fingerprint:
            raise LinksimError(
                f"link {link.name!r} is another one in the worker than where the sweep was started; "
                "install the same linksim everywhere, or use workers=1"
            )
    return job.evaluator()


_evaluate: Evaluator | None = None
_failure: LinksimError | None = None


def _start_worker(payload: bytes) -> None:
    """First thing in a worker: die with the parent, then build what units refer to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    threading.Thread(target=_die_with_parent, daemon=True).start()
    global _evaluate, _failure
    try:
        _evaluate = unpickle_job(payload)
    except LinksimError as error:
        # raised from an initializer it would only read "a process terminated abruptly"
        _failure = error


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _ready() -> None:
    """The first unit of work of a worker: none."""


def _run(unit: WorkUnit) -> UnitStatistics:
    if _failure is not None:
        raise _failure
    assert _evaluate is not None
    return _evaluate(unit)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


@contextlib.contextmanager
def _without_interrupt() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change how signals are taken, and only it is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _interrupt_later() -> Iterator[None]:
    """Ctrl-C waits: a process that starts inside inherits that, and does not die half made."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
