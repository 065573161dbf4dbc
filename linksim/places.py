"""Where data sets lie: in `LINKSIM_DATA`, then in the cache."""

from __future__ import annotations

import os
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import cache_folder


def data_roots() -> list[Path]:
    """Folders in which data sets are looked for, first match first.

    Each has one folder per set: `kodak/`, `cifar10/`, `clic2021/`, `photos/`.

    Raises
    ------
    LinksimError
        If `LINKSIM_DATA` names no folder: a typing error there would otherwise start downloads.
    """
    roots = [cache_folder()]
    data = os.environ.get("LINKSIM_DATA")
    if data:
        root = Path(os.path.expanduser(data))
        if not os.path.isdir(root):
            raise LinksimError(f"LINKSIM_DATA is {data!r}, which is not a folder; correct it or unset it")
        roots.insert(0, root)
    return roots


def find(relative: str) -> Path | None:
    """The first existing `<root>/<relative>`, file or folder, or None."""
    # os.path and not Path: it answers False, and raises nothing, where a folder may not be entered.
    return next((root / relative for root in data_roots() if os.path.exists(root / relative)), None)


def pretty(path: Path) -> str:
    """`path` with the home folder as `~`, for messages."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)
