"""Find and load scenario scripts by name."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError

if TYPE_CHECKING:
    from linksim.montecarlo import Sweep


def folders() -> list[Path]:
    """Where scenarios are looked for: `scenarios/` here, then beside the installed package."""
    here, beside = Path.cwd() / "scenarios", Path(__file__).resolve().parents[2] / "scenarios"
    return [f for f in dict.fromkeys((here, beside)) if f.is_dir()]


def names() -> dict[str, Path]:
    """All scenarios by name; a folder that comes first wins."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.py")):
            found.setdefault(path.stem, path)
    return found


def summary(path: Path) -> str:
    """First line of a script's docstring."""
    try:
        return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
    except (SyntaxError, UnicodeDecodeError, OSError) as error:
        return f"(cannot be read: {error})"


def find(name: str) -> Path:
    """The script of a scenario, by name or by its own path.

    Raises
    ------
    LinksimError
        If there is none, or it is no Python: whatever a script imports is not loaded for one with a slip in it.
    """
    known = names()
    path = Path(name) if name.endswith(".py") else known.get(name)
    if path is None or not path.is_file():
        choices = ", ".join(known) or "none found; run from the project's folder"
        raise LinksimError(f"unknown scenario {name!r}; known are: {choices}")
    path = path.resolve()
    try:
        with warnings.catch_warnings():  # the import gives them again
            warnings.simplefilter("ignore")
            ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:  # ValueError: zero bytes
        raise _no_python(path, error) from error
    except (RecursionError, MemoryError) as error:
        raise LinksimError(f"{path} is nested too deeply to be read; mend the script") from error
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); change its permissions") from error
    return path


def load(name: str | Path) -> Sweep:
    """The `sweep` of a scenario, by name or by path of the script.

    Raises
    ------
    LinksimError
        If there is no such scenario, it fails, or it defines no `sweep`.
    """
    from linksim.montecarlo import Sweep

    path = name if isinstance(name, Path) else find(name)
    # Imported by name, as `python script.py` could import it, so that workers find its functions too.
    sys.path.insert(0, str(path.parent))
    try:
        module = importlib.import_module(path.stem)
    except (LinksimError, KeyboardInterrupt):
        raise
    except SyntaxError as error:
        raise _no_python(path, error) from error
    except Exception as error:  # whatever a script of somebody else's does
        raise LinksimError(f"{_where(path, error)}: {_told(error)}; mend the script") from error
    if Path(module.__file__ or "") != path:
        raise LinksimError(f"{path.name} has the name of a module that is loaded already; rename the script")
    if not isinstance(getattr(module, "sweep", None), Sweep):
        raise LinksimError(f"{path} defines no `sweep`; assign a linksim.Sweep to that name")
    return module.sweep


def _no_python(path: Path, error: Exception) -> LinksimError:
    """The error of a script, or of one that it imports, that is no Python."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return LinksimError(f"{error.filename or path}, line {error.lineno}: {error.msg}; mend the script")
    return LinksimError(f"{path} is no Python script ({error}); name one, see `linksim list`")


def _where(path: Path, error: Exception) -> str:
    """The line of the script, or of what it imports beside it, at which it went wrong."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == path.parent]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(path)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
