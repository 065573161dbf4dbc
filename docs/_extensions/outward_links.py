"""Links that leave `docs/` on a Git page lead to the built page of the same thing on the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(\]\()([^)#:\s]+)(#[^)\s]*)?(\))")


def page_of(target: Path) -> str | None:
    """Where the site shows a file of the project, relative to `docs/`; None where it does not.

    Parameters
    ----------
    target : Path
        Relative to the project's root.
    """
    match target.parts:
        case ("results", "README.md"):
            return "gallery/index.md"
        case ("results", name, "README.md"):
            return f"gallery/{name}.md"
        case ("notebooks", name) if name.endswith(".ipynb"):
            return f"notebooks/{name}"
        case ("README.md",):
            return "index.md"
        case ("CONTRIBUTING.md",):
            return "contributing.md"
        case ("CHANGELOG.md",):
            return "changelog.md"
        case ("docs", *rest):
            return "/".join(rest)
    return None


def rewritten(text: str, folder: Path, shown_in: Path) -> str:
    """A page's text with its links as the site needs them.

    Parameters
    ----------
    text : str
        Markdown.
    folder : Path
        Where the links of the text start from.
    shown_in : Path
        The folder of the built page, in `docs/`.
    """

    def replace(match: re.Match[str]) -> str:
        path = Path(os.path.normpath(folder / match[2]))
        if not path.is_relative_to(ROOT):
            return match[0]
        page = page_of(path.relative_to(ROOT))
        if page is None and shown_in == folder:
            return match[0]
        target = path if page is None else ROOT / "docs" / page
        return f"{match[1]}{Path(os.path.relpath(target, shown_in)).as_posix()}{match[3] or ''}{match[4]}"

    return LINK.sub(replace, text)


def _source_read(app: Sphinx, name: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(name))
    if path.suffix == ".md":
        source[0] = rewritten(source[0], path.parent, path.parent)


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx's way in."""
    app.connect("source-read", _source_read)
    return {"parallel_read_safe": True}
