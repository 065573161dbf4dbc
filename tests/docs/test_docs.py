"""README and docs: links lead somewhere, examples are Python, commands and options exist."""

import re
import unicodedata
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

import linksim
from linksim import zoo
from linksim.cli.app import app

ROOT = Path(linksim.__file__).parents[1]
BUILT = {ROOT / "docs" / "reference-numbers.md", *(ROOT / "docs" / "gallery").glob("*.md")}
"""What Sphinx makes, and Git ignores."""
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page not in BUILT),
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
]
BUILT_NAMES = {ROOT / "docs" / "reference-numbers.md", ROOT / "docs" / "gallery" / "index.md"}
LINKED = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "results").rglob("README.md"))]


def tokens(page: Path) -> list:
    parsed = MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
    return [*parsed, *(child for token in parsed for child in token.children or ())]


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as Git pages and MyST make them."""
    parsed = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    heads = [parsed[i + 1].content for i, token in enumerate(parsed) if token.type == "heading_open"]
    kept = (
        "".join(c for c in unicodedata.normalize("NFC", head).lower() if c.isalnum() or c in " -_") for head in heads
    )
    return {head.strip().replace(" ", "-") for head in kept}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = [t.attrGet("href") or t.attrGet("src") for t in tokens(page) if t.type in ("link_open", "image")]
    for target in targets:
        path, _, anchor = str(target).partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        file = page.parent / path if path else page
        assert file in BUILT_NAMES or file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_are_python(page):
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info == "python":
            compile(token.content, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page):
    text = page.read_text(encoding="utf-8")
    used = [line for line in re.findall(r"linksim [a-z]+[^\n`&|]*", text)]
    for line in used:
        name, *words = line.split()[1:]
        of_group = words[:1] if name in ("zoo", "study") else []
        known = CliRunner().invoke(app, [name, *of_group, "--help"])
        if known.exit_code:
            assert name not in ("run", "plot", "show", "list", "train", "bench", "merge", "zoo", "report", "study"), (
                line
            )
            continue  # a sentence that begins with the name of the project
        for option in (word for word in words if word.startswith("--")):
            assert option in known.output, line


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "notebooks").glob("*.ipynb"))], ids=lambda page: page.name)
def test_models_that_are_named_are_in_the_zoo(page):
    text = page.read_text(encoding="utf-8")
    # a codec of the reader's own, whose class is given, is in no zoo
    named = re.findall(r"zoo\.load\(\\?\"([^\"\\]+)\\?\"(?!, codec=)", text)
    assert set(named) <= set(zoo.names())


def test_the_two_commands_of_continuous_integration_are_in_the_readme():
    text = PAGES[0].read_text(encoding="utf-8")
    for name in ("run", "test"):
        assert re.search(rf"^<!-- ci: {name} -->\n```\n[^\n]+\n```$", text, re.MULTILINE), name
