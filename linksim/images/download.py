"""Downloads that are complete and verified, or absent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import cache_folder, replacing
from linksim.identity import digest_bytes
from linksim.places import pretty

TIMEOUT_S = 30.0
"""Longest silence of a server, in seconds."""


_allowed = ContextVar("downloads are allowed", default=True)


@contextmanager
def no_downloads() -> Iterator[None]:
    """Within this, `download` fetches nothing and raises instead."""
    token = _allowed.set(False)
    try:
        yield
    finally:
        _allowed.reset(token)


def download(url: str, target: Path, verify: Callable[[Path], None], dataset: str, remedy: str) -> None:
    """Fetch `url` into `target`, which appears only once it is whole and verified.

    The bytes go to a hidden file beside `target` that is renamed at the end and removed after
    any failure. A progress bar is drawn where stderr is a terminal.

    Parameters
    ----------
    url : str
        http or https address.
    target : Path
        File to make; its folder is made too.
    verify : function of a Path
        Raises ValueError if the downloaded file is not the expected one.
    dataset : str
        What messages call the data.
    remedy : str
        What the user can do instead, a sentence without its full stop.

    Raises
    ------
    LinksimError
        Without network, after an HTTP error, a failed verification or a write error; and within `no_downloads`.
    """
    if not _allowed.get():
        raise LinksimError(f"{dataset} is not in {pretty(cache_folder())}, and nothing is downloaded now. {remedy}.")
    import requests
    from pooch import HTTPDownloader

    missing = f"{dataset} is not in {pretty(cache_folder())} and could not be downloaded"
    bar = _Bar(f"{dataset}: {target.name}") if sys.stderr.isatty() else None
    try:
        with replacing(target) as partial:
            HTTPDownloader(progressbar=bar or False, chunk_size=1 << 16, timeout=TIMEOUT_S)(url, str(partial), None)
            verify(partial)
    except requests.exceptions.RequestException as error:
        raise LinksimError(f"{missing} ({_reason(error)}). {remedy}.") from error
    except ValueError as error:
        raise LinksimError(f"{missing} ({url}: {error}; nothing was kept). {remedy}.") from error
    except OSError as error:
        raise LinksimError(f"{missing} ({pretty(target)}: {error.strerror or error}). {remedy}.") from error
    finally:
        if bar:
            bar.close()


def sha256_of_file(expected: str) -> Callable[[Path], None]:
    """A check for `download`: the SHA-256 of the file's bytes, as a hex digest."""

    def verify(path: Path) -> None:
        with open(path, "rb") as file:
            found = digest_bytes(iter(lambda: file.read(1 << 20), b""))
        if found != expected:
            raise ValueError(f"SHA-256 is {found[:12]}.., not {expected[:12]}..")

    return verify


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return f"{error.response.url} answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer in {TIMEOUT_S:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no network"
    return type(error).__name__


class _Bar:
    """The object that pooch drives, drawn by rich: `total`, `update`, `reset`, `close`."""

    def __init__(self, description: str):
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(description, total=None)
        self._progress.start()

    @property
    def total(self) -> float | None:
        """Bytes to come."""
        return self._progress.tasks[0].total

    @total.setter
    def total(self, num_bytes: int) -> None:
        # pooch gives 0 where the server does not tell the size.
        self._progress.update(self._task, total=num_bytes or None)

    def update(self, num_bytes: int) -> None:
        """Count bytes that arrived."""
        self._progress.advance(self._task, num_bytes)

    def reset(self) -> None:
        """Start counting anew; pooch does so to end on the exact total."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()
