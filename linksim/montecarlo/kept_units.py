"""Per-picture statistics of a finished result folder, from its units alone: no link and no picture is loaded.

A unit holds the moments of some pictures over some draws. Which pictures they are is said by a digest; the list of
pictures that a run leaves beside its units (`units/pictures.csv`) tells their places and names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from pathlib import Path
from typing import Any, TypeVar

from linksim import metrics as registry
from linksim.errors import LinksimError
from linksim.files import RESULT_REMEDY, write_atomically
from linksim.identity import digest_bytes
from linksim.images.picture import PictureSet
from linksim.montecarlo.records import Record, read_unit
from linksim.montecarlo.statistics import LayerStatistics, UnitStatistics, add_layers, only, side_by_side, unite
from linksim.montecarlo.store import Store

Interval = tuple[int, int]

_T = TypeVar("_T")

_COLUMNS = ("picture", "sha256", "height", "width")


@dataclass(frozen=True)
class KnownPicture:
    """A picture of a run as its result folder remembers it."""

    name: str
    sha256: str
    height: int
    width: int

    @property
    def values(self) -> int:
        """3 H W."""
        return 3 * self.height * self.width


@dataclass(frozen=True, eq=False)
class Kept:
    """All that is stored of one link at one axis value.

    Parameters
    ----------
    units : dict of (pictures, draws) to tuple of LayerStatistics
        Both as (first, one past the last).
    num_pictures : int
    """

    units: Mapping[tuple[Interval, Interval], tuple[LayerStatistics, ...]]
    num_pictures: int
    _known: dict[int, tuple[dict[Interval, list[Interval]], frozenset[str]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def ends(self, draws: int) -> list[int]:
        """Numbers of draws, ascending up to `draws`, at which what every picture had by then is known; empty where
        the units do not cover all pictures over all these draws."""
        paths, _ = self._paths(draws)
        return sorted(set.intersection(*({b for _, b in path} for path in paths.values()))) if paths else []

    def between(self, start: int, stop: int, draws: int) -> tuple[LayerStatistics, ...]:
        """Statistics of all pictures over the draws from `start` to `stop`, both of `ends(draws)` or 0.

        They have the metrics that are known of all pictures over all of `draws`: one that was added to a shorter run
        is not.

        Raises
        ------
        LinksimError
            If the units have different numbers of layers.
        """
        paths, metrics = self._paths(draws)
        parts = []
        for chunk, path in paths.items():
            inside = (self.units[chunk, (a, b)] for a, b in path if start <= a and b <= stop)
            parts.append(reduce(_added, (_with_only(unit, metrics) for unit in inside)))
        if len({len(part) for part in parts}) > 1:
            raise _other_layers()
        return tuple(side_by_side(layers) for layers in zip(*parts, strict=True))

    @cached_property
    def _draws_of(self) -> dict[Interval, set[Interval]]:
        """The draws of every unit, by its pictures."""
        found: dict[Interval, set[Interval]] = {}
        for chunk, interval in self.units:
            found.setdefault(chunk, set()).add(interval)
        return found

    def _paths(self, draws: int) -> tuple[dict[Interval, list[Interval]], frozenset[str]]:
        """Runs of pictures, one after the other, that make up the set and were all sent so many times, each with the
        draws of its units, end to end; and the metrics that all these units have. Empty where there are none."""
        if draws not in self._known:
            paths = {chunk: path for chunk, of in self._draws_of.items() if (path := way(of, 0, draws)) is not None}
            paths = {chunk: paths[chunk] for chunk in way(set(paths), 0, self.num_pictures) or ()}
            units = [self.units[chunk, interval] for chunk, path in paths.items() for interval in path]
            metrics = [{*layer.metrics, *layer.sums} for unit in units for layer in unit]
            self._known[draws] = paths, frozenset(set.intersection(*metrics) if metrics else ())
        return self._known[draws]


def _with_only(unit: tuple[LayerStatistics, ...], metrics: frozenset[str]) -> tuple[LayerStatistics, ...]:
    return only(UnitStatistics(unit), metrics).layers


def _added(a: tuple[LayerStatistics, ...], b: tuple[LayerStatistics, ...]) -> tuple[LayerStatistics, ...]:
    if len(a) != len(b):
        raise _other_layers()
    return tuple(map(add_layers, a, b))


def _other_layers() -> LinksimError:
    return LinksimError(
        "a link has different numbers of layers in its units, which are of one fingerprint; move the folder away and "
        "run the scenario again"
    )


def at(found: Mapping[float, _T], value: float) -> _T | None:
    """What is found at an axis value, also where that comes from a table, which rounds it to six digits; or None."""
    if value in found:
        return found[value]
    return next((one for known, one in found.items() if f"{known:g}" == f"{value:g}"), None)


def chosen_members(run: Mapping[str, Any], link: str, value: float) -> Sequence[str] | None:
    """The links that an envelope shows at an axis value, one for each layer; None where `run.json` tells of none."""
    chosen = ((run.get("envelopes") or {}).get(link) or {}).get("chosen") or {}
    return at({float(text): names for text, names in chosen.items()}, value)


def way(intervals: set[Interval], start: int, stop: int) -> list[Interval] | None:
    """Intervals that lie end to end from `start` to `stop`; None where there are none."""
    from_where: dict[int, list[Interval]] = {}
    for interval in sorted(intervals):
        from_where.setdefault(interval[0], []).append(interval)
    reached: dict[int, Interval | None] = {start: None}
    waiting = [start]
    while waiting:
        for interval in from_where.get(waiting.pop(), ()):
            if interval[1] <= stop and interval[1] not in reached:
                reached[interval[1]] = interval
                waiting.append(interval[1])
    if stop not in reached:
        return None
    found: list[Interval] = []
    while (last := reached[stop]) is not None:
        found.append(last)
        stop = last[0]
    return found[::-1]


def write_pictures(folder: Path, pictures: PictureSet) -> None:
    """Leave the list of pictures beside the units of a result folder."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([p.name, p.sha256, *p.size] for p in pictures)
    write_atomically(folder / "units" / "pictures.csv", out.getvalue(), RESULT_REMEDY)


def read_pictures(folder: Path, run: Mapping[str, Any]) -> list[KnownPicture]:
    """The pictures of a finished folder: from the list beside its units, or, in folders of older versions, from the
    set of that name where it is on this machine and is the same. Nothing is downloaded, and no other place is read.

    Raises
    ------
    LinksimError
        If neither says which they are.
    """
    said = run.get("pictures") or {}
    path = folder / "units" / "pictures.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            found = [
                KnownPicture(row["picture"], row["sha256"], int(row["height"]), int(row["width"]))
                for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        found = _of_set(str(said.get("set")), int(said.get("count") or 0))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LinksimError(f"{path} is damaged ({error!r}); run the scenario again") from error
    if not found or digest_bytes(p.sha256.encode() for p in found) != said.get("sha256"):
        raise LinksimError(
            f"which pictures the units in {folder / 'units'} are of is not known; run the same command again, "
            "which adds the list and simulates nothing"
        )
    return found


def _of_set(name: str, count: int) -> list[KnownPicture]:
    from linksim.images.sets import load_local

    try:
        return [KnownPicture(p.name, p.sha256, *p.size) for p in load_local(name, count)]
    except (LinksimError, OSError):
        return []


def has_units(folder: Path) -> bool:
    """Whether a folder keeps the units that it was made of."""
    return any((folder / "units").glob("*.jsonl"))


class UnitReader:
    """The units of a finished folder, link by link.

    Parameters
    ----------
    folder : Path
    pictures : sequence of KnownPicture
        Of the run, in order; units of others are left out.
    seed : int
        Units of others are left out.

    Raises
    ------
    LinksimError
        If a stored file is damaged.
    """

    def __init__(self, folder: Path, pictures: Sequence[KnownPicture], seed: int):
        self._pictures, self._seed = pictures, seed
        self._records: dict[str, list[Record]] = {}
        for record in Store(folder).records:
            self._records.setdefault(record.fingerprint, []).append(record)

    def of(self, fingerprint: str) -> dict[float, Kept]:
        """What is stored of a link: axis value -> statistics. Metrics of other versions than ours are left out."""
        versions = {name: str(registry.get(name).version) for name in registry.names()}
        by_id: dict[str, tuple[dict[str, Any], UnitStatistics]] = {}
        for record in self._records.get(fingerprint, ()):
            current = {name for name, version in record.metrics if versions.get(name) == version}
            if not current:
                continue
            body, statistics = read_unit(record)
            if body["seed"] == self._seed:
                part = only(statistics, current)
                known = by_id.get(record.id)
                by_id[record.id] = (body, part if known is None else unite(known[1], part))
        places = _places([body["pictures"] for body, _ in by_id.values()], self._pictures)
        found: dict[float, dict[tuple[Interval, Interval], tuple[LayerStatistics, ...]]] = {}
        for body, unit in by_id.values():
            count, digest = body["pictures"]
            draws = (int(body["draws"][0]), int(body["draws"][1]))
            for start in places.get((count, digest), ()):
                found.setdefault(float(body["value"]), {})[(start, start + count), draws] = unit.layers
        return {value: Kept(units, len(self._pictures)) for value, units in found.items()}


def _places(chunks: Sequence[Sequence[Any]], pictures: Sequence[KnownPicture]) -> dict[tuple[int, str], list[int]]:
    """Where each chunk of (number, digest) begins. Sets are cut from the front: a chunk begins where one ends."""
    known = {(int(count), str(digest)) for count, digest in chunks}
    counts = sorted({count for count, _ in known})
    found: dict[tuple[int, str], list[int]] = {}
    waiting, seen = [0], {0}
    while waiting:
        start = waiting.pop()
        for count in counts:
            end = start + count
            if end > len(pictures):
                break
            key = (count, digest_bytes(p.sha256.encode() for p in pictures[start:end]))
            if key in known:
                found.setdefault(key, []).append(start)
                if end not in seen:
                    seen.add(end)
                    waiting.append(end)
    return found
