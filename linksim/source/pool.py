"""One function on many things, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from linksim.errors import LinksimError
from linksim.messages import LINE_S


def for_each(
    function: Callable[..., object],
    arguments: Sequence[tuple[Any, ...]],
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Call `function(*arguments[i])` for every i, in spawned processes.

    Parameters
    ----------
    function : function of a module
        What it returns is dropped.
    arguments : sequence of tuples
        The longest work last: it is begun first, so that no core waits for it at the end.
    workers : int
        Processes. With 1, all is done in this process, as it is where the program was read from a pipe.
    progress : function of (done, total), optional
        Called in this process after every call, and where calls take long, every half minute.

    Raises
    ------
    LinksimError
        If a process died; and whatever the function raises.
    """
    workers = min(workers, len(arguments)) if _can_spawn() else 1
    if workers <= 1:
        for done, each in enumerate(arguments, 1):
            function(*each)
            if progress:
                progress(done, len(arguments))
        return
    # Spawned: forking a process in which TensorFlow runs threads can hang.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    waiting = list(arguments)
    running: set[Future[object]] = set()
    done = 0
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:  # few at a time: pictures do not pile up in the queue
                running.add(pool.submit(function, *waiting.pop()))
            finished, running = wait(running, LINE_S, return_when=FIRST_COMPLETED)
            if progress and not finished:  # one call may take a quarter of an hour
                progress(done, len(arguments))
            for future in finished:
                future.result()
                done += 1
                if progress:
                    progress(done, len(arguments))
    except BrokenProcessPool:
        raise LinksimError(
            "a process that coded pictures died, perhaps for want of memory; use fewer workers, "
            "and call warm() under `if __name__ == '__main__':`"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _can_spawn() -> bool:
    # A spawned process loads the main script again; a program that came through a pipe has none.
    file = getattr(sys.modules["__main__"], "__file__", None)
    return file is None or os.path.exists(file)
