"""What a benchmark is made of: work done per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One line of the table: what, how much, in which unit."""

    what: str
    value: float
    unit: str


def per_second(work: Callable[[], int], seconds: float) -> float:
    """Things done per second: one call to warm up, then calls until the time is over."""
    work()
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        done += work()
    return done / elapsed
