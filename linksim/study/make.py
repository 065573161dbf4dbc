"""Pairs of patches from the received pictures of finished runs: the same patch as two links show it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import digest
from linksim.report import read
from linksim.report.folder import ReceivedPicture, ResultFolder
from linksim.report.kept import pixels_of

QUESTION = "Which picture do you prefer?"
_SHRUNK = 12
"""An attention check shows the original beside itself, shrunk by so much."""


@dataclass(frozen=True)
class Setting:
    """What is compared: the same patches over two links.

    Parameters
    ----------
    ours, theirs : str
        Names of the links.
    ours_cbr, theirs_cbr : float
        Their bandwidth ratios.
    value : float
        On the axis of the run, such as the SNR in dB.
    """

    ours: str
    theirs: str
    ours_cbr: float
    theirs_cbr: float
    value: float


@dataclass(frozen=True)
class Study:
    """What a participant is asked, as a page and its answers name it.

    A participant sees every patch once, at a setting that rotates from patch to patch and from participant to
    participant, so that all settings are asked equally often and nobody sees a patch again.

    Parameters
    ----------
    id : str
        Hex digest of all of it.
    question : str
    settings : sequence of Setting
    patches : sequence of (picture, row, column)
        Upper left corners.
    side : int
        Pixels along a side of a patch.
    checks : int
        Attention checks: pairs that have a right answer.
    """

    id: str
    question: str
    settings: tuple[Setting, ...]
    patches: tuple[tuple[str, int, int], ...]
    side: int
    checks: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Study:
        """The study that `to_dict` gave these values of."""
        settings = tuple(Setting(**setting) for setting in values["settings"])
        patches = tuple((str(name), int(row), int(column)) for name, row, column in values["patches"])
        return cls(
            str(values["id"]), str(values["question"]), settings, patches, int(values["side"]), int(values["checks"])
        )


@dataclass(frozen=True, eq=False)
class Made:
    """A study with its pictures.

    Parameters
    ----------
    study : Study
    shown : mapping of str to uint8 [side, side, 3]
        `patch/setting/ours` and `patch/setting/theirs`, and `check/number/ours` (the original) and `../theirs`.
    originals : sequence of uint8 [side, side, 3]
        Of each patch; participants do not see them.
    """

    study: Study
    shown: Mapping[str, np.ndarray]
    originals: Sequence[np.ndarray]


def make_study(
    folders: Sequence[Path],
    ours: Sequence[str],
    theirs: Sequence[str],
    at: float | None = None,
    patches: int = 46,
    side: int = 256,
    checks: int = 3,
    question: str = QUESTION,
    seed: int = 0,
) -> Made:
    """Choose patches at random and take them from what two links show.

    Parameters
    ----------
    folders : sequence of Path
        Finished runs with received pictures (`linksim run .. --keep-pictures N`).
    ours, theirs : sequence of str
        Names of links. Every one of `ours` is compared with every one of `theirs`, each pair a setting.
    at : float, optional
        Axis value, which must have been kept; the only one by default.
    patches : int
        How many each participant is asked; 46 of 256x256 in Wang et al. (2022).
    side : int
        Pixels along a side of a patch.
    checks : int
        Attention checks among them.
    seed : int
        Of the choice of patches.
    question : str
        What the page asks.

    Raises
    ------
    LinksimError
        If no pictures were kept, a link or value is not there, or no picture is as large as a patch.
    """
    results = [read(folder) for folder in folders]
    received = _once([((p.link, p.picture, p.value), p) for result in results for p in _last_layers(result)])
    originals = _once([(p.picture, p) for result in results for p in result.received if not p.link])
    if not originals:
        raise LinksimError("these folders hold no received pictures; run the scenario again with --keep-pictures 24")
    value = _value(sorted({v for _, _, v in received if v is not None}), at)
    settings = tuple(_setting(results, a, b, value) for a in ours for b in theirs)
    if not settings or patches < 1 or checks < 0:
        raise LinksimError("a study compares two links on at least one patch; name links with --ours and --theirs")
    links = {link for setting in settings for link in (setting.ours, setting.theirs)}
    names = [name for name in originals if all((link, name, value) in received for link in links)]
    if not names:
        raise LinksimError("no picture was kept of all these links; run the scenario again with --keep-pictures 24")
    pixels = {name: pixels_of(originals[name].file) for name in names}
    large = [name for name in names if min(pixels[name].shape[:2]) >= side]
    if not large:
        raise LinksimError(f"no picture of all links is {side}x{side} pixels or larger; give a smaller --side")
    places = _places({name: pixels[name].shape[:2] for name in large}, patches + checks, side, seed)
    shown: dict[str, np.ndarray] = {}
    decoded: dict[Path, np.ndarray] = {}
    for i, (name, row, column) in enumerate(places):
        if i >= patches:
            original = _cut(pixels[name], row, column, side)
            shown[f"check/{i - patches}/ours"], shown[f"check/{i - patches}/theirs"] = original, _coarse(original)
            continue
        for k, setting in enumerate(settings):
            for role, link in (("ours", setting.ours), ("theirs", setting.theirs)):
                file = received[link, name, value].file
                if file not in decoded:
                    decoded[file] = pixels_of(file)
                shown[f"{i}/{k}/{role}"] = _cut(decoded[file], row, column, side)
    content = {"settings": [dataclasses.asdict(s) for s in settings], "patches": places[:patches], "question": question}
    pictures = hashlib.sha256(b"".join(shown[key].tobytes() for key in sorted(shown))).hexdigest()
    identity = digest([content, pictures])[:16]
    originals_cut = [_cut(pixels[name], row, column, side) for name, row, column in places[:patches]]
    return Made(Study(identity, question, settings, tuple(places[:patches]), side, checks), shown, originals_cut)


def read_study(path: Path) -> Study:
    """A study from the JSON file that stands beside its page.

    Parameters
    ----------
    path : Path
        `study.json`.

    Raises
    ------
    LinksimError
        If there is none, or it is damaged.
    """
    try:
        return Study.of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); name what `linksim study make` wrote") from error
    except (ValueError, TypeError, KeyError) as error:
        raise LinksimError(f"{path} is no study ({error!r}); make it again") from error


def _once(given: Sequence[tuple[Any, ReceivedPicture]]) -> dict[Any, ReceivedPicture]:
    """Pictures by name; runs may share some, but not show others under one name."""
    found: dict[Any, ReceivedPicture] = {}
    for key, picture in given:
        first = found.setdefault(key, picture)
        if first.file != picture.file and not np.array_equal(pixels_of(first.file), pixels_of(picture.file)):
            raise LinksimError(f"{first.file} and {picture.file} are called the same and differ; take one of the runs")
    return found


def _last_layers(result: ResultFolder) -> list[ReceivedPicture]:
    """What each link shows in the end."""
    last: dict[tuple[str, str, float | None], ReceivedPicture] = {}
    for p in sorted(result.received, key=lambda p: p.layer):
        if p.link:
            last[p.link, p.picture, p.value] = p
    return list(last.values())


def _value(kept: Sequence[float], at: float | None) -> float:
    if at is None and len(kept) == 1:
        return kept[0]
    if at not in kept:
        wanted = "several values were kept" if at is None else f"{at:g} was not kept"
        raise LinksimError(f"{wanted}; take --at from {', '.join(f'{v:g}' for v in kept)}")
    return float(at)


def _setting(results: Sequence[ResultFolder], ours: str, theirs: str, value: float) -> Setting:
    return Setting(ours, theirs, _cbr(results, ours, value), _cbr(results, theirs, value), value)


def _cbr(results: Sequence[ResultFolder], link: str, value: float) -> float:
    for result in results:
        table, axis = result.rows.table, result.rows.axis.name
        found = table[(table["link"] == link) & (table[axis] == value)]
        if len(found):
            return float(found["cbr"].max())
    known = sorted({str(link) for result in results for link in result.rows.table["link"]})
    raise LinksimError(f"there is no link {link!r}; take some of {', '.join(known)}")


def _places(sizes: Mapping[str, tuple[int, int]], count: int, side: int, seed: int) -> list[tuple[str, int, int]]:
    """Upper left corners of patches that do not overlap, spread evenly over the pictures, in a random order."""
    rng = np.random.default_rng(seed)
    free = {}
    for name, (height, width) in sizes.items():
        rows, columns = height // side, width // side
        top, left = rng.integers(height - rows * side + 1), rng.integers(width - columns * side + 1)
        corners = [(int(top + i * side), int(left + j * side)) for i in range(rows) for j in range(columns)]
        free[name] = [corners[i] for i in rng.permutation(len(corners))]
    room = sum(map(len, free.values()))
    if room < count:
        raise LinksimError(
            f"{len(sizes)} pictures have room for {room} patches, and {count} are wanted; keep more pictures, "
            "or give fewer --pairs or a smaller --side"
        )
    places: list[tuple[str, int, int]] = []
    while len(places) < count:
        for name in rng.permutation([name for name, corners in free.items() if corners]):
            places.append((str(name), *free[str(name)].pop()))
    return places[:count]


def _cut(pixels: np.ndarray, row: int, column: int, side: int) -> np.ndarray:
    return pixels[row : row + side, column : column + side]


def _coarse(pixels: np.ndarray) -> np.ndarray:
    """So much worse that whoever looks sees it."""
    from PIL import Image

    side = pixels.shape[0]
    small = Image.fromarray(pixels).resize((max(side // _SHRUNK, 1),) * 2, Image.Resampling.BOX)
    return np.asarray(small.resize((side, side), Image.Resampling.NEAREST))
