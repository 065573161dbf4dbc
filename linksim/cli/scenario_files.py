"""Find and load scenario scripts by name."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.scripts import check_file, import_script

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
        If there is none, or it is no Python.
    """
    if name.endswith(".py") or "/" in name:
        path = Path(name)
        if not path.is_file() or path.suffix != ".py":
            raise LinksimError(f"there is no Python file {name!r}; name one that is there, or one of `linksim list`")
    else:
        known = names()
        if name not in known:
            choices = ", ".join(known) or "none found; run from the project's folder"
            raise LinksimError(f"unknown scenario {name!r}; known are: {choices}")
        path = known[name]
    path = path.resolve()
    check_file(path)
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
    module = import_script(path)
    if not isinstance(getattr(module, "sweep", None), Sweep):
        raise LinksimError(f"{path} defines no `sweep`; assign a linksim.Sweep to that name")
    return module.sweep
