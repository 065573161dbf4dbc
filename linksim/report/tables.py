"""Tables of numbers: for a terminal, as Markdown, LaTeX and HTML, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.report.figures import Table
from linksim.report.labels import metric_label
from linksim.report.rows import Rows, used_cbr

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Cells:
    """A table as text.

    Parameters
    ----------
    columns : list of str
        Heads; the first is "link".
    rows : list of lists of str
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class _Column:
    """A metric at an axis value, in which `kind` of number."""

    metric: str
    value: float
    kind: str = "mean"  # or "loss" or "bpp"


@dataclass(frozen=True, eq=False)
class _Numbers:
    names: list[str]
    columns: list[_Column]
    cells: list[list[tuple[float, float]]]  # (number, half width of the interval)


def _numbers(rows: Rows, table: Table) -> _Numbers:
    axis, whole = rows.axis.name, rows.table
    for metric in table.metrics:
        if metric not in rows.metrics:
            raise LinksimError(f"there is no metric {metric!r}; take one of {', '.join(sorted(rows.metrics))}")
    values = _shown_values(rows, table)
    shown = whole[whole["layer"] < table.layers] if table.layers is not None else whole
    if not table.members:
        shown = shown[~shown["link"].isin(rows.members)]
    several = shown["layer"].nunique() > 1
    keys = list(dict.fromkeys(zip(shown["link"], shown["layer"], strict=True)))
    found = {
        (link, layer, metric, value): (mean, (high - low) / 2)
        for link, layer, metric, value, mean, low, high in zip(
            *(shown[c] for c in ("link", "layer", "metric", axis, "mean", "ci_low", "ci_high")), strict=True
        )
    }
    uses = {(link, layer): cbr for link, layer, cbr in zip(shown["link"], shown["layer"], used_cbr(shown), strict=True)}
    empty = (np.nan, np.nan)

    def number(key: tuple[str, int], column: _Column) -> tuple[float, float]:
        if column.kind == "bpp":
            return 3 * uses[key], np.nan
        mean, half = found.get((*key, column.metric, column.value), empty)
        if column.kind == "mean":
            return mean, half
        first, _ = found.get((*key, column.metric, values[0]), empty)
        return (1 - mean / first) * 100 if first else np.nan, np.nan

    columns = [_Column(table.metrics[0], values[0], "bpp")] if table.bpp else []
    for metric in table.metrics:
        columns += [_Column(metric, value) for value in values]
        columns += [_Column(metric, value, "loss") for value in values[1:] if table.loss]
    return _Numbers(
        [f"{link}, after layer {layer + 1}" if several else str(link) for link, layer in keys],
        columns,
        [[number(key, column) for column in columns] for key in keys],
    )


def _shown_values(rows: Rows, table: Table) -> list[float]:
    if table.at is None:
        return rows.values
    asked = table.at if isinstance(table.at, tuple) else (table.at,)
    return list(dict.fromkeys(rows.nearest(value) for value in asked))


def cells(rows: Rows, table: Table, intervals: bool = True) -> Cells:
    """The table as text: "31.42 ± 0.05" or, without intervals, "31.42"; empty where nothing was measured.

    Values up to 10, such as SSIM, have four decimals, larger ones two.

    Parameters
    ----------
    rows : Rows
    table : Table
        Which rows and columns.
    intervals : bool
        Whether each number has the half width of its 95 % interval.

    Raises
    ------
    LinksimError
        If a metric is not there.
    """
    numbers = _numbers(rows, table)
    only = len(_shown_values(rows, table)) == 1
    heads = [_head(rows, column, len(table.metrics) > 1, only) for column in numbers.columns]
    decimals = {metric: _decimals(rows, metric) for metric in table.metrics}

    def text(column: _Column, mean: float, half: float) -> str:
        if np.isnan(mean):
            return ""
        if column.kind == "loss":
            return f"{mean:.1f} %"
        digits = 3 if column.kind == "bpp" else decimals[column.metric]
        return f"{mean:.{digits}f}" + (f" ± {half:.{digits}f}" if intervals and np.isfinite(half) else "")

    lines = zip(numbers.names, numbers.cells, strict=True)
    return Cells(["link", *heads], [[name, *map(text, numbers.columns, *zip(*line))] for name, line in lines])


def _head(rows: Rows, column: _Column, several_metrics: bool, only_value: bool) -> str:
    if column.kind == "bpp":
        return "bits per pixel"
    if several_metrics and only_value:
        return metric_label(column.metric)
    head = [metric_label(column.metric)] if several_metrics else []
    return ", ".join([*head, rows.axis.text(column.value), *(["loss"] if column.kind == "loss" else [])])


def _decimals(rows: Rows, metric: str) -> int:
    return decimals(rows.table.loc[rows.table["metric"] == metric, "mean"])


def decimals(values: pandas.Series) -> int:
    """Two for values beyond 10, four for those of SSIM."""
    return 2 if values.empty or values.abs().max() > 10 else 4


def caption_of(rows: Rows, table: Table) -> str:
    """What a table shows, in a line without its end."""
    values = _shown_values(rows, table)
    where = f", {rows.axis.text(values[0])}" if len(values) == 1 and len(table.metrics) > 1 else ""
    return f"{rows.table['scenario'].iloc[0]}: {', '.join(map(metric_label, table.metrics))}{where}"


def to_markdown(rows: Rows, table: Table) -> str:
    """The table as Markdown, with a line above that says what is shown."""
    made = cells(rows, table)
    caption = f"{caption_of(rows, table)}, with 95 % intervals"
    lines = [made.columns, ["---", *["---:"] * (len(made.columns) - 1)], *made.rows]
    return (
        "\n".join(
            [caption, "", *("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)]
        )
        + "\n"
    )


def to_csv(rows: Rows, table: Table) -> str:
    """The table as CSV: for every metric and axis value the mean, and the half width of its 95 % interval."""
    numbers = _numbers(rows, table)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    kinds = {"mean": "", "loss": ", loss in %"}
    heads: list[str] = []
    kept: list[list[float]] = [[] for _ in numbers.names]
    for i, column in enumerate(numbers.columns):
        at = f"{column.metric} at {rows.axis.name}={column.value:g}"
        head = "bits per pixel" if column.kind == "bpp" else f"{at}{kinds[column.kind]}"
        heads += [head, f"{head}, half width"] if column.kind == "mean" else [head]
        for row, line in zip(kept, numbers.cells, strict=True):
            row += line[i] if column.kind == "mean" else line[i][:1]
    writer.writerow(["link", *heads])
    for name, row in zip(numbers.names, kept, strict=True):
        writer.writerow([name, *("" if np.isnan(number) else f"{number:.6f}" for number in row)])
    return out.getvalue()
