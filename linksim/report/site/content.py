"""What a page of the explorer shows of a result folder, as plain data: curves, links, provenance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from linksim.report.folder import ResultFolder, read_run
from linksim.report.labels import cbr_text, metric_label
from linksim.report.preference import PREFERENCES, read_preferences
from linksim.report.tex import plain

_COLUMNS = ("mean", "ci_low", "ci_high", "n_pictures", "n_draws", "cbr", "delivered")


def curves_of(result: ResultFolder) -> dict[str, Any]:
    """The numbers of a folder and what is known of its links, as the page's script takes them.

    `points` has, for each metric and each `link|layer`, a list per column: the axis value and those of `curve.csv`;
    `links` the tags of each link, in the order of the table, and whether it is a member of an envelope.
    """
    rows, table = result.rows, result.rows.table
    links = {}
    for link in dict.fromkeys(table["link"]):
        layers = sorted({int(layer) for layer in table.loc[table["link"] == link, "layer"]})
        links[link] = {"layers": layers, "tags": dict(rows.tags.get(link, {})), "member": link in rows.members}
    points: dict[str, dict[str, dict[str, list[float | None]]]] = {}
    for (metric, link, layer), part in table.groupby(["metric", "link", "layer"], sort=False):
        part = part.sort_values(rows.axis.name)
        lists = {"value": _numbers(part[rows.axis.name]), **{name: _numbers(part[name]) for name in _COLUMNS}}
        points.setdefault(str(metric), {})[f"{link}|{int(layer)}"] = lists
    return {
        "scenario": str(table["scenario"].iloc[0]),
        "axis": {"name": rows.axis.name, "label": rows.axis.label},
        "metrics": {metric: metric_label(metric) for metric in rows.metrics},
        "columns": {name: metric_label(name) for name in ("cbr", "delivered")},
        "tags": _numeric_tags(links),
        "ratios": {f"{ratio:.6g}": cbr_text(ratio) for ratio in _ratios(links)},
        "links": links,
        "points": points,
        "published": [_published(point, rows.axis.name) for point in rows.reference],
        "shown": _first_shown(result),
    }


def provenance_of(result: ResultFolder) -> dict[str, Any]:
    """How the numbers of a folder came to be, from its `run.json`: empty where there is none."""
    run = read_run(result.path)
    stopped = run.get("stopped") or {}
    links = [
        {
            "name": plain(name),
            "fingerprint": about.get("fingerprint") or "",
            "models": list(about.get("models") or ()),
            "weights": dict(about.get("weights") or {}),
            "stopped": _counts(stopped.get(name)),
        }
        for name, about in (run.get("links") or {}).items()
    ]
    seconds = run.get("wall_time_s")
    return {
        "command": run.get("command"),
        "time": _duration(seconds) if isinstance(seconds, (int, float)) else None,
        "versions": run.get("versions") or {},
        "pictures": run.get("pictures") or {},
        "plain": {
            label: run[key]
            for key, label in (
                ("seed", "Seed"),
                ("ci_half_width_db", "Half width at which a point stops, in dB"),
                ("max_draws", "Most draws per picture"),
            )
            if run.get(key) is not None
        },
        "links": links,
        "runs": run.get("runs") or [],
        "superseded": (run.get("superseded") or {}).get("why"),
    }


def models_of(result: ResultFolder) -> list[str]:
    """Names of the zoo's entries that the links of a folder used, in their order."""
    return list(dict.fromkeys(model for link in provenance_of(result)["links"] for model in link["models"]))


def study_of(folder: Path) -> dict[str, Any] | None:
    """What people preferred, where a user study was analysed into the folder: rows of text, notes, and the figure."""
    if not (folder / PREFERENCES).is_file():
        return None
    table = read_preferences(folder)
    rows = [
        (
            row["ours"], row["theirs"], cbr_text(row["theirs_cbr"]), f"{100 * row['share']:.1f} %",
            f"{100 * row['ci_low']:.1f} to {100 * row['ci_high']:.1f} %", row["participants"], row["answers"],
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    return {
        "rows": rows,
        "notes": [note for note in dict.fromkeys(table["note"]) if note],
        "figures": [path.name for path in figures_of(folder) if path.name.startswith("preference")],
    }


def same_weights(result: ResultFolder, model: str, today: Callable[[str], str | None]) -> str:
    """Whether the weights of a model that ran are those of today, in words; "" where `run.json` does not say.

    Parameters
    ----------
    result : ResultFolder
    model : str
    today : function of a model's name
        Digest of its weights as they are now, or None where they cannot be read.
    """
    links = provenance_of(result)["links"]
    ran = {link["weights"][model] for link in links if model in link["weights"]}
    if not ran:
        return ""
    now = today(model)
    if now is None:
        return "The weights of this card cannot be read, and were not compared with those that ran."
    if ran == {now}:
        return "These weights ran."
    if now in ran:
        return "These weights ran in some links, and others of this name in other links."
    return "Other weights ran: those of this name have changed since."


def beginning_of(card: Mapping[str, Any]) -> str:
    """Where the learning curve of a card begins, in words; "" for random weights, and where nothing was trained."""
    recipe, history = card["recipe"], card["history"]
    if not card["steps"]:
        return ""
    if recipe.get("warm_start"):
        what = f"the weights of {recipe['warm_start']}"
    elif recipe.get("analytic_start"):
        what = "an analytic start"
    elif history and not history[0][0]:
        what = "weights that were given"
    else:
        return ""
    if history and not history[0][0]:
        return f"The curve begins at what it started from, {what}: {history[0][1]:.2f} dB at step 0."
    return f"Training started from {what}; what they reach before the first step is not on this card."


def figures_of(folder: Path) -> list[Path]:
    """The PNG files of a result folder: curves first, then panels and what else there is."""
    found = [path for path in folder.glob("*.png") if not path.is_symlink()]
    return sorted(found, key=lambda path: (not path.name.startswith("curve"), path.name))


def _numbers(column: Any) -> list[float | None]:
    """JSON has no NaN."""
    return [None if not math.isfinite(v) else round(float(v), 6) for v in column]


def _numeric_tags(links: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Tags by which links can stand along an axis: numbers, and more than one."""
    found: dict[str, set[float]] = {}
    for link in links.values():
        for tag, value in link["tags"].items():
            if tag != "cbr" and isinstance(value, (int, float)) and not isinstance(value, bool):
                found.setdefault(tag, set()).add(float(value))
    return {tag: metric_label(tag) for tag, values in found.items() if len(values) > 1}


def _ratios(links: Mapping[str, Mapping[str, Any]]) -> list[float]:
    """Bandwidth ratios of the links, as written; those that differ by whole channel uses only are one."""
    given = [float(link["tags"]["cbr"]) for link in links.values() if "cbr" in link["tags"]]
    return sorted({cbr_text(value): value for value in sorted(given, reverse=True)}.values())


def _published(point: Mapping[str, str], axis: str) -> dict[str, Any]:
    found: dict[str, Any] = {key: point[key] for key in ("source", "link", "metric")}
    found |= {"value": float(point[axis]), "mean": float(point["value"])}
    return found | {"cbr": float(point["cbr"]) if point.get("cbr") else None, "scheme": point.get("scheme") or None}


def _first_shown(result: ResultFolder) -> dict[str, Any]:
    """The metric and column of the scenario's first figure."""
    for figure in result.figures or ():
        if figure.kind == "curves" and figure.y in result.rows.metrics:  # type: ignore[union-attr]
            return {"metric": figure.y, "x": figure.x or result.rows.axis.name, "at": figure.at}  # type: ignore[union-attr]
    return {"metric": result.rows.metrics[0], "x": result.rows.axis.name, "at": None}


def _counts(stopped: Any) -> str:
    """Why the points of a link stopped, such as "20 target, 1 limit"."""
    if not isinstance(stopped, Mapping):
        return ""
    why = [str(reason) for reason in stopped.values()]
    return ", ".join(f"{why.count(reason)} {reason}" for reason in dict.fromkeys(why))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n) or "under 1 s"
