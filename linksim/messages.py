"""What a user is told while work goes on: lines on standard error, so that nobody waits in silence."""

from __future__ import annotations

import sys
import time

SILENCE_S = 5.0
"""Seconds after which a user hears how far a long piece of work is."""


def tell(line: str) -> None:
    """One line to the user."""
    print(f"linksim: {line}", file=sys.stderr, flush=True)


class Ticker:
    """Counts a piece of work, and says every few seconds how far it is; short work says nothing.

    Parameters
    ----------
    what : str
        What is counted, such as "pictures coded with BPG".
    """

    def __init__(self, what: str):
        self._what = what
        self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Count: `done` of `total` are finished."""
        if done < total and time.monotonic() - self._told > SILENCE_S:
            self._told = time.monotonic()
            tell(f"{self._what}: {done} of {total}")
