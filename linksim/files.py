"""Files that are written whole or not at all, the cache folder, and how many cores there are."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from linksim.errors import LinksimError

CACHE_REMEDY = "free space, or set LINKSIM_CACHE to a folder that can be written"
RESULT_REMEDY = (
    "free space or choose another folder with --out, then run the same command again. Finished units are kept"
)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    What was written is on the disk before it gets its name: a reader, or a kill or power failure at any
    moment, meets the old file or the new one. After an error nothing is left behind.

    Raises
    ------
    OSError
        If the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())
        with open(temporary, "rb") as done:
            os.fsync(done.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to show
            temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes | str, remedy: str = "free space or choose another folder") -> None:
    """Replace `path` by `content`, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if there is none.
    content : bytes or str
        Text is written as UTF-8, line ends as they are.
    remedy : str
        What the user can do if it fails.

    Raises
    ------
    LinksimError
        If it cannot be written: a full disk, a read-only folder.
    """
    # Names of files need not be UTF-8; what Python makes of their other bytes is no text, and is written as \\udcff.
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise cannot_write(path, error, remedy) from error


def cannot_write(path: Path, error: OSError, remedy: str) -> LinksimError:
    """The error of a file that could not be written, with the way on."""
    return LinksimError(f"{path} cannot be written ({error.strerror or error}); {remedy}")


def prepare_folder(folder: Path, remedy: str = "choose another folder, or make it writable") -> None:
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
        raise cannot_write(folder, error, remedy) from error


@contextlib.contextmanager
def locked(path: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock file; it is free again when the block or the process ends, however it ends.

    Parameters
    ----------
    path : Path
    otherwise : str
        What is wrong and what to do, where another process holds it.

    Raises
    ------
    LinksimError
        If another process holds it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LinksimError(otherwise) from None
    except OSError as error:
        raise cannot_write(path, error, "choose another folder, or make it writable") from error
    try:
        yield
    finally:
        lock.release()


def cache_folder(*names: str) -> Path:
    """The folder `names` of the cache: under `LINKSIM_CACHE` (with `~` expanded), else the user's cache of linksim.

    It is not made.
    """
    override = os.environ.get("LINKSIM_CACHE")
    if override:
        root = Path(os.path.expanduser(override))
    else:
        import platformdirs

        root = Path(platformdirs.user_cache_dir("linksim"))
    return root.joinpath(*names)


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _umask() -> int:
    mask = os.umask(0)  # there is no other way to read it
    os.umask(mask)
    return mask
