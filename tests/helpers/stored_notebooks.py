"""Notebooks with stored outputs: how outputs are kept small, and how those of a run are compared with them."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

from PIL import Image

MOST_BYTES = 600_000
"""Of a stored notebook."""

_WIDEST = 1000
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
_RELATIVE, _ABSOLUTE = 2e-3, 2e-3
"""Numbers that differ by less are the same: what two machines, or two versions of a library, may differ by."""


def keep_small(notebook: Any) -> Any:
    """Outputs as they are stored: no messages of libraries, no widgets, and small pictures."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        kept = [output for output in cell.outputs if not _is_noise(output)]
        for output in kept:
            data = output.get("data", {})
            if "image/png" in data:
                kind, content = _small(base64.b64decode(data.pop("image/png")))
                data[kind] = base64.b64encode(content).decode()
        cell.outputs = kept
    return notebook


def _is_noise(output: Any) -> bool:
    data = output.get("data", {})
    progress = "application/vnd.jupyter.widget-view+json" in data or (
        output.output_type == "display_data" and not data.get("text/plain")
    )
    return output.get("name") == "stderr" or progress


def _small(png: bytes) -> tuple[str, bytes]:
    """A picture as a PNG of few colours, or as a JPEG where that is smaller, which it is for photographs."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, round(image.height * _WIDEST / image.width)), Image.Resampling.LANCZOS)
    flat, photo = io.BytesIO(), io.BytesIO()
    image.quantize(64, dither=Image.Dither.NONE).save(flat, "PNG", optimize=True)
    image.save(photo, "JPEG", quality=82, optimize=True)
    smallest = min(("image/png", flat.getvalue()), ("image/jpeg", photo.getvalue()), key=lambda made: len(made[1]))
    return smallest


def texts_of(notebook: Any) -> list[str]:
    """What each code cell printed and gave, as text; figures by the number of their axes."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        parts = []
        for output in cell.get("outputs", []):
            if not _is_noise(output):
                parts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
        found.append("".join(parts))
    return found


def differences(stored: list[str], run: list[str]) -> list[str]:
    """Cells whose text is another: words must be equal, numbers equal but for their last digits."""
    said = [] if len(stored) == len(run) else [f"{len(stored)} cells are stored, {len(run)} were run"]
    for number, (before, now) in enumerate(zip(stored, run), start=1):
        if _words(before) != _words(now):
            said.append(f"code cell {number} is stored with\n{before}\nand gave\n{now}")
            continue
        pairs = zip(_NUMBER.findall(before), _NUMBER.findall(now), strict=True)
        far = [(a, b) for a, b in pairs if not _close(a, b)]
        said += [f"code cell {number}: {a} is stored, {b} came out" for a, b in far]
    return said


def _words(text: str) -> list[str]:
    """The text without its numbers and without the white space that aligns them."""
    return _NUMBER.sub("#", text).split()


def _close(a: str, b: str) -> bool:
    last_digit = 1.5 * 10.0 ** -max(len(x.partition(".")[2].partition("e")[0]) for x in (a, b)) if "." in a + b else 0.0
    return abs(float(a) - float(b)) <= max(last_digit, _ABSOLUTE * ("." in a + b), _RELATIVE * abs(float(a)))
