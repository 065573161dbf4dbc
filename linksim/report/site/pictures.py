"""The received pictures of a folder as files of a page: each once, in formats that browsers show, within a size."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim import metrics
from linksim.errors import LinksimError
from linksim.messages import Ticker
from linksim.report.folder import ReceivedPicture, ResultFolder
from linksim.report.kept import pixels_of

if TYPE_CHECKING:
    from linksim.metrics.base import Metric

QUALITIES = (90, 80, 65, 50, 35, 20)
"""Of WebP, where PNG files would be too large together: the first at which they are not."""

_PNG = b"\x89PNG\r\n\x1a\n"

_SAMPLE = 16
"""Pictures by which the size at a quality is estimated."""


def pictures_of(
    result: ResultFolder, to: Path, max_bytes: float, scores: Sequence[str] = ("psnr",)
) -> dict[str, Any] | None:
    """Copy the received pictures of a folder, and say which is which; None where none were kept.

    Equal files are one: above its cliff a digital scheme gives the same picture at many SNRs.

    Parameters
    ----------
    result : ResultFolder
    to : Path
        Folder for the files.
    max_bytes : float
        If the PNG files take more, the pictures become WebP of the best quality at which they take less.
    scores : sequence of str
        Metrics of each picture against its original, see `linksim.metrics`.

    Raises
    ------
    LinksimError
        If a file is damaged, a metric is unknown or lacks its weights, or the pictures cannot be made small enough.
    """
    if not result.received:
        return None
    measured = [_metric(name) for name in scores]
    files: dict[str, Path] = {}
    digests = {p: _digest(p.file) for p in result.received}
    for picture, digest in digests.items():
        files.setdefault(digest, picture.file)
    to.mkdir(parents=True)
    names, quality = _write(files, to, max_bytes)
    originals = {p.picture: p for p in result.received if not p.link}
    known: dict[tuple[str, str], dict[str, float]] = {}
    shown, tick = [], Ticker(f"pictures of {result.path.name} scored")
    for i, p in enumerate(result.received):
        tick(i, len(result.received))
        entry: dict[str, Any] = {
            "link": p.link, "layer": p.layer, "picture": p.picture, "value": p.value,
            "file": f"{to.name}/{names[digests[p]]}", "delivered": p.delivered, "note": p.note,
        }  # fmt: skip
        if not p.link:
            entry["size"] = _size(p.file)
        elif p.picture in originals:
            pair = (digests[originals[p.picture]], digests[p])
            if pair not in known:
                known[pair] = _scores(measured, originals[p.picture], p)
            entry["scores"] = known[pair]
        shown.append(entry)
    return {
        "shown": shown,
        "quality": quality,
        "scores": {m.name: [m.label or m.name.upper(), m.unit or ""] for m in measured},
    }


def _size(path: Path) -> tuple[int, int]:
    """Width and height, so that a page can make room before it loads a picture."""
    height, width, _ = pixels_of(path).shape
    return width, height


def thumbnail(png: Path, to: Path, width: int = 640) -> None:
    """A figure as a small WebP file."""
    from PIL import Image

    try:
        with Image.open(png) as image:
            small = image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises SyntaxError for broken PNG files
        raise LinksimError(f"{png} is damaged ({error}); run the scenario again") from error
    small.thumbnail((width, 4 * width))
    small.save(to, "WEBP", quality=80)


def _metric(name: str) -> Metric:
    metric = metrics.get(name)
    if metric.higher_is_better is None:
        raise LinksimError(f"{name} is no measure of one picture; give --scores others, such as psnr")
    if (missing := metric.missing()) is not None:
        raise LinksimError(missing)
    return metric


def _scores(measured: Sequence[Metric], original: ReceivedPicture, shown: ReceivedPicture) -> dict[str, float]:
    if not measured:
        return {}
    pair = pixels_of(original.file)[None], pixels_of(shown.file)[None]
    return {metric.name: round(float(metric(*pair)[0]), 4) for metric in measured}


def _digest(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); run the scenario again") from error
    if not data.startswith(_PNG):  # nothing else is copied into a site
        raise LinksimError(f"{path} is no PNG file; run the scenario again")
    return hashlib.sha256(data).hexdigest()[:16]


def _write(files: Mapping[str, Path], to: Path, max_bytes: float) -> tuple[dict[str, str], int | None]:
    """The name of each file at its new place, and the quality where they are WebP."""
    if sum(path.stat().st_size for path in files.values()) <= max_bytes:
        names = {digest: f"{digest}.png" for digest in files}
        for digest, path in files.items():
            shutil.copyfile(path, to / names[digest])
        return names, None
    for quality in _likely(files, max_bytes):
        names = {digest: f"{digest}.webp" for digest in files}
        total, tick = 0, Ticker("pictures written as WebP")
        for i, (digest, path) in enumerate(files.items()):
            tick(i, len(files))
            data = _webp(pixels_of(path), quality)
            (to / names[digest]).write_bytes(data)
            total += len(data)
            if total > max_bytes:
                break
        else:
            return names, quality
    raise LinksimError(
        f"{len(files)} pictures do not fit into {max_bytes / 1e6:.0f} MB; give a larger --max-mb, or keep fewer"
    )


def _likely(files: Mapping[str, Path], max_bytes: float) -> list[int]:
    """The qualities worth trying: from the first at which some of the pictures fit into their share on."""
    paths = list(files.values())
    sample = [pixels_of(path) for path in paths[:: max(len(paths) // _SAMPLE, 1)]]
    share = max_bytes * len(sample) / len(paths)
    fits = [sum(len(_webp(pixels, quality)) for pixels in sample) <= share for quality in QUALITIES]
    return list(QUALITIES[fits.index(True) if True in fits else -1 :])


def _webp(pixels: np.ndarray, quality: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality)
    return out.getvalue()
