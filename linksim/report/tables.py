"""Tables of numbers: for a terminal, as Markdown, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linksim.errors import LinksimError
from linksim.report.figures import Table
from linksim.report.labels import metric_label
from linksim.report.rows import Rows


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


@dataclass(frozen=True, eq=False)
class _Numbers:
    names: list[str]
    columns: list[tuple[str, float]]  # (metric, axis value)
    cells: list[list[tuple[float, float]]]  # (mean, half width of the interval)


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
    columns = [(metric, value) for metric in table.metrics for value in values]
    empty = (float("nan"), float("nan"))
    return _Numbers(
        [f"{link}, after layer {layer + 1}" if several else str(link) for link, layer in keys],
        columns,
        [[found.get((*key, metric, value), empty) for metric, value in columns] for key in keys],
    )


def _shown_values(rows: Rows, table: Table) -> list[float]:
    if table.at is None:
        return rows.values
    asked = table.at if isinstance(table.at, tuple) else (table.at,)
    return list(dict.fromkeys(rows.nearest(value) for value in asked))


def cells(rows: Rows, table: Table, intervals: bool = True) -> Cells:
    """The table as text: "31.42 ± 0.05" or, without intervals, "31.42"; empty where nothing was measured.

    Values up to 10, such as SSIM, have four decimals, larger ones two.

    Raises
    ------
    LinksimError
        If a metric is not there.
    """
    numbers = _numbers(rows, table)
    heads = [
        ", ".join([*([metric_label(metric)] if len(table.metrics) > 1 else []), rows.axis.text(value)])
        for metric, value in numbers.columns
    ]
    if len({value for _, value in numbers.columns}) == 1 and len(table.metrics) > 1:
        heads = [metric_label(metric) for metric, _ in numbers.columns]

    decimals = {metric: _decimals(rows, metric) for metric in table.metrics}

    def text(metric: str, mean: float, half: float) -> str:
        if np.isnan(mean):
            return ""
        digits = decimals[metric]
        return f"{mean:.{digits}f}" + (f" ± {half:.{digits}f}" if intervals and np.isfinite(half) else "")

    lines = zip(numbers.names, numbers.cells, strict=True)
    metrics = [metric for metric, _ in numbers.columns]
    return Cells(["link", *heads], [[name, *map(text, metrics, *zip(*line))] for name, line in lines])


def _decimals(rows: Rows, metric: str) -> int:
    values = rows.table.loc[rows.table["metric"] == metric, "mean"].abs()
    return 2 if values.empty or values.max() > 10 else 4


def to_markdown(rows: Rows, table: Table) -> str:
    """The table as Markdown, with a line above that says what is shown."""
    made = cells(rows, table)
    values = _shown_values(rows, table)
    where = f", {rows.axis.text(values[0])}" if len(values) == 1 and len(table.metrics) > 1 else ""
    caption = (
        f"{rows.table['scenario'].iloc[0]}: {', '.join(map(metric_label, table.metrics))}{where}, with 95 % intervals"
    )
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
    heads = [f"{metric} at {rows.axis.name}={value:g}" for metric, value in numbers.columns]
    writer.writerow(["link", *(h for head in heads for h in (head, f"{head}, half width"))])
    for name, line in zip(numbers.names, numbers.cells, strict=True):
        writer.writerow([name, *("" if np.isnan(number) else f"{number:.6f}" for cell in line for number in cell)])
    return out.getvalue()
