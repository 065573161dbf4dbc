"""Fill the rate-distortion cache with many pictures at once, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from linksim.errors import LinksimError
from linksim.source import rd
from linksim.source.base import SourceCodec, check_picture


def warm(
    codec: SourceCodec,
    pictures: Sequence[np.ndarray],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Compute the rate-distortion points of all pictures that are not in the disk cache yet.

    Parameters
    ----------
    codec : SourceCodec
    pictures : sequence of uint8 [H, W, 3]
    workers : int, optional
        Processes; as many as there are cores by default. They are spawned, not forked, so a script
        that calls this needs its `if __name__ == "__main__":`. With 1, all is done in this process,
        as it is where the program was read from a pipe.
    progress : function of (done, total), optional
        Called in this process after every picture, counting those that had to be computed.

    Returns
    -------
    int
        Number of pictures computed; 0 also where the cache cannot be written (there is a warning).

    Raises
    ------
    LinksimError
        If a picture or `workers` is bad, or a process died.
    """
    if workers is not None and workers < 1:
        raise LinksimError(f"workers={workers}: use 1 or more")
    missing = {}  # by cache file: a picture that comes twice is computed once
    for picture in map(check_picture, pictures):
        if not codec.is_cached(picture):
            missing[codec.cache_file(picture)] = picture
    todo = list(missing.values())
    if not todo or not rd.is_writable():
        return 0
    workers = min(workers or num_cores(), len(todo)) if _can_spawn() else 1
    if workers == 1:
        for done, picture in enumerate(todo, 1):
            codec.rd_points(picture)
            if progress:
                progress(done, len(todo))
    else:
        _in_processes(codec, todo, workers, progress)
    return len(todo)


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _can_spawn() -> bool:
    # A spawned process loads the main script again; a program that came through a pipe has none.
    file = getattr(sys.modules["__main__"], "__file__", None)
    return file is None or os.path.exists(file)


def _in_processes(
    codec: SourceCodec, todo: Sequence[np.ndarray], workers: int, progress: Callable[[int, int], None] | None
) -> None:
    # Spawned: forking a process in which TensorFlow runs threads can hang.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    # The largest first, so that no core waits for the last one; few at a time, so that pictures do
    # not pile up in the queue.
    waiting = sorted(todo, key=lambda picture: picture.size)
    running, done = set(), 0
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                running.add(pool.submit(_compute, codec, waiting.pop()))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                done += 1
                if progress:
                    progress(done, len(todo))
    except BrokenProcessPool:
        raise LinksimError(
            "a process that coded pictures died, perhaps for want of memory: use fewer workers, "
            "and call warm() under `if __name__ == '__main__':`"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _compute(codec: SourceCodec, picture: np.ndarray) -> None:
    # Only the file matters: the caller reads it when it needs it.
    codec.rd_points(picture)
