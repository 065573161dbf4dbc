"""A headless Chromium for the pages, and a site with pictures of one colour each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from result_folders import table, write_folder

from linksim.report.site.build import build_site

COLOURS = {"": (200, 200, 200), "red": (255, 0, 0), "blue": (0, 0, 255)}
VALUES = (0.0, 3.0, 6.0)


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

    def __init__(self, browser, path: Path, width: int = 1280, **context: object):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.fixture
def opened(browser):
    """Opens a file: `opened(path, width)`."""
    all_opened = []

    def open_(path: Path, width: int = 1280, **context: object) -> Opened:
        all_opened.append(Opened(browser, path, width, **context))
        return all_opened[-1]

    yield open_
    for one in all_opened:
        one.context.close()


def folder_with_colours(folder: Path) -> Path:
    """Two links whose received pictures are red and blue, a shade darker at each value; red's are lost at 0 dB."""
    made = write_folder(
        folder,
        table({"red": 1 / 6, "blue": 1 / 12}, metrics=("psnr", "ssim")),
        tags={"red": {"scheme": "colour", "cbr": 1 / 6}, "blue": {"scheme": "colour", "cbr": 1 / 12}},
        command="linksim run s",
        versions={"python": "3"},
        stopped={"red": {"0": "target", "3": "target", "6": "limit"}},
        wall_time_s=75.0,
    )
    received = made / "received"
    received.mkdir()
    index = []
    for link, colour in COLOURS.items():
        for i, value in enumerate((None,) if not link else VALUES):
            pixels = np.full((60, 90, 3), colour, np.float64) * (1 - 0.2 * i)
            Image.fromarray(np.round(pixels).astype(np.uint8)).save(received / f"{link}{i}.png")
            index.append(
                {"link": link, "layer": 0, "picture": "p", "value": value, "file": f"{link}{i}.png",
                 "delivered": not (link == "red" and i == 0), "note": "chosen" if link == "blue" else ""}
            )  # fmt: skip
    (received / "index.json").write_text(json.dumps(index))
    return made


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A site of one page with pictures."""
    root = tmp_path_factory.mktemp("site")
    build_site([folder_with_colours(root / "colours")], root / "site")
    return root / "site"
