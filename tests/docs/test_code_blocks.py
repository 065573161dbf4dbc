"""Every code block of the documentation runs, or says why it does not."""

import sys
from pathlib import Path

import pytest
from doc_blocks import blocks_of, run_page

import linksim
from linksim import metrics
from linksim.codecs import registry

ROOT = Path(linksim.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(p for p in DOCS.glob("*.md")), *sorted((DOCS / "howto").glob("*.md"))]
WITH_CODE = [page for page in PAGES if any(block.is_python or "run" in block.said for block in blocks_of(page))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_is_run_or_says_why_not(page):
    """A comment before it: `<!-- run -->`, `<!-- needs: .. -->` or `<!-- not run: REASON -->`; see tests/helpers."""
    for block in blocks_of(page):
        if block.is_commands and "run" not in block.said:
            text = page.read_text(encoding="utf-8")
            ci = f"<!-- ci: run -->\n```\n{block.code}" in text or f"<!-- ci: test -->\n```\n{block.code}" in text
            assert ci or block.said.get("not run"), f"line {block.line}"
        if "not run" in block.said:
            assert len(block.said["not run"]) > 5, f"line {block.line}: give a reason"


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """An empty folder, and everything as it was afterwards: registries, imported files, the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    for module, name in ((metrics.base, "_METRICS"), (registry, "CODECS")):
        monkeypatch.setattr(module, name, dict(getattr(module, name)))
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page, own_folder):
    left_out = run_page(page)
    if left_out:
        pytest.skip("the others ran; " + "; ".join(left_out))
