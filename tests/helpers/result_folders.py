"""Finished result folders, made of nothing but files, for the tests of reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = "scenario link layer snr_db metric mean ci_low ci_high n_pictures n_draws cbr delivered".split()  # noqa: SIM905


def table(
    links: Mapping[str, float], layers: Mapping[str, int] | None = None, metrics: tuple[str, ...] = ("psnr",)
) -> pd.DataFrame:
    """Rising curves, link name -> bandwidth ratio of a layer, and the numbers of layers other than 1."""
    return pd.DataFrame(
        [
            ("s", link, layer, float(snr), metric, mean, mean - 0.1, mean + 0.1, 3, 8, cbr * (layer + 1), 1.0)
            for i, (link, cbr) in enumerate(links.items())
            for layer in range((layers or {}).get(link, 1))
            for snr in range(0, 12, 3)
            for metric in metrics
            for mean in [25.0 + snr + i + 2 * layer]
        ],
        columns=COLUMNS,
    )


def write_folder(
    folder: Path,
    rows: pd.DataFrame,
    tags: Mapping[str, Mapping[str, object]] | None = None,
    envelopes: Mapping[str, list[str]] | None = None,
    **run: object,
) -> Path:
    """`curve.csv` and `run.json` as a sweep leaves them; `run` are further values of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_csv(folder / "curve.csv", index=False)
    links = dict.fromkeys(rows["link"])
    described = {
        "scenario": "s",
        "axis": {"name": "snr_db", "label": "SNR, Es/N0 (dB)", "values": sorted(set(rows.get("snr_db", [])))},
        "links": {name: {"fingerprint": "0", "layers": 1, "tags": dict((tags or {}).get(name, {}))} for name in links},
        "envelopes": {name: {"members": members, "chosen": {}} for name, members in (envelopes or {}).items()},
        "reference": None,
        **run,
    }
    (folder / "run.json").write_text(json.dumps(described))
    return folder


def keep_pictures(
    folder: Path, links: Mapping[str, int], pictures: int = 2, values: tuple[float, ...] = (3.0,)
) -> None:
    """Received pictures: link name -> its number of layers; every layer halves the error."""
    from PIL import Image

    received = folder / "received"
    received.mkdir()
    index = []

    def save(pixels: np.ndarray, link: str, layer: int, picture: str, value: float | None, note: str = "") -> None:
        file = f"{len(index)}.png"
        Image.fromarray(pixels).save(received / file)
        index.append(
            {
                "link": link,
                "layer": layer,
                "picture": picture,
                "value": value,
                "file": file,
                "delivered": True,
                "note": note,
            }
        )

    for i in range(pictures):
        original = np.full((20, 30, 3), 100 + i, np.uint8)
        save(original, "", 0, f"p{i}", None)
        for value in values:
            for link, layers in links.items():
                for layer in range(layers):
                    save(original + np.uint8(16 >> layer), link, layer, f"p{i}", value)
    (received / "index.json").write_text(json.dumps(index))
