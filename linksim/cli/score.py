"""`linksim score`: metrics of pictures that are there already."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import numpy as np
import typer

from linksim.cli.output import print_table, quiet_tensorflow
from linksim.errors import LinksimError
from linksim.messages import Ticker, tell

if TYPE_CHECKING:
    from linksim.metrics import AnyMetric, Metric, SetMetric

MOST_NAMES = 5
"""So many unmatched pictures an error names before it says how many more there are."""

_Pair = tuple[str, Path, Path]
"""Name, reference, reconstruction."""

_METRIC = (
    "A metric, or several such as psnr,lpips; may be repeated. By default all of single photographs that this machine "
    "can compute; one of whole sets, such as fid, is named, and stands in the last row."
)


def score(
    reference: Annotated[Path, typer.Argument(help="A picture, or a folder of pictures.")],
    reconstruction: Annotated[Path, typer.Argument(help="What came out: a picture, or a folder with the same names.")],
    metric: Annotated[list[str] | None, typer.Option(help=_METRIC)] = None,
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file instead of a table; - prints it.")
    ] = None,
) -> None:
    """Measure how close pictures are to others: a row per picture, and their mean in the last.

    Pictures of two folders belong together where their names are equal up to the suffix.
    """
    named = _named(metric or [])
    pairs = _pairs(reference, reconstruction)
    if csv not in (None, "-"):
        _prepare(Path(csv))
    _check(pairs)
    columns = _measure(pairs, named or _there(), left_out=not named)
    names = [name for name, _, _ in pairs]
    if csv is None:
        print_table(f"{reconstruction} against {reference}", *_table(names, columns), whole=True)
    else:
        _write_csv(csv, names, columns)


def _named(texts: Sequence[str]) -> list[AnyMetric]:
    """The metrics of `--metric`, each once."""
    from linksim import metrics
    from linksim.metrics.fid import FID

    names = dict.fromkeys(name.strip() for text in texts for name in text.split(","))
    found = [FID if name == FID.name else metrics.get(name) for name in names]
    for made in found:
        lacks = made.missing()
        if lacks:
            raise LinksimError(f"{made.name} cannot be computed: {lacks}")
    return found


def _there() -> list[AnyMetric]:
    """The metrics of single photographs, less those that lack files: a line says which."""
    from linksim import metrics

    found: list[AnyMetric] = []
    for made in map(metrics.get, metrics.names()):
        # Where neither higher nor lower is better it is a statistic, of bits for instance, and not of photographs.
        if isinstance(made, metrics.Metric) and made.higher_is_better is not None:
            lacks = made.missing()
            if lacks:
                tell(f"{made.name} is left out: {lacks}")
            else:
                found.append(made)
    return found


def _pairs(reference: Path, reconstruction: Path) -> list[_Pair]:
    """What is compared with what."""
    kinds = [_kind(place) for place in (reference, reconstruction)]
    if kinds[0] != kinds[1]:
        raise LinksimError(
            f"{reference} is a {kinds[0]} and {reconstruction} a {kinds[1]}; give two pictures or two folders"
        )
    if kinds[0] == "file":
        return [(reconstruction.stem, reference, reconstruction)]
    ours, theirs = _by_stem(reference), _by_stem(reconstruction)
    alone = [
        f"{folder} has no {_listed([stem for stem in other if stem not in own])}"
        for folder, own, other in ((reference, ours, theirs), (reconstruction, theirs, ours))
        if not own.keys() >= other.keys()
    ]
    if alone:
        raise LinksimError(f"pictures are matched by name, but {' and '.join(alone)}; add or remove them")
    return [(stem, path, theirs[stem]) for stem, path in ours.items()]


def _kind(place: Path) -> str:
    # os.path and not Path: it answers False, and raises nothing, where a folder may not be entered.
    if os.path.isdir(place):
        return "folder"
    if os.path.isfile(place):
        return "file"
    raise LinksimError(f"{place} is neither a picture nor a folder; give two pictures or two folders")


def _by_stem(folder: Path) -> dict[str, Path]:
    from linksim.images.files import picture_paths

    found: dict[str, Path] = {}
    for path in picture_paths(folder):
        if path.stem in found:
            both = f"{found[path.stem].name} and {path.name}"
            raise LinksimError(f"{folder} has two pictures called {path.stem} ({both}); remove one")
        found[path.stem] = path
    return found


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _prepare(file: Path) -> None:
    """See, before any work is done, that a file can be written."""
    from linksim.files import prepare_folder

    if os.path.isdir(file):
        raise LinksimError(f"{file} is a folder; give --csv the name of a file")
    prepare_folder(file.parent)


def _check(pairs: Sequence[_Pair]) -> None:
    """Read all pictures once before anything is computed, so that a wrong one is not found at the end."""
    count = Ticker("pictures looked at")
    for i, pair in enumerate(pairs):
        count(i, len(pairs))
        _read(pair)


def _read(pair: _Pair) -> tuple[np.ndarray, np.ndarray]:
    """Reference and reconstruction, uint8 [1, H, W, 3] each."""
    from linksim.images import read_picture

    a, b = (read_picture(path) for path in pair[1:])
    if a.size != b.size:
        sizes = " and ".join(f"{path} has {p.size[0]}x{p.size[1]}" for path, p in zip(pair[1:], (a, b)))
        raise LinksimError(f"{sizes} pixels; give pictures of one size")
    return a.pixels[None], b.pixels[None]


class _Gathered(Protocol):
    def add(self, reference: np.ndarray, reconstruction: np.ndarray) -> None:
        """Take in a picture, uint8 [1, H, W, 3] each."""

    def value(self) -> float:
        """Of all pictures together."""


class _Each:
    """The values of a `Metric`, and their mean."""

    def __init__(self, metric: Metric):
        self._metric = metric
        self.values: list[float] = []

    def add(self, reference: np.ndarray, reconstruction: np.ndarray) -> None:
        self.values.append(float(self._metric(reference, reconstruction)[0]))

    def value(self) -> float:
        return float(np.mean(self.values))


class _Sum:
    """What a `SetMetric` makes of its statistics, added up."""

    def __init__(self, metric: SetMetric):
        self._metric = metric
        self._count = 0
        self._sum: np.ndarray | float = 0.0

    def add(self, reference: np.ndarray, reconstruction: np.ndarray) -> None:
        self._sum = self._sum + self._metric(reference, reconstruction)[0]
        self._count += 1

    def value(self) -> float:
        with self._metric.running("finish"):
            return float(self._metric.finish(np.asarray(self._sum), self._count))


def _gathered(metric: AnyMetric) -> _Gathered:
    from linksim import metrics

    # Only networks have files that may be missing, and only they take the seconds in which TensorFlow is imported.
    if metric.missing is not type(metric).missing:
        quiet_tensorflow()
    if isinstance(metric, metrics.Metric):
        return _Each(metric)
    return _Sum(metric) if isinstance(metric, metrics.SetMetric) else metrics.Fid()


def _measure(pairs: Sequence[_Pair], chosen: Sequence[AnyMetric], left_out: bool) -> dict[AnyMetric, _Gathered]:
    """Compute the metrics of all pictures.

    With `left_out`, a metric that cannot be had of a picture is left out for all, and a line says why.
    """
    columns = {metric: _gathered(metric) for metric in chosen}
    count, total = Ticker("values computed"), len(pairs) * len(chosen)
    for i, pair in enumerate(pairs):
        pictures = _read(pair)
        for k, metric in enumerate(chosen):
            count(i * len(chosen) + k, total)
            try:
                if metric in columns:
                    columns[metric].add(*pictures)
            except LinksimError as error:
                if not left_out:
                    raise LinksimError(f"{pair[0]}: {error}") from error
                tell(f"{metric.name} is left out: {error} ({pair[0]})")
                del columns[metric]
    return columns


_Columns = Mapping["AnyMetric", _Gathered]


def _rows(names: Sequence[str], columns: _Columns) -> list[tuple[str, list[float]]]:
    """Names and values, those of all pictures last; nan where a metric has none of single pictures."""
    each = [
        gathered.values if isinstance(gathered, _Each) else [math.nan] * len(names) for gathered in columns.values()
    ]
    rows = [(name, [values[i] for values in each]) for i, name in enumerate(names)]
    return [*rows, ("mean", [gathered.value() for gathered in columns.values()])]


def _table(names: Sequence[str], columns: _Columns) -> tuple[list[str], list[list[str]]]:
    heads = ["picture", *(f"{made.name}, {made.unit}" if made.unit else made.name for made in columns)]
    digits = [2 if made.unit == "dB" else 4 for made in columns]
    rows = [
        [name, *("" if math.isnan(v) else f"{v:.{d}f}" for v, d in zip(values, digits))]
        for name, values in _rows(names, columns)
    ]
    return heads, rows


def _write_csv(file: str, names: Sequence[str], columns: _Columns) -> None:
    """Of all digits, with the names of metrics alone above, and an empty cell where there is no value."""
    from linksim.files import write_atomically

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", *(made.name for made in columns)])
    for name, values in _rows(names, columns):
        writer.writerow([name, *("" if math.isnan(value) else repr(value) for value in values)])
    if file == "-":
        typer.echo(text.getvalue(), nl=False)
    else:
        write_atomically(Path(file), text.getvalue())
        typer.echo(file)
