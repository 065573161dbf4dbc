"""The site of the documentation: no warning, links and anchors that lead somewhere, nothing in the way of readers."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import linksim

ROOT = Path(linksim.__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site that CI built (`LINKSIM_SITE`), or one that is built now."""
    if folder := os.environ.get("LINKSIM_SITE"):
        return Path(folder)
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(folder)]
    built = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert built.returncode == 0, built.stderr[-4000:]
    return folder


class Page(HTMLParser):
    """What a page links to, and what can be linked to on it."""

    def __init__(self, path: Path):
        super().__init__()
        self.targets: set[str] = set()
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        for name in ("href", "src"):
            if attributes.get(name):
                self.targets.add(attributes[name])


@pytest.mark.slow
def test_links_and_anchors_of_the_site(site):
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 60
    lost = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
            anchored = not parts.fragment or file not in pages or unquote(parts.fragment) in pages[file].ids
            if not (file.is_file() and anchored):
                lost.append(f"{path.relative_to(site)}: {target}")
    assert not lost


@pytest.mark.slow
def test_every_scenario_is_in_the_gallery(site):
    text = (site / "gallery" / "index.html").read_text(encoding="utf-8")
    for path in (ROOT / "scenarios").glob("*.py"):
        assert path.stem in text, path.stem


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1920])
def test_pages_can_be_read_by_all(site, opened, width, scheme):
    """axe-core finds nothing in the way (WCAG 2.1 AA), and no page is wider than the window."""
    for name in ("concepts", "howto/channel", "gallery/kodak_awgn", "reference-numbers"):
        page = opened(site / f"{name}.html", width, color_scheme=scheme)
        assert page.overflow() <= 0, name
        assert page.obstacles() == [], name
