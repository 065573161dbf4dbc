"""A headless Chromium for tests of pages: one browser for a session, a page of its own for each `opened(..)`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium by way of Playwright; skips where either is missing."""
    api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page of its own, without a network; what it asked for and complained about."""

    def __init__(
        self, browser, path: Path | str, width: int = 1280, offline: bool = True, height: int = 900, **context: object
    ):
        self.context = browser.new_context(viewport={"width": width, "height": height}, offline=offline, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path if isinstance(path, str) else path.as_uri())
        self.page.wait_for_load_state("load")

    def obstacles(self) -> list[str]:
        """What axe-core finds to stand in the way of some readers (WCAG 2.1, levels A and AA), everything unfolded."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        self.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.page.wait_for_timeout(200)
        found = axe.run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        return [f"{one['id']}: {one['nodes'][0]['html'][:100]}" for one in found.response["violations"]]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.fixture
def opened(browser):
    """Opens a file, or an address of this machine with `offline=False`: `opened(path, width)`."""
    all_opened = []

    def open_(path: Path | str, width: int = 1280, **context: object) -> Opened:
        all_opened.append(Opened(browser, path, width, **context))
        return all_opened[-1]

    yield open_
    for one in all_opened:
        one.context.close()
