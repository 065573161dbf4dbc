"""Units on a Dask cluster: the same units, the same results, other machines."""

from __future__ import annotations

import hashlib
import threading

from linksim.errors import LinksimError
from linksim.montecarlo.evaluate import Evaluator
from linksim.montecarlo.execute import Job, pickle_job, unpickle_job
from linksim.montecarlo.statistics import UnitStatistics
from linksim.montecarlo.unit import WorkUnit


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
        self._distributed = distributed
        payload = pickle_job(job)
        self._local = None
        try:
            if address == "local":
                self._local = distributed.LocalCluster(threads_per_worker=1)
            self._client = distributed.Client(self._local or address, timeout="30s")
        except (OSError, ValueError) as error:
            raise LinksimError(
                f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`"
            ) from error
        self._name = hashlib.sha256(payload).hexdigest()
        self._payload = self._client.scatter(payload, broadcast=True, hash=False)
        workers = len(self._client.scheduler_info()["workers"])
        self.capacity = 3 * max(1, workers)
        self._futures: dict = {}

    def submit(self, unit: WorkUnit) -> None:
        # pure=False: Dask is not to reuse results by key, the store does that
        future = self._client.submit(_run, self._payload, self._name, unit, pure=False)
        self._futures[future] = unit

    def completed(self) -> list[tuple[WorkUnit, UnitStatistics]]:
        done, _ = self._distributed.wait(list(self._futures), return_when="FIRST_COMPLETED")
        return [(self._futures.pop(future), future.result()) for future in done]

    def close(self) -> None:
        self._client.cancel(list(self._futures))
        self._client.close()
        if self._local is not None:
            self._local.close()


_lock = threading.Lock()
_evaluators: dict[str, Evaluator] = {}


def _run(payload: bytes, name: str, unit: WorkUnit) -> UnitStatistics:
    with _lock:
        if name not in _evaluators:
            # one sweep at a time: the links of the one before would only fill memory
            _evaluators.clear()
            _evaluators[name] = unpickle_job(payload)
        evaluate = _evaluators[name]
    return evaluate(unit)
