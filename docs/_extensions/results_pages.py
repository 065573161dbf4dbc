"""Pages that are made when the site is built, from `results/`, `scenarios/` and `notebooks/`. Nothing is simulated.

`gallery/` has a page for each published result folder, `reference-numbers.md` the published points beside ours, and
`notebooks/` copies of the notebooks with the outputs that are stored in them.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from outward_links import ROOT, rewritten
from reference_numbers import reference_numbers
from sphinx.application import Sphinx

RESULTS, DOCS = ROOT / "results", ROOT / "docs"
ROW = re.compile(
    r"^\| \[(?P<name>\w+)\]\([^)]+\) \| `(?P<command>[^`]+)` \| !\[\]\((?P<image>[^)]+)\) (?P<said>.+) \|$"
)


def rows_of(text: str) -> list[dict[str, str]]:
    """The scenarios in the table of `results/README.md`: name, command, image, and what came out."""
    return [match.groupdict() for match in map(ROW.match, text.splitlines()) if match]


def gallery_index(text: str) -> str:
    """The gallery's first page, from the text of `results/README.md`."""
    rows = rows_of(text)
    before, _, after = text.partition("| scenario |")
    prose = [
        before.partition("\n")[2].strip(),
        rewritten("\n\n".join(after.split("\n\n")[1:]), RESULTS, DOCS / "gallery").strip(),
    ]
    cards = "\n".join(
        f":::{{grid-item-card}} {row['name']}\n:link: {row['name']}\n:link-type: doc\n"
        f":img-top: ../../results/{row['image']}\n:img-alt: The main figure of {row['name']}\n\n{row['said']}\n:::\n"
        for row in rows
    )
    published = {row["name"] for row in rows}
    others = "\n".join(f"| `{name}` | {said} |" for name, said in scenarios().items() if name not in published)
    toctree = "\n".join([*(row["name"] for row in rows), "recipes"])
    return (
        f"# Gallery\n\n{prose[0]}\n\n::::{{grid}} 1 1 2 2\n:gutter: 3\n\n{cards}::::\n\n"
        + f"{prose[1]}\n\n## Scenarios without a published result\n\n| scenario | what it is |\n|---|---|\n{others}\n\n"
        + f"```{{toctree}}\n:hidden:\n\n{toctree}\n```\n"
    )


def scenarios() -> dict[str, str]:
    """Every scenario and the first line of its docstring."""
    paths = sorted((ROOT / "scenarios").glob("*.py"))
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in paths}
    return {name: said.partition("\n")[0] for name, said in docs.items()}


def scenario_page(folder: Path, command: str | None = None) -> str:
    """The page of a result folder: its README, the figures that are not in it, and the scenario's script."""
    text = (folder / "README.md").read_text(encoding="utf-8").rstrip()
    shown = set(re.findall(r"!\[[^]]*\]\(([^)]+)\)", text))
    text = re.sub(r"!\[\]\(([^)]+)\)", lambda image: f"![{_alt(folder.name, image[1])}]({image[1]})", text)
    parts = [text]
    rest = [path.name for path in sorted(folder.glob("*.png")) if path.name not in shown]
    if rest:
        parts += ["## Figures", *(f"![{_alt(folder.name, name)}]({name})" for name in rest)]
    script = ROOT / "scenarios" / f"{folder.name}.py"
    if script.is_file():
        parts.append("## The scenario")
        if command:
            parts.append(f"```\n{command}\n```")
        parts.append(f"```{{literalinclude}} ../../scenarios/{script.name}\n:language: python\n```")
    return rewritten("\n\n".join(parts) + "\n", folder, DOCS / "gallery")


def _alt(scenario: str, file: str) -> str:
    return f"{Path(file).stem.replace('_', ' ')} of {scenario}"


def _write(path: Path, content: str | bytes) -> None:
    """Only what changed, so that a second build is quick."""
    data = content.encode() if isinstance(content, str) else content
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def generate(app: Sphinx | None = None) -> None:
    """Write all of it into `docs/`, where Git ignores it, and remove what has no source any more."""
    index = (RESULTS / "README.md").read_text(encoding="utf-8")
    commands = {row["name"]: row["command"] for row in rows_of(index)}
    pages: dict[Path, str | bytes] = {DOCS / "gallery" / "index.md": gallery_index(index)}
    for readme in RESULTS.glob("*/README.md"):
        name = readme.parent.name
        pages[DOCS / "gallery" / f"{name}.md"] = scenario_page(readme.parent, commands.get(name))
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")
        pages[DOCS / "notebooks" / path.name] = text
    pages[DOCS / "reference-numbers.md"] = reference_numbers(RESULTS)
    for path, content in pages.items():
        _write(path, content)
    for folder in ("gallery", "notebooks"):
        for path in (DOCS / folder).iterdir():
            if path.is_file() and path not in pages and path.name != "index.rst":
                path.unlink()


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx's way in."""
    app.connect("builder-inited", generate)
    return {"parallel_read_safe": True}
