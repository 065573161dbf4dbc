"""Templates filled in, and the written page of a result folder, `README.md`, as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt

_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@cache
def _templates() -> jinja2.Environment:
    # Names of links and pictures are text from elsewhere: everything is escaped unless a template says otherwise.
    loader = jinja2.PackageLoader("linksim.report.site", "templates")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.filters["script"] = script
    return made


def page(template: str, **values: Any) -> str:
    """A template with its values."""
    return _templates().get_template(template).render(**values)


def script(values: Any) -> str:
    """JSON that may stand inside a script element, whatever text it holds."""
    # Only "<" could end the element, or begin a comment in it.
    return json.dumps(values, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def written_page(folder: Path, names: Collection[str]) -> str:
    """`README.md` of a folder as HTML; empty where there is none. HTML in it is shown as text.

    Parameters
    ----------
    folder : Path
    names : collection of str
        The scenarios of the site: links to their pages go there, and other links within the project are text.
    """
    text = _read(folder / "README.md")
    if not text:
        return ""
    markdown = MarkdownIt("js-default", {"html": False})
    tokens = markdown.parse(re.sub(r"\A# .*\n", "", text))
    for token in tokens:
        _retarget(token.children or [], names)
    return markdown.renderer.render(tokens, markdown.options, {})


def _retarget(children: list[Any], names: Collection[str]) -> None:
    for child in children:
        if child.type == "image":
            child.attrSet("loading", "lazy")
        if child.type != "link_open":
            continue
        href = str(child.attrGet("href"))
        other = re.fullmatch(r"\.\./([^/]+)/(?:README\.md)?", href)
        if other and other[1] in names:
            child.attrSet("href", f"../{other[1]}/index.html")
        elif not re.match(r"https?://", href):
            child.attrs = {}


def sentence_of(folder: Path) -> str:
    """What came out, in a sentence: as the README of all results says it, else as the folder's own begins."""
    for line in _read(folder.parent / "README.md").splitlines():
        if line.startswith(f"| [{folder.name}]("):
            return _plain(line.rstrip("| ").rpartition(" | ")[2])
    paragraphs = [part for part in _read(folder / "README.md").split("\n\n") if not part.startswith(("#", "!", "|"))]
    return _plain(re.split(r"(?<=[.:])\s", paragraphs[0])[0]) if paragraphs else ""


def _plain(markdown: str) -> str:
    return re.sub(r"[`*]", "", _LINK.sub(r"\1", _IMAGE.sub("", markdown))).strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
