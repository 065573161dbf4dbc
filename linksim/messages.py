"""What a user is told while work goes on: lines on standard error, so that nobody waits in silence."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

SILENCE_S = 5.0
"""Seconds after which a user hears how far a long piece of work is."""

LINE_S = 30.0
"""Seconds between the lines of a sweep or a training where there is no terminal for a bar: log files, notebooks."""


def tell(line: str) -> None:
    """One line to the user."""
    print(f"linksim: {line}", file=sys.stderr, flush=True)


def terminal() -> Console | None:
    """Standard error, if a bar can move there; None of log files, and of notebooks, where rich shows no bar without
    ipywidgets."""
    from rich.console import Console

    console = Console(stderr=True)
    return console if console.is_terminal and not console.is_jupyter else None


def time_left(seconds: float) -> str:
    """As people say it: "about 40 s left", "about 12 min left", "about 3 h 20 min left"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 120 else f"about {minutes // 60} h {minutes % 60:02d} min left"


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
