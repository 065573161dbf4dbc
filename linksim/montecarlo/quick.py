"""`--quick`: a first look at a scenario in a minute."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.montecarlo.unit import picture_chunks

if TYPE_CHECKING:
    from linksim.montecarlo.sweep import Sweep

QUICK_POINTS = 5
QUICK_PIXELS = 1_600_000
QUICK_DRAWS = 16
QUICK_HALF_WIDTH_DB = 0.5


def beside(folder: Path, suffix: str) -> Path:
    """The folder of the same name with a suffix."""
    folder = folder if folder.name else folder.resolve()  # "." has no name
    return folder.with_name(f"{folder.name}-{suffix}")


def quick_changes(sweep: Sweep, given: Collection[str]) -> dict[str, object]:
    """What `--quick` changes of a sweep.

    Parameters
    ----------
    sweep : Sweep
    given : collection of str
        Fields of it that other options have set already, which are not looked at.
    """
    changes: dict[str, object] = {
        "links": [entry.quick() for entry in sweep.links],
        "max_draws": min(sweep.max_draws, QUICK_DRAWS),
        "ci_half_width": max(sweep.ci_half_width or 0.0, QUICK_HALF_WIDTH_DB),
    }
    if "out" not in given:
        changes["out"] = beside(sweep.folder, "quick")
    if "axis" not in given:
        values = sweep.axis.values
        last, points = len(values) - 1, min(QUICK_POINTS, len(values))
        changes["axis"] = sweep.axis.with_values(values[round(i * last / max(1, points - 1))] for i in range(points))
    if "pictures" not in given:
        pictures = sweep.load_pictures()
        changes["pictures"] = pictures[: picture_chunks([p.size for p in pictures], QUICK_PIXELS)[0][1]]
    return changes
