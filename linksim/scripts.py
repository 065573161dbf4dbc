"""Code of a user's, scripts and functions: whatever goes wrong in it is one line with the place where it did."""

from __future__ import annotations

import ast
import contextlib
import importlib
import site
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from linksim.errors import LinksimError


def split_name(text: str) -> tuple[Path | None, str]:
    """File and name of "mine.py:NAME", or of "mine.py"; no file where none is meant."""
    file, colon, name = text.rpartition(":")
    if colon and file.endswith(".py"):
        return Path(file), name
    return (Path(text), "") if text.endswith(".py") else (None, text)


def check_file(path: Path) -> None:
    """That there is such a script, and that it is Python: what it imports is not loaded for one with a slip in it.

    Raises
    ------
    LinksimError
        If there is none, it has a name that cannot be imported, or is no Python.
    """
    if not path.is_file():
        raise LinksimError(f"there is no file {path}; name a Python file")
    if "." in path.stem:  # for an import it would be a module in a package
        raise LinksimError(
            f"{path} has a dot in its name, so Python cannot import it; call it {path.stem.replace('.', '_')}.py"
        )
    try:
        with warnings.catch_warnings():  # the import gives them again
            warnings.simplefilter("ignore")
            ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:  # ValueError: zero bytes
        raise failed(path, error) from error
    except (RecursionError, MemoryError) as error:
        raise LinksimError(f"{path} is nested too deeply to be read; mend the script") from error
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); change its permissions") from error


def import_script(path: Path) -> ModuleType:
    """Import a Python file by its name, as `python script.py` beside it could, so that workers find its classes too.

    Its folder is put in front of `sys.path`.

    Raises
    ------
    LinksimError
        If there is no such file, it fails, or a module of its name is loaded already.
    """
    path = path.resolve()
    check_file(path)
    sys.path.insert(0, str(path.parent))
    try:
        module = importlib.import_module(path.stem)
    except (LinksimError, KeyboardInterrupt):
        raise
    except (Exception, SystemExit) as error:  # whatever a script of somebody else's does
        raise failed(path, error) from error
    if Path(module.__file__ or "").resolve() != path:
        raise LinksimError(f"{path.name} has the name of a module that is loaded already; rename the script")
    return module


def failed(path: Path, error: Exception | SystemExit) -> LinksimError:
    """The one line for what a script did: the line of the script, or of what it imports beside it, at which it went
    wrong, and the error."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return LinksimError(f"{error.filename or path}, line {error.lineno}: {error.msg}; mend the script")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == path.resolve().parent]
    if not own and isinstance(error, (SyntaxError, ValueError)):
        return LinksimError(f"{path} is no Python script ({error}); mend it, or name another")
    where = _place(own[-1]) if own else str(path)
    if isinstance(error, SystemExit):
        return LinksimError(
            f'{where}: the script ends here; put what is not to be imported under __name__ == "__main__"'
        )
    return LinksimError(f"{where}: {_said(error)}; mend the script")


@contextlib.contextmanager
def code_of_others(what: str) -> Iterator[None]:
    """Call a function of a user's inside: what goes wrong in it is one line with the place where it did.

    Parameters
    ----------
    what : str
        The function, such as "decode".

    Raises
    ------
    LinksimError
        From whatever the function raises, which stays its cause. Errors that say enough, `LinksimError` and
        `MemoryError`, stay as they are.
    """
    try:
        yield
    except (LinksimError, MemoryError):
        raise
    except Exception as error:  # whatever a function of somebody else's does
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_of_a_library(frame.filename)]
        where = f"{_place(own[-1])}, in {what}" if own else what
        raise LinksimError(f"{where}: {_said(error)}; mend the function") from error


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename}, line {frame.lineno}"


def _said(error: BaseException) -> str:
    """Type and message in one line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _is_of_a_library(file: str) -> bool:
    """Whether nobody who writes a codec would look there: linksim, Python itself, what is installed."""
    if file.startswith(("<frozen ", "<__array_function__")):
        return True
    return any(folder in Path(file).parents for folder in _libraries())


@lru_cache(maxsize=1)
def _libraries() -> tuple[Path, ...]:
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return (
        Path(__file__).resolve().parent,
        *map(Path, {*installed, *site.getsitepackages(), site.getusersitepackages()}),
    )
