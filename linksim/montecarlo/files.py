"""Files that are written whole or not at all, and what to say when they cannot be."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from linksim.errors import LinksimError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; a reader, or a kill at any moment, sees the old or the new.

    Raises
    ------
    LinksimError
        If it cannot be written: a full disk, a read-only folder.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        _discard(temporary)
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> LinksimError:
    """The error of a file that could not be written, with the way on."""
    return LinksimError(
        f"{path} cannot be written ({error.strerror or error}). Finished units are kept; "
        "free space or choose another folder with --out, then run the same command again"
    )


def prepare_folder(folder: Path) -> None:
    """Make a folder and see, before any work is done, that it can be written to.

    Raises
    ------
    LinksimError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
            probe.flush()
    except OSError as error:
        raise LinksimError(
            f"results folder {folder} cannot be written ({error.strerror or error}); "
            "choose another with --out, or make it writable"
        ) from error


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # the folder itself may be what cannot be written; the first error is the one to show
