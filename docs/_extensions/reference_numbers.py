"""`reference-numbers.md`: every published point of `results/reference/`, and ours of the same bandwidth beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from linksim.report import ResultFolder, load_reference, read
from linksim.report.labels import cbr_text, metric_label

HEAD = """# Reference numbers

Published points that scenarios draw as markers, from `results/reference/*.csv`, and beside each what the published
result folder of that scenario has at the same value of the axis and the same bandwidth ratio. Both columns are read
from files when this page is built. "Ours" has the mean of `curve.csv`: of the link of the same name where there is one,
and otherwise of all links of that bandwidth ratio but the single schemes below an envelope; of models for one SNR, that
of this SNR. ≈ marks a value that was read off a plot. Whether two numbers are of the same thing, and why they differ,
is said on the page of each scenario.
"""
CLOSE = 0.005
"""Bandwidth ratios that differ by less than this share are one: files have six digits."""


def reference_numbers(results: Path) -> str:
    """The page, from `results/`, as Markdown."""
    parts = [HEAD]
    for path in sorted((results / "reference").glob("*.csv")):
        folder = results / path.stem
        if (folder / "curve.csv").is_file():
            parts.append(section(read(folder), path))
    return "\n".join(parts)


def section(result: ResultFolder, path: Path) -> str:
    """The table of one scenario."""
    axis = result.rows.axis
    lines = [
        f"## {path.stem}",
        "",
        f"From [{path.stem}](gallery/{path.stem}.md).",
        "",
        f"| published | k/n | {axis.label} | metric | value | ours |",
        "|---|---|---|---|---|---|",
    ]
    sources = []
    for point in load_reference(path, axis.name):
        if point["source"] not in sources:
            sources.append(point["source"])
        number = sources.index(point["source"]) + 1
        about = "≈ " if point.get("exactness", "exact") != "exact" else ""
        ratio = cbr_text(float(point["cbr"])) if point.get("cbr") else ""
        ours = "<br>".join(f"{name}: **{mean:.2f}**" for name, mean in beside(result, point))
        lines.append(
            f"| {_cell(point['link'])} ({number}) | {ratio} | {float(point[axis.name]):g} | "
            f"{metric_label(point['metric'])} | {about}{point['value']} | {ours or 'not simulated'} |"
        )
    return "\n".join([*lines, "", *(f"({i}) {source}  " for i, source in enumerate(sources, 1)), ""])


def beside(result: ResultFolder, point: dict[str, str]) -> list[tuple[str, float]]:
    """Our links that a published point stands beside, with their means."""
    rows = result.rows
    value = float(point[rows.axis.name])
    table = [
        row
        for row in rows.table.to_dict("records")
        if row["metric"] == point["metric"]
        and abs(row[rows.axis.name] - value) < 1e-9
        and row["link"] not in rows.members
        and _matched(rows.tags.get(row["link"], {}), value)
    ]
    same = [row for row in table if row["link"] == point["link"]]
    if same:  # whatever its bandwidth is called: the last layer
        return [(_cell(point["link"]), max(same, key=lambda row: row["layer"])["mean"])]
    scheme = [row for row in table if rows.tags.get(row["link"], {}).get("scheme") == point["link"]]
    ratio = float(point.get("cbr") or 0)
    near = [row for row in scheme or table if not ratio or abs(row["cbr"] / ratio - 1) < CLOSE]
    return list({_cell(row["link"]): row["mean"] for row in near}.items())


def _matched(tags: Mapping[str, str | float], value: float) -> bool:
    """Whether a link is for every SNR, or for this one."""
    trained = tags.get("training_snr_db")
    return trained is None or float(trained) == value


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
