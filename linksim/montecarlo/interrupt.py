"""Ctrl-C that cannot get lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def heeding_interrupt() -> Iterator[Callable[[], None]]:
    """Inside the block, a function that raises KeyboardInterrupt where Ctrl-C was pressed and nobody heard.

    Python drops an exception that is raised in a finaliser or in a callback of the garbage collector ("Exception
    ignored in .."); the loop that it was to end would go on.
    """
    pressed = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: None  # Ctrl-C is somebody else's matter
        return

    def heard(number: int, frame: Any) -> None:
        pressed.set()
        raise KeyboardInterrupt

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, heard)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
