"""What each picture came to: means over the draws of the channel, their spread, and how many draws there were."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim.errors import LinksimError
from linksim.montecarlo.kept_units import KnownPicture, UnitReader, at, chosen_members, has_units, read_pictures
from linksim.montecarlo.statistics import LayerStatistics
from linksim.report.folder import read, read_csv, read_run
from linksim.report.run_file import higher_is_better

if TYPE_CHECKING:
    import pandas

FILE = "pictures.csv"

MOST_ROWS = 50_000
"""A table of more rows is not written, some 5 MB: it can be read from the units at any time."""

Entry = tuple[str, int, float, LayerStatistics]
"""(link, layer, axis value, statistics)."""


def frame(entries: Iterable[Entry], pictures: Sequence[KnownPicture], axis: str) -> pandas.DataFrame:
    """A row for each link, layer, axis value, metric and picture.

    Columns: link, layer, the axis, metric, number (the place of the picture in its set, from 0), picture (its name),
    mean, std (standard deviation over the draws), n_draws, cbr, delivered (share of the draws). Along the axis "cbr"
    what was used is `cbr_used`, as in `curve.csv`.
    """
    import pandas as pd

    values = np.array([p.values for p in pictures])
    keys: list[tuple[str, int, float, str]] = []
    used = "cbr_used" if axis == "cbr" else "cbr"
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("mean", "std", "n_draws", used, "delivered")}
    for link, layer, value, statistics in entries:
        n = statistics.n
        cbr, delivered = statistics.channel_uses / n / values, statistics.delivered / n
        for metric, moments in statistics.metrics.items():
            keys.append((link, layer, value, metric))
            std = np.where(n > 1, np.sqrt(moments.m2 / np.maximum(n - 1, 1)), math.nan)
            for name, column in zip(columns, (moments.mean, std, n, cbr, delivered), strict=True):
                columns[name].append(column)
    heads = ("link", "layer", axis, "metric")
    first = {head: np.repeat(np.array([key[i] for key in keys], object), len(pictures)) for i, head in enumerate(heads)}
    number = np.tile(np.arange(len(pictures)), len(keys))
    names = np.tile(np.array([p.name for p in pictures], object), len(keys))
    numbers = {name: np.concatenate([np.empty(0), *parts]) for name, parts in columns.items()}
    numbers["n_draws"] = numbers["n_draws"].astype(int)
    return pd.DataFrame({**first, "number": number, "picture": names, **numbers}).astype({"layer": int, axis: float})


def read_per_picture(folder: str | Path) -> pandas.DataFrame:
    """The per-picture results of a finished folder: from its `pictures.csv`, or from its units.

    Returns
    -------
    data frame
        See `frame`.

    Raises
    ------
    LinksimError
        If the folder keeps none, or a file is damaged.
    """
    import pandas as pd

    result = read(folder)
    path, axis = result.path, result.rows.axis.name
    if (path / FILE).is_file():
        try:
            table = read_csv(path / FILE)
        except (OSError, ValueError) as error:
            raise LinksimError(f"{path / FILE} is damaged ({error}); run the scenario again") from error
        missing = {"link", "layer", axis, "metric", "number", "picture", "mean", "std", "n_draws"} - set(table.columns)
        if missing:
            raise LinksimError(
                f"{path / FILE} is damaged (it has no column {', '.join(sorted(missing))}); run the scenario again"
            )
        for column in ("layer", axis, "number", "mean", "std", "n_draws"):
            if not pd.api.types.is_numeric_dtype(table[column]):
                raise LinksimError(f"{path / FILE} is damaged (column {column} holds text); run the scenario again")
        return table
    if not has_units(path):
        raise LinksimError(
            f"{path} keeps no results of single pictures (no {FILE}, no units/); run its scenario again to have them"
        )
    run = read_run(path)
    pictures = read_pictures(path, run)
    return frame(_stored(path, run, pictures, result.rows.table, axis), pictures, axis)


def _stored(
    path: Path, run: Mapping[str, Any], pictures: Sequence[KnownPicture], table: pandas.DataFrame, axis: str
) -> Iterable[Entry]:
    """The statistics behind every row of a table; envelopes show what they chose."""
    reader = UnitReader(path, pictures, run.get("seed") or 0)
    draws = table.groupby(["link", axis])["n_draws"].first()
    found: dict[tuple[str, float], tuple[LayerStatistics, ...]] = {}
    for link, fingerprint in (run.get("fingerprints") or {}).items():
        kept = reader.of(str(fingerprint))
        for value in draws[link].index if link in draws.index.get_level_values(0) else ():
            there, count = at(kept, value), int(draws[link, value])
            if there is not None and there.ends(count):
                found[link, value] = there.between(0, count, count)
    for link in dict.fromkeys(table["link"]):
        for value in dict.fromkeys(table.loc[table["link"] == link, axis]):
            members = chosen_members(run, link, value)
            names = members if members is not None else [link] * len(found.get((link, value), ()))
            for layer, name in enumerate(names):
                if layer < len(found.get((name, value), ())):
                    yield str(link), layer, float(value), found[name, value][layer]


def ranked(
    table: pandas.DataFrame,
    axis: str,
    metric: str,
    value: float,
    count: int,
    best: bool = False,
    run: Mapping[str, Any] | None = None,
) -> pandas.DataFrame:
    """The worst pictures of every link and layer at one axis value, worst first; or the best ones, best first.

    Parameters
    ----------
    table : data frame
        See `frame`.
    axis : str
        Name of its axis.
    metric : str
    value : float
        On the axis.
    count : int
    best : bool
    run : mapping, optional
        The content of `run.json`, which says of a metric of a user's whether high values are better.

    Raises
    ------
    LinksimError
        If the metric is not there, or neither high nor low values of it are better.
    """
    known = sorted(set(table["metric"]))
    if metric not in known:
        raise LinksimError(f"there is no metric {metric!r} of single pictures; take one of {', '.join(known)}")
    better = higher_is_better(metric, run or {})
    if better is None and count < len(table):
        raise LinksimError(f"no value of {metric} is known to be better than another; take another --metric to rank by")
    shown = table[(table["metric"] == metric) & (table[axis] == value)]
    ordered = shown.sort_values("mean", ascending=better is not best, kind="stable")
    picked = ordered.groupby(["link", "layer"], sort=False).head(count)
    order = {key: i for i, key in enumerate(dict.fromkeys(zip(shown["link"], shown["layer"], strict=True)))}
    places = [order[key] for key in zip(picked["link"], picked["layer"], strict=True)]
    return picked.assign(_place=places).sort_values("_place", kind="stable").drop(columns="_place")
