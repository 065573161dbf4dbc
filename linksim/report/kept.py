"""The panel of a result folder, from the received pictures that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim import metrics
from linksim.errors import LinksimError
from linksim.report.figures import Panel
from linksim.report.folder import ReceivedPicture, ResultFolder
from linksim.report.labels import cbr_text
from linksim.report.panels import LayeredRow, layered_panel, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANEL_LINKS = 17  # with the original, three rows of six
_PANEL_ROWS = 6  # of a layered panel, where there are fewer links
_LAYERED_PANEL_LINKS = 8  # with more of them, only those that have layers


def panel_of(result: ResultFolder, figure: Panel = Panel()) -> Figure:
    """The pictures of a folder side by side: draw 0 of the channel at one value of the axis.

    Parameters
    ----------
    result : ResultFolder
        A folder that holds received pictures.
    figure : Panel
        What is shown.

    Raises
    ------
    LinksimError
        If no pictures were kept, there is no such picture, or a file is damaged.
    """
    received = [p for p in result.received if p.link and p.link not in result.rows.members]
    originals = {p.picture: p for p in result.received if not p.link}
    if not received or not originals:
        raise LinksimError(f"{result.path} holds no received pictures; run the scenario again with --keep-pictures")
    received = _at(received, figure.value)
    names = [name for name in originals if any(p.picture == name for p in received)]
    if not -len(names) <= figure.picture < len(names):
        raise LinksimError(f"there is no picture {figure.picture}; {len(names)} were kept in {result.path}")
    first = figure.picture % len(names)
    of_link: dict[str, dict[str, list[ReceivedPicture]]] = {}
    for p in sorted(received, key=lambda p: p.layer):
        if figure.layers is None or p.layer < figure.layers:
            of_link.setdefault(p.link, {}).setdefault(p.picture, []).append(p)
    order = {link: i for i, link in enumerate(dict.fromkeys(p.link for p in received))}
    of_link = dict(sorted(of_link.items(), key=lambda item: order[item[0]]))
    where = result.rows.axis.text(received[0].value) if received[0].value is not None else ""
    if any(p.layer > 0 for p in received):
        short = "SNR " if result.rows.axis.name == "snr_db" else ""
        layers: dict[str, int] = {}
        for p in received:
            layers[p.link] = max(layers.get(p.link, 1), p.layer + 1)
        return _layered(of_link, layers, originals, names[first:], short + where, figure.psnr)
    name = names[first]
    shown = {link: of[name][0] for link, of in list(of_link.items())[:_PANEL_LINKS] if name in of}
    return panel(
        pixels_of(originals[name].file),
        {link: pixels_of(p.file) for link, p in shown.items()},
        title=f"{name}, {where}",
        notes=_notes(result, figure, originals[name], shown),
        psnr=figure.psnr,
        zoom=figure.zoom,
    )


def panel_links(layers: Mapping[str, int]) -> tuple[list[str], int]:
    """Which links a panel shows, and of how many pictures.

    Parameters
    ----------
    layers : mapping of link to its number of layers
        In the order in which they are shown.
    """
    if max(layers.values()) == 1:
        return list(layers)[:_PANEL_LINKS], 1
    links = list(layers)
    if len(links) > _LAYERED_PANEL_LINKS:
        links = [link for link in links if layers[link] > 1][:_LAYERED_PANEL_LINKS]
    return links, max(1, _PANEL_ROWS // len(links))


def _at(received: Sequence[ReceivedPicture], value: float | None) -> list[ReceivedPicture]:
    """The pictures at the kept value nearest to `value`, or at the middle one."""
    kept = sorted({p.value for p in received if p.value is not None})
    if not kept:
        return list(received)
    at = kept[len(kept) // 2] if value is None else min(kept, key=lambda v: abs(v - value))
    return [p for p in received if p.value == at]


def _layered(
    of_link: dict[str, dict[str, list[ReceivedPicture]]],
    layers_of: Mapping[str, int],
    originals: dict[str, ReceivedPicture],
    names: Sequence[str],
    where: str,
    psnr: bool,
) -> Figure:
    links, count = panel_links(layers_of)
    names = names[:count]
    rows = []
    for name in names:
        original = pixels_of(originals[name].file)
        for link in links:
            label = name if len(links) == 1 else link
            if len(links) > 1 and len(names) > 1:
                label = f"{link}, {name}"
            layers = of_link[link].get(name, [])
            if layers:
                rows.append(
                    LayeredRow(label, original, [pixels_of(p.file) for p in layers], [_note(p) for p in layers])
                )
    fixed = [links[0]] if len(links) == 1 else [names[0]] if len(names) == 1 else []
    return layered_panel(rows, title=", ".join([*fixed, where]), psnr=psnr)


def _notes(
    result: ResultFolder, figure: Panel, original: ReceivedPicture, shown: Mapping[str, ReceivedPicture]
) -> dict[str, str]:
    """What stands below the PSNR of each: metrics, bandwidth, scheme."""
    measured = [metric for metric in map(metrics.get, figure.metrics) if metric.missing() is None]
    table, reference = result.rows.table, pixels_of(original.file)[None]
    notes = {}
    for link, picture in shown.items():
        said = [f"{m.label or m.name} {m(reference, pixels_of(picture.file)[None])[0]:.3f}" for m in measured]
        if figure.cbr:
            taken = table[(table["link"] == link) & (table[result.rows.axis.name] == picture.value)]["cbr"]
            said += [f"CBR {cbr_text(value)}" for value in taken[:1]]
        said += [_note(picture)]
        notes[link] = ", ".join(filter(None, said))
    return {link: note for link, note in notes.items() if note}


def _note(picture: ReceivedPicture) -> str:
    return picture.note if picture.delivered else "not delivered"


def pixels_of(path: Path) -> np.ndarray:
    """A PNG file as `uint8 [H, W, 3]`."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises SyntaxError for broken PNG files
        raise LinksimError(f"{path} is damaged or missing ({error}); run the scenario again") from error
