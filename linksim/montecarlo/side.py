"""One of two results that are compared: its table, its `run.json`, and what it keeps of single draws."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linksim.errors import LinksimError
from linksim.montecarlo.kept_units import (
    Kept,
    KnownPicture,
    UnitReader,
    at,
    chosen_members,
    has_units,
    read_pictures,
)
from linksim.montecarlo.statistics import LayerStatistics
from linksim.report.folder import read, read_run

if TYPE_CHECKING:
    from linksim.montecarlo.result import Result

RowKey = tuple[str, int, str, float]
"""(link, layer, metric, axis value) of a row."""

Row = dict[str, Any]
"""A row of `curve.csv`, column -> value."""


class Side:
    """One of the two results.

    Parameters
    ----------
    given : path of a result folder, or Result

    Attributes
    ----------
    path : Path
    axis : str
        Name of the axis.
    links : list of str
    run : dict
        The content of `run.json`.
    rows : dict of (link, layer, metric, axis value) to dict
        The rows of `curve.csv`, or those that `select` left.

    Raises
    ------
    LinksimError
        If a file is missing or damaged.
    """

    def __init__(self, given: str | Path | Result):
        self.path = Path(given) if isinstance(given, (str, Path)) else given.setup.folder
        found = read(self.path)
        self.path = found.path
        self.axis, table = found.rows.axis.name, found.rows.table
        self.links = [str(link) for link in dict.fromkeys(table["link"])]
        self.run = read_run(self.path)
        self.rows: dict[RowKey, Row] = {
            (str(r["link"]), int(r["layer"]), str(r["metric"]), float(r[self.axis])): r
            for r in table.to_dict("records")
        }
        self._kept: dict[str, dict[float, Kept]] = {}
        self._first: dict[tuple[str, float, int], tuple[LayerStatistics, ...] | None] = {}

    def select(self, metrics: Collection[str] | None, value: float | None) -> None:
        """Keep the rows of some metrics, or at one axis value; None keeps all."""
        self.rows = {
            key: row
            for key, row in self.rows.items()
            if (metrics is None or key[2] in metrics) and (value is None or key[3] == value)
        }

    @property
    def unpaired_because(self) -> str | None:
        """Why single draws are not known; None where they are."""
        if not has_units(self.path):
            return f"{self.path} keeps no units"
        if self._pictures is None:
            return f"{self.path} does not say which pictures its units are of"
        return None

    @cached_property
    def _pictures(self) -> list[KnownPicture] | None:
        try:
            return read_pictures(self.path, self.run)
        except LinksimError:
            return None

    @cached_property
    def _reader(self) -> UnitReader:
        return UnitReader(self.path, self._pictures or [], self.run.get("seed") or 0)

    def fingerprint(self, link: str) -> str | None:
        """The fingerprint of a link; None where `run.json` does not say."""
        return (self.run.get("fingerprints") or {}).get(link)

    def member(self, link: str, layer: int, value: float) -> str:
        """The link that is shown: of an envelope, the one that it chose."""
        names = chosen_members(self.run, link, value)
        return link if names is None or layer >= len(names) else str(names[layer])

    def kept(self, link: str, value: float) -> Kept | None:
        """What the units hold of a link at an axis value."""
        fingerprint = self.fingerprint(link)
        if fingerprint is None:
            return None
        if fingerprint not in self._kept:
            self._kept.clear()  # links come one after the other, and one may be large
            self._kept[fingerprint] = self._reader.of(fingerprint)
        return at(self._kept[fingerprint], value)

    def first(self, link: str, value: float, draws: int) -> tuple[LayerStatistics, ...] | None:
        """What the units hold of the first draws of a link at an axis value, for each layer; None where they do not."""
        key = (link, value, draws)
        if key not in self._first:
            kept = None if self.unpaired_because else self.kept(link, value)
            self._first.clear()  # all metrics of a link come one after the other
            self._first[key] = kept.between(0, draws, draws) if kept is not None and kept.ends(draws) else None
        return self._first[key]
