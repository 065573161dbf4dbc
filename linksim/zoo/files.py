"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from linksim.errors import LinksimError


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    LinksimError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LinksimError(f"{folder} cannot be made ({error.strerror}); choose another folder") from error
    if not os.access(folder, os.W_OK):
        raise LinksimError(f"{folder} cannot be written; choose another folder")


def replace_with(temporary: Path, path: Path) -> None:
    """Put a finished file in its place: on disk first, then under its name."""
    with open(temporary, "rb") as done:
        os.fsync(done.fileno())
    os.replace(temporary, path)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    LinksimError
        If the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        replace_with(temporary, path)
    except OSError as error:
        raise LinksimError(f"{path} cannot be written ({error.strerror}); free space or choose another folder") from error
    finally:
        temporary.unlink(missing_ok=True)
