"""A study of two settings on eight patches, from folders of files alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from result_folders import table, write_folder

from linksim.study.make import Made, make_study
from linksim.study.page import write_page

THEIRS = ("theirs 1/12", "theirs 1/6")


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Received pictures of three links at 5 and 10 dB."""
    made = tmp_path_factory.mktemp("runs") / "run"
    rows = table({"ours": 1 / 24, THEIRS[0]: 1 / 12, THEIRS[1]: 1 / 6})
    rows["snr_db"] = rows["snr_db"].map({0.0: 5.0, 3.0: 10.0, 6.0: 15.0, 9.0: 20.0})
    write_folder(made, rows)
    received, index, rng = made / "received", [], np.random.default_rng(0)
    received.mkdir()

    def save(pixels: np.ndarray, link: str, picture: str, value: float | None) -> None:
        file = f"{len(index)}.png"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(received / file)
        entry = {"link": link, "layer": 0, "picture": picture, "value": value, "file": file, "delivered": True}
        index.append({**entry, "note": ""})

    for name, size in (("a", (140, 200)), ("b", (128, 130)), ("small", (30, 90))):
        smooth = np.add.outer(np.arange(size[0]), np.arange(size[1]))[..., None] + np.array([0, 40, 80])
        original = smooth + rng.integers(0, 40, (*size, 3))
        save(original, "", name, None)
        for value in (5.0, 10.0):
            for link, noise in (("ours", 10), (THEIRS[0], 40), (THEIRS[1], 4)):
                save(original + rng.normal(0, noise, original.shape), link, name, value)
    (received / "index.json").write_text(json.dumps(index))
    return made


@pytest.fixture(scope="session")
def made(folder) -> Made:
    return make_study([folder], ["ours"], THEIRS, at=10.0, patches=8, side=64, checks=2)


@pytest.fixture
def study_folder(made, tmp_path) -> Path:
    write_page(made, tmp_path / "study")
    return tmp_path / "study"
