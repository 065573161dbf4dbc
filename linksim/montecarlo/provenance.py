"""What is to be known of how a result came to be: the content of `run.json`."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from linksim import metrics as registry
from linksim.links.base import Envelope
from linksim.montecarlo.point import Point
from linksim.montecarlo.setup import Setup
from linksim.montecarlo.unit import digest_of
from linksim.report import Figure

_PACKAGES = (
    "linksim", "sionna", "sionna-no-rt", "tensorflow", "keras", "torch", "numpy", "scipy", "av",
    "imagecodecs", "Pillow",
)  # fmt: skip


def command() -> str:
    """The command line, without the folders that only this machine has."""
    program, *arguments = sys.argv or [""]
    if Path(program).parts[-2:] == ("cli", "__main__.py"):  # python -m linksim.cli
        program = "linksim"
    return shlex.join([Path(program).name if Path(program).is_absolute() else program, *arguments])


def describe(
    setup: Setup,
    points: Mapping[tuple[str, float], Point],
    chosen: Mapping[str, Mapping[float, Sequence[str]]],
    figures: Sequence[Figure],
    how: Mapping[str, Any],
) -> dict[str, object]:
    """The content of `run.json`, the runs that an earlier one tells of included.

    Parameters
    ----------
    setup : Setup
    points : mapping of (fingerprint, axis value) to Point
    chosen : mapping
        Envelope -> axis value -> name of the member after each layer.
    figures : sequence of figures
        What `linksim plot` draws.
    how : mapping
        Of this run: finished, command, workers, units_run, wall_time_s.
    """
    runs = _previous_runs(setup.folder / "run.json")
    if how not in runs and (how["units_run"] or not runs):
        # a run that only drew the figures again adds nothing to how the numbers came to be
        runs.append(dict(how))
    axis = setup.axis
    return {
        "scenario": setup.name,
        "command": how["command"],
        "versions": _versions(),
        "pictures": {
            "set": setup.pictures.name,
            "count": len(setup.pictures),
            "sha256": digest_of(setup.pictures),
        },
        "axis": axis.to_dict(),
        **({"metrics": own} if (own := _own_metrics(setup)) else {}),
        "seed": setup.seed,
        "ci_half_width_db": setup.ci_half_width,
        "max_draws": setup.max_draws,
        "links": _links(setup),
        "fingerprints": {name: fingerprint for name, (fingerprint, _) in setup.links.items()},
        "stopped": {
            name: {axis.text(v): points[fingerprint, v].stopped for v in axis.values if (fingerprint, v) in points}
            for name, (fingerprint, _) in setup.links.items()
        },
        "envelopes": {
            e.name: {
                "members": [m.name for m in e.members],
                "chosen": {axis.text(value): list(names) for value, names in chosen[e.name].items()},
            }
            for e in setup.entries
            if isinstance(e, Envelope)
        },
        "figures": [figure.to_dict() for figure in figures],
        "reference": setup.relative_reference(),
        "wall_time_s": round(sum(run["wall_time_s"] for run in runs), 3),
        "runs": runs,
    }


def _own_metrics(setup: Setup) -> dict[str, dict[str, object]]:
    """What must be known of metrics that are not linksim's own, where the script that has them is not run."""
    known = (registry.get(name) for name in setup.metrics if name != "psnr_of_mean_mse")
    return {m.name: {"higher_is_better": m.higher_is_better} for m in known if not m.is_built_in}


def _links(setup: Setup) -> dict[str, dict[str, object]]:
    """Every link and envelope that has rows, in the order of the table; `alone` is a member of an envelope that the
    sweep also names for itself, and that is drawn like any other link."""
    found: dict[str, dict[str, object]] = {}
    members = {m.name for e in setup.entries if isinstance(e, Envelope) for m in e.members}
    alone = members & {e.name for e in setup.entries}
    for entry in setup.entries:
        if isinstance(entry, Envelope):
            found[entry.name] = {"fingerprint": None, "layers": setup.layers_of(entry), "tags": dict(entry.tags)}
        for link in entry.members if isinstance(entry, Envelope) else [entry]:
            if link.name not in found:
                fingerprint = setup.links[link.name][0]
                found[link.name] = {"fingerprint": fingerprint, "layers": link.num_layers, "tags": dict(link.tags)}
                if link.models:
                    found[link.name]["models"] = list(link.models)
                if weights := link.model_weights:
                    found[link.name]["weights"] = dict(weights)
                if link.name in alone:
                    found[link.name]["alone"] = True
    return found


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _previous_runs(path: Path) -> list[dict[str, Any]]:
    """The runs that the present `run.json` tells of; none if there is none, or it is not readable."""
    try:
        runs = json.loads(path.read_text())["runs"]
        return [run for run in runs if isinstance(run["wall_time_s"], (int, float))]
    except (OSError, ValueError, KeyError, TypeError):
        return []
