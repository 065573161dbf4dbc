"""Rows shared among threads: loops compiled by `_compiling` let go of the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from linksim.files import num_cores
from linksim.phy._tf import tf

ROWS_PER_TURN = 8
"""Rows that a thread takes at a time: enough to make a call worth while, few enough that no thread is left alone with
many."""


def in_turns(some: Callable[[slice], None], num_rows: int, threads: int | None = None) -> None:
    """Call a function for all rows, some at a time. Which thread takes which must not change what comes out.

    Parameters
    ----------
    some : function of a slice of rows
    num_rows : int
    threads : int or None
        At most that many; None is as many as TensorFlow may use.
    """
    turns = [slice(start, start + ROWS_PER_TURN) for start in range(0, num_rows, ROWS_PER_TURN)]
    threads = min(threads or _threads_of_tensorflow(), len(turns))
    if threads <= 1:
        for turn in turns:
            some(turn)
    else:
        list(_pool(threads).map(some, turns))


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that stay: to start them takes as long as to decode some blocks."""
    return ThreadPoolExecutor(threads)


# A forked process has none of them.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _threads_of_tensorflow() -> int:
    """How many threads TensorFlow may use for one operation: a worker of a sweep has one."""
    said = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return tf.config.threading.get_intra_op_parallelism_threads() or num_cores()
