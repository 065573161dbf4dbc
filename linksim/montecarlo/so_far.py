"""What a run has so far, as a result folder inside its own, for whoever does not want to wait for its end."""

from __future__ import annotations

import dataclasses
import importlib
import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.messages import LINE_S
from linksim.montecarlo.point import Point
from linksim.montecarlo.progress import ProgressBar
from linksim.montecarlo.result import Result
from linksim.montecarlo.setup import Setup
from linksim.report.folder import SO_FAR


class SoFar:
    """Writes the finished points of a run into `so-far/`: after the first one, every half minute, and when it stops.

    Parameters
    ----------
    setup : Setup
    points : mapping of (fingerprint, axis value) to Point
    how : mapping
        What `run.json` says of this run.
    shown : ProgressBar
        Says where the first point is.
    """

    def __init__(
        self, setup: Setup, points: Mapping[tuple[str, float], Point], how: Mapping[str, Any], shown: ProgressBar
    ):
        importlib.import_module("pandas")  # now: Ctrl-C in the middle of its import would leave half of it
        self.folder: Path = setup.folder / SO_FAR
        self._setup = dataclasses.replace(setup, folder=self.folder)
        self._points, self._how, self._shown = points, how, shown
        self._started, self._written, self._units, self._told = time.monotonic(), -math.inf, 0, False
        self.remove()
        self._is_ours = not (self.folder.exists() or self.folder.is_symlink())

    def __call__(self, at_once: bool = False) -> None:
        """Count a unit and write what there is, if it is time to, or `at_once`."""
        self._units += not at_once
        now = time.monotonic()
        if not self._is_ours or (now - self._written < LINE_S and not at_once):
            return
        finished = {place: point for place, point in self._points.items() if point.stopped}
        if not finished:
            return
        how = {**self._how, "units_run": self._units, "wall_time_s": round(now - self._started, 3)}
        try:
            Result(self._setup, finished, how).save_table()
        except LinksimError as error:  # nothing that a run could not do without
            self._is_ours = False
            self._shown.note(f"what there is so far is not kept: {error}")
            return
        self._written = time.monotonic()
        if not self._told and now - self._started > LINE_S:  # short runs say nothing
            self._told = True
            self._shown.note(f"what there is so far: linksim show {self.folder}, or linksim plot")

    def remove(self) -> None:
        """Take it away: the run is finished, or begins anew. What no run left there stays."""
        ours = not self.folder.is_symlink() and (self.folder / "curve.csv").is_file()
        if ours and not (self.folder / "units").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
