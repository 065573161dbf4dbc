"""One page that holds a whole study, its pictures included: for phones and desktops, without a network."""

from __future__ import annotations

import base64
import io
import json
from importlib import resources
from pathlib import Path

import numpy as np

from linksim.files import prepare_folder, write_atomically
from linksim.messages import Ticker
from linksim.report.site.pages import script
from linksim.study.make import Made

PAGE, ABOUT = "study.html", "study.json"


def write_page(made: Made, folder: Path) -> Path:
    """`study.html`, all that a participant needs, and `study.json`, by which answers are checked.

    Parameters
    ----------
    made : Made
    folder : Path

    Returns
    -------
    Path
        The page.
    """
    prepare_folder(folder)
    write_atomically(folder / PAGE, html(made))
    write_atomically(folder / ABOUT, json.dumps(made.study.to_dict(), indent=1) + "\n")
    return folder / PAGE


def html(made: Made) -> str:
    """The page as text."""
    images: dict[str, str] = {}
    place: dict[bytes, int] = {}
    sources = []
    tick = Ticker("patches put into the page")
    # Our patch is the same at each setting, and stands in the page once.
    for i, (key, pixels) in enumerate(made.shown.items()):
        tick(i, len(made.shown))
        content = pixels.tobytes()
        if content not in place:
            place[content] = len(sources)
            sources.append(_data_uri(pixels))
        images[key] = str(place[content])
    data = {"study": made.study.to_dict(), "images": images, "sources": sources}
    assets = resources.files("linksim.study") / "assets"
    text = (assets / "study.html").read_text(encoding="utf-8")
    for name in ("study.css", "study.js"):
        text = text.replace(f"/* {name} */", (assets / name).read_text(encoding="utf-8"))
    return text.replace("/* data */", script(data))


def _data_uri(pixels: np.ndarray) -> str:
    """Every pixel as it is."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "WEBP", lossless=True, quality=80)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
