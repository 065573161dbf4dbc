"""A site with pictures of one colour each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from result_folders import table, write_folder

from linksim.report import Preferences, draw
from linksim.report.site.build import build_site

COLOURS = {"": (200, 200, 200), "red": (255, 0, 0), "blue": (0, 0, 255)}
VALUES = (0.0, 3.0, 6.0)


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
    (made / "preference.csv").write_text(
        "ours,ours_cbr,theirs,theirs_cbr,value,share,ci_low,ci_high,participants,answers,note\n"
        "red,0.166667,blue,0.083333,0,0.75,0.6,0.85,12,90,nobody was asked\n"
    )
    draw(made, [Preferences()])
    return made


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A site of one page with pictures."""
    root = tmp_path_factory.mktemp("site")
    build_site([folder_with_colours(root / "colours")], root / "site")
    return root / "site"
