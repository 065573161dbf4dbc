"""Received pictures kept as PNG files, so that panels are drawn again without any link."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linksim.files import RESULT_REMEDY, write_atomically
from linksim.identity import digest
from linksim.images.picture import Picture
from linksim.links.base import Envelope, Link
from linksim.messages import Ticker
from linksim.montecarlo.setup import Setup
from linksim.pixels import png_bytes

Choices = Mapping[str, Mapping[float, Sequence[str]]]
"""Envelope -> axis value -> the member that shows each layer."""


def keep(setup: Setup, choices: Choices, values: Sequence[float], count: int, members: bool = False) -> None:
    """Write what arrives of the first `count` pictures in draw 0, at some axis values, over every link and envelope,
    and, with `members`, over the members of envelopes.

    `received/index.json` tells the files. What an earlier run of the very same links kept stays and is not
    transmitted again; what belongs to other links or pictures goes.

    Raises
    ------
    LinksimError
        If a file cannot be written.
    """
    folder = setup.folder / "received"
    before = _read_index(folder)
    kept = {entry["key"]: entry for entry in before if (folder / str(entry.get("file"))).is_file()}
    inside = [m for e in setup.entries if isinstance(e, Envelope) for m in e.members] if members else []
    shown = list({entry.name: entry for entry in [*setup.entries, *inside]}.values())
    index: list[dict[str, Any]] = []
    for number, picture in enumerate(setup.pictures[:count]):
        index.append(_keep_original(folder, number, picture, kept))
    tick, done = Ticker("received pictures to keep"), 0
    for value in values:
        for number, picture in enumerate(setup.pictures[:count]):
            for place, entry in enumerate(shown):
                tick(done, len(values) * min(count, len(setup.pictures)) * len(shown))
                done += 1
                links = _links(setup, choices, entry, value)
                key = _key(entry.name, [setup.links[link.name][0] for link in links], picture, value, setup.seed)
                known = [kept.get(f"{key}:{layer}") for layer in range(len(links))]
                if None not in known:
                    index += [found for found in known if found]
                    continue
                who = f"{number:03d}-{_slug(picture.name)}-{place:02d}-{_slug(entry.name)}"
                stem = f"{who}-{_slug(f'{value:g}')}-{key[:8]}"
                for layer, (pixels, delivered) in enumerate(_receive(setup, links, picture, value)):
                    file = f"{stem}-{layer}.png"
                    write_atomically(folder / file, png_bytes(pixels), RESULT_REMEDY)
                    note = links[layer].name if isinstance(entry, Envelope) else ""
                    index.append(
                        {
                            "link": entry.name, "layer": layer, "picture": picture.name, "value": value,
                            "file": file, "delivered": delivered, "note": note, "key": f"{key}:{layer}",
                            "fingerprints": [setup.links[link.name][0] for link in links],
                        }
                    )  # fmt: skip
    now = {entry["key"] for entry in index}
    index += [entry for entry in kept.values() if entry["key"] not in now and _belongs(setup, entry)]
    index.sort(key=_order(setup))
    write_atomically(folder / "index.json", json.dumps(index, indent=1) + "\n", RESULT_REMEDY)
    wanted = {entry["file"] for entry in index}
    for entry in before:
        if entry.get("file") not in wanted and Path(str(entry["file"])).name == entry["file"]:
            with contextlib.suppress(OSError):  # a file too many does no harm
                (folder / str(entry["file"])).unlink(missing_ok=True)


def _belongs(setup: Setup, entry: Mapping[str, Any]) -> bool:
    """Whether a picture that an earlier run kept is still one of this sweep."""
    if not entry["link"]:
        return entry["key"] in {f"original:{i}:{p.sha256}" for i, p in enumerate(setup.pictures)}
    current = {fingerprint for fingerprint, _ in setup.links.values()}
    return set(entry.get("fingerprints", [None])) <= current and entry.get("value") in setup.axis.values


def _order(setup: Setup) -> Callable[[Mapping[str, Any]], tuple[object, ...]]:
    """Originals first, then by axis value, picture, link in the order of the table, and layer."""
    names = [name for e in setup.entries for name in (e.name, *(m.name for m in getattr(e, "members", ())))]
    places = {name: i for i, name in reversed(list(enumerate(["", *names])))}
    numbers = {picture.name: i for i, picture in reversed(list(enumerate(setup.pictures)))}

    def order(entry: Mapping[str, Any]) -> tuple[object, ...]:
        value = entry["value"] if entry["link"] else -math.inf
        return value, numbers.get(entry["picture"], 0), places.get(entry["link"], 0), entry["layer"]

    return order


def _keep_original(folder: Path, number: int, picture: Picture, kept: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    key = f"original:{number}:{picture.sha256}"
    if key in kept:
        return kept[key]
    file = f"{number:03d}-{_slug(picture.name)}-original.png"
    write_atomically(folder / file, png_bytes(picture.pixels), RESULT_REMEDY)
    return {
        "link": "", "layer": 0, "picture": picture.name, "value": None,
        "file": file, "delivered": True, "note": "", "key": key,
    }  # fmt: skip


def _links(setup: Setup, choices: Choices, entry: Link | Envelope, value: float) -> list[Link]:
    """The link that shows each layer; of an envelope, the members that it chose."""
    if isinstance(entry, Envelope):
        return [setup.links[name][1] for name in choices[entry.name][value]]
    return [entry] * entry.num_layers


def _receive(setup: Setup, links: Sequence[Link], picture: Picture, value: float) -> list[tuple[np.ndarray, bool]]:
    """After each layer, the picture as it arrives in draw 0, and whether it was delivered."""
    receptions = {link.name: link.transmit([picture], value, range(1), setup.seed) for link in links}
    found = []
    for layer, link in enumerate(links):
        first = next(o for o in receptions[link.name].layers[layer] if len(o.picture))
        found.append((first.load_pixels()[0], bool(first.delivered[0])))
    return found


def _key(name: str, fingerprints: Sequence[str], picture: Picture, value: float, seed: int) -> str:
    return digest([name, list(fingerprints), picture.sha256, value, seed])


def _read_index(folder: Path) -> list[dict[str, Any]]:
    """The entries of an earlier run; none where there is no index, or it cannot be read."""
    try:
        entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        return [entry for entry in entries if isinstance(entry, dict) and {"key", "link", "file"} <= entry.keys()]
    except (OSError, ValueError, TypeError):
        return []


def _slug(text: str) -> str:
    """A name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:60] or "x"
