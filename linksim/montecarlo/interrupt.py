"""Ctrl-C that cannot get lost, and SIGTERM that is heard like it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM: a batch system or a service manager ends the run."""


_terminated = threading.Event()


@contextlib.contextmanager
def heeding_termination() -> Iterator[None]:
    """Inside the block, SIGTERM raises `Terminated`, unless somebody else takes it or this is not the main thread."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def heard(number: int, frame: Any) -> None:
        _terminated.set()
        raise Terminated

    _terminated.clear()
    signal.signal(signal.SIGTERM, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _terminated.clear()  # who caught it may run something else


@contextlib.contextmanager
def heeding_interrupt() -> Iterator[Callable[[], None]]:
    """Inside the block, a function that raises KeyboardInterrupt where Ctrl-C (or SIGTERM) came and nobody heard.

    Python drops an exception that is raised in a finaliser or in a callback of the garbage collector ("Exception
    ignored in .."); the loop that it was to end would go on.
    """
    pressed = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield _check_terminated  # Ctrl-C is somebody else's matter
        return

    def heard(number: int, frame: Any) -> None:
        pressed.set()
        raise KeyboardInterrupt

    def check() -> None:
        _check_terminated()
        if pressed.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, heard)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _check_terminated() -> None:
    if _terminated.is_set():
        raise Terminated
