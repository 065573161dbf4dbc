"""Units on a Dask cluster: the same units, the same results, other machines.

The scheduler keeps the job and hands it to every worker, also to one that comes later: a worker that is lost takes
nothing along. Where no worker is there, the run says so and waits.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from concurrent.futures import CancelledError
from typing import Any

from linksim.errors import LinksimError
from linksim.messages import tell
from linksim.montecarlo.evaluate import Evaluator
from linksim.montecarlo.execute import Job, pickle_job, unpickle_job
from linksim.montecarlo.statistics import UnitStatistics
from linksim.montecarlo.unit import WorkUnit

LOOK_S = 5.0
"""Seconds between two looks at the cluster while no unit is finished."""

_LOUD = ("distributed", "distributed.client", "tornado.application")

AGAIN_S = 60.0
"""Seconds after which a user hears again that the run waits."""


class Cluster:
    """Units run by the workers of a Dask scheduler.

    Parameters
    ----------
    job : Job
    address : str
        Of the scheduler, as in "tcp://10.0.0.1:8786", or "local" for one on this machine.

    Raises
    ------
    LinksimError
        If dask.distributed is not installed, or the scheduler cannot be reached.
    """

    def __init__(self, job: Job, address: str):
        try:
            import distributed
        except ImportError as error:
            raise LinksimError("--cluster needs dask.distributed; pip install 'linksim[cluster]'") from error
        # What its log says of lost peers, in many lines, is said here in one.
        self._levels = {name: logging.getLogger(name).level for name in _LOUD}
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._distributed, self._address = distributed, address
        self._gone_quiet = (TimeoutError, distributed.TimeoutError, distributed.comm.CommClosedError)
        payload = pickle_job(job)
        self._name = hashlib.sha256(payload).hexdigest()
        self._futures: dict[Any, WorkUnit] = {}
        self._told = -AGAIN_S
        self._local = self._client = None
        self._workers = 0
        try:
            if address == "local":
                self._local = distributed.LocalCluster(threads_per_worker=1)
            self._client = distributed.Client(self._local or address, timeout="30s")
            self._client.register_plugin(_payload_plugin(self._name, payload))
            self._workers = self._num_workers()
        except (OSError, ValueError) as error:
            self.close()
            raise LinksimError(
                f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`"
            ) from error
        except Exception as error:  # of a worker that cannot take the job in
            self.close()
            raise _other_linksim(error) from error

    @property
    def capacity(self) -> int:
        """Units in flight: three for each worker that there was at the last look."""
        return 3 * max(1, self._workers)

    def submit(self, unit: WorkUnit) -> None:
        # pure=False: Dask is not to reuse results by key, the store does that
        try:
            self._futures[self._client.submit(_run, self._name, unit, pure=False)] = unit
        except Exception as error:  # of a client whose scheduler is gone
            raise self._lost() from error

    def completed(self) -> list[tuple[WorkUnit, UnitStatistics]]:
        """Wait for at least one unit, and say so where no worker is there.

        Raises
        ------
        LinksimError
            If the scheduler is gone, or workers die with one unit again and again.
        """
        while True:
            self._say_who_is_missing()
            try:
                done, _ = self._distributed.wait(list(self._futures), timeout=LOOK_S, return_when="FIRST_COMPLETED")
                finished = [(future, self._result(future)) for future in done]
            except self._gone_quiet:
                continue  # a worker is lost with a result that it had, which is made again; or the next look tells
            except CancelledError as error:
                raise self._lost() from error
            return [(self._futures.pop(future), statistics) for future, statistics in finished]

    def _result(self, future: Any) -> UnitStatistics:
        try:
            return future.result(timeout=LOOK_S)
        except (LinksimError, CancelledError, *self._gone_quiet):
            raise
        except self._distributed.scheduler.KilledWorker as error:
            raise LinksimError(
                "workers of the cluster die with the same unit again and again (out of memory?). Finished units are "
                "kept; give the workers more memory, and run the same command again"
            ) from error
        except Exception as error:  # of a worker with another linksim, or with none
            raise _other_linksim(error) from error

    def _num_workers(self) -> int:
        return len(self._client.nthreads())

    def _say_who_is_missing(self) -> None:
        if self._client.status != "running":
            raise self._lost()
        try:
            self._workers = self._num_workers()
        except Exception as error:  # of a client whose scheduler is going
            raise self._lost() from error
        if self._workers:
            self._told = -AGAIN_S
        elif time.monotonic() - self._told >= AGAIN_S:
            self._told = time.monotonic()
            tell(f"the cluster has no worker; waiting for one: `dask worker {self._client.scheduler.address}`")

    def _lost(self) -> LinksimError:
        return LinksimError(
            f"the Dask scheduler at {self._address!r} is gone. Finished units are kept; start it, and run the same "
            "command again"
        )

    def close(self) -> None:
        alive = self._client is not None and self._client.status == "running"
        with contextlib.suppress(Exception):  # a scheduler that is gone has nothing to release
            if alive:
                self._client.cancel(list(self._futures))
                self._client.unregister_worker_plugin(self._name)
        with contextlib.suppress(Exception):
            self._client.close(timeout=1)
        if self._local is not None:
            self._local.close()
        if alive or self._client is None:  # of a scheduler that is gone, the client goes on to complain
            for name, level in self._levels.items():
                logging.getLogger(name).setLevel(level)


def _other_linksim(error: Exception) -> LinksimError:
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return LinksimError(
        f"a worker of the cluster failed ({why}). Finished units are kept; install the same Python and linksim "
        "everywhere, and run the same command again"
    )


_lock = threading.Lock()
_payloads: dict[str, bytes] = {}
_evaluators: dict[str, Evaluator] = {}


def _payload_plugin(job: str, payload: bytes) -> Any:
    """What the scheduler sends to every worker."""
    from distributed import WorkerPlugin

    class Payload(WorkerPlugin):
        name = job

        def setup(self, worker: Any) -> None:
            from linksim.montecarlo import cluster

            cluster._payloads[job] = payload

        def teardown(self, worker: Any) -> None:
            from linksim.montecarlo import cluster

            cluster._payloads.pop(job, None)

    return Payload()


def _run(name: str, unit: WorkUnit) -> UnitStatistics:
    with _lock:
        if name not in _evaluators:
            # one sweep at a time: the links of the one before would only fill memory
            _evaluators.clear()
            _evaluators[name] = unpickle_job(_payloads[name])
        evaluate = _evaluators[name]
    return evaluate(unit)
