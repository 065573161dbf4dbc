"""The options of a sweep on a command line, shared by scenario scripts and `linksim run`."""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.files import num_cores
from linksim.montecarlo.threads import on_several_threads
from linksim.montecarlo.unit import picture_chunks
from linksim.montecarlo.values import check_snr_db, clean_snrs

if TYPE_CHECKING:
    from linksim.montecarlo.result import Result
    from linksim.montecarlo.sweep import Sweep

QUICK_POINTS = 5
QUICK_PIXELS = 1_600_000
QUICK_DRAWS = 16
QUICK_HALF_WIDTH_DB = 0.5

PANEL_PICTURES = "panel"
"""What `--keep-pictures` without a number means: as many pictures as the panel shows."""

HELP = {
    "snr": "SNRs in dB: 0:20:2 (first:last:step, the last included) or 0,5,10",
    "values": "as --snr, for a scenario that runs over something else than SNRs",
    "pictures": "picture set or folder, with :N only its first N pictures, e.g. kodak:6",
    "draws": "at most so many draws of the channel per picture",
    "quick": (
        f"a first look: at most {QUICK_POINTS} SNRs, the first pictures up to "
        f"{QUICK_PIXELS / 1e6:.1f} megapixels, {QUICK_DRAWS} draws, intervals of +-{QUICK_HALF_WIDTH_DB} dB; "
        "written to results/NAME-quick"
    ),
    "workers": "processes on this machine, or auto for one per core",
    "cluster": "address of a Dask scheduler, or local",
    "out": "result folder instead of results/NAME",
    "keep_pictures": "keep the first N received pictures at every point as PNG; without N, those of the panel",
}


MOST_WORKERS = 1024
"""Processes that anyone may ask for; a run starts no more of them than there are cores."""


@dataclass(frozen=True)
class Options:
    """What the command line says, as it says it; None where it says nothing.

    Parameters
    ----------
    snr : str, optional
    pictures : str, optional
    draws : int, optional
    quick : bool
    workers : str or int
        A number, or "auto".
    cluster : str, optional
    out : str, optional
    keep_pictures : str, optional
        A number, or "panel": as many as the panel shows.
    values : str, optional
        As `snr`, for a sweep over another axis.
    """

    snr: str | None = None
    pictures: str | None = None
    draws: int | None = None
    quick: bool = False
    workers: str | int = 1
    cluster: str | None = None
    out: str | None = None
    keep_pictures: str | None = None
    values: str | None = None

    def apply(self, sweep: Sweep) -> Sweep:
        """The sweep as these options change it.

        Raises
        ------
        LinksimError
            If an option makes no sense.
        """
        changes: dict[str, object] = {}
        if self.snr is not None and self.values is not None:
            raise LinksimError("--snr and --values say the same twice; give one of them")
        if self.snr is not None:
            if sweep.axis.name != "snr_db":
                raise LinksimError(f"--snr: sweep {sweep.name!r} runs over {sweep.axis.name}; use --values")
            changes["axis"] = sweep.axis.with_values(parse_snr(self.snr))
        if self.values is not None:
            changes["axis"] = sweep.axis.with_values(parse_values("--values", self.values))
        if self.draws is not None:
            changes["max_draws"] = self.draws
        if self.pictures is not None:
            from linksim.images.sets import name_and_limit

            changes["pictures"], changes["max_pictures"] = name_and_limit(self.pictures)
        if self.out is not None:
            if not self.out.strip():
                raise LinksimError("--out is empty; name a folder")
            changes["out"] = self.out
        if self.keep_pictures is not None:
            changes["keep_pictures"] = parse_keep_pictures(self.keep_pictures)
        if self.quick:
            changes = {**quick_changes(dataclasses.replace(sweep, **changes), self), **changes}
        return dataclasses.replace(sweep, **changes)

    def num_workers(self) -> int:
        """The number of workers.

        Raises
        ------
        LinksimError
            If it is neither a positive number nor "auto".
        """
        if self.workers == "auto":
            return num_cores()
        try:
            number = int(self.workers)
        except ValueError:
            number = 0
        if not 1 <= number <= MOST_WORKERS:
            raise LinksimError(f"--workers {self.workers}: give a number from 1 to {MOST_WORKERS}, or auto")
        return number


def quick_changes(sweep: Sweep, options: Options) -> dict[str, object]:
    """What `--quick` changes; explicit options win."""
    changes: dict[str, object] = {
        "links": [entry.quick() for entry in sweep.links],
        "max_draws": min(sweep.max_draws, QUICK_DRAWS),
        "ci_half_width": max(sweep.ci_half_width or 0.0, QUICK_HALF_WIDTH_DB),
    }
    if options.out is None:
        changes["out"] = sweep.folder.with_name(f"{sweep.folder.name}-quick")
    if options.snr is None and options.values is None:
        values = sweep.axis.values
        last, points = len(values) - 1, min(QUICK_POINTS, len(values))
        changes["axis"] = sweep.axis.with_values(values[round(i * last / max(1, points - 1))] for i in range(points))
    if options.pictures is None:
        pictures = sweep.load_pictures()
        changes["pictures"] = pictures[: picture_chunks([p.size for p in pictures], QUICK_PIXELS)[0][1]]
    return changes


def parse_keep_pictures(text: str) -> int:
    """A number of pictures; 1, or as many as the panel shows, for "panel".

    Raises
    ------
    LinksimError
        If it is neither.
    """
    if text == PANEL_PICTURES:
        return 1
    if not text.isdecimal() or int(text) < 1:
        raise LinksimError(f"--keep-pictures {text}: give a number of pictures from 1 up, or none")
    return int(text)


def parse_snr(text: str) -> tuple[float, ...]:
    """SNRs in dB from "first:last:step", "first:last" (step 1) or "a,b,c"; parts may be mixed.

    Raises
    ------
    LinksimError
        If it is none of these, or a value is not finite.
    """
    return clean_snrs(parse_values("--snr", text, check_snr_db))


def parse_values(option: str, text: str, check: Callable[[float], float] = float) -> list[float]:
    """Numbers from "first:last:step", "first:last" (step 1) or "a,b,c"; parts may be mixed.

    Parameters
    ----------
    option : str
        What the message calls it.
    text : str
    check : function of a number
        Raises a LinksimError for numbers that make no sense.

    Raises
    ------
    LinksimError
        If it is none of these.
    """
    values: list[float] = []
    for part in text.split(","):
        try:
            numbers = [float(number) for number in part.split(":")]
        except ValueError as error:
            raise LinksimError(f"{option} {text}: {part!r} is not understood; give 0:20:2 or 0,5,10") from error
        for number in numbers:
            check(number)
        if len(numbers) == 1:
            values += numbers
            continue
        first, last, step = (*numbers, 1.0)[:3]
        if len(numbers) > 3 or not step > 0 or not last >= first or math.isinf(last - first):
            raise LinksimError(f"{option} {text}: {part!r} must be first:last:step with first <= last and step > 0")
        count = (last - first) / step + 1e-9
        if count > 10_000:
            raise LinksimError(f"{option} {text}: that is {count:.0f} values; give a wider step")
        values += [round(first + i * step, 9) for i in range(int(count) + 1)]
    return values


def parse_arguments(name: str, argv: Sequence[str] | None) -> Options:
    """Options of a scenario script; argparse itself exits with 2 on unknown ones."""
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name or name, description=f"Simulate the scenario {name}.")
    for option in ("snr", "values", "pictures"):
        parser.add_argument(f"--{option}", help=HELP[option])
    parser.add_argument("--draws", type=int, metavar="N", help=HELP["draws"])
    parser.add_argument("--quick", action="store_true", help=HELP["quick"])
    parser.add_argument("--workers", default=1, metavar="N", help=HELP["workers"])
    parser.add_argument("--cluster", metavar="ADDRESS", help=HELP["cluster"])
    parser.add_argument("--out", metavar="DIR", help=HELP["out"])
    parser.add_argument("--keep-pictures", nargs="?", const=PANEL_PICTURES, metavar="N", help=HELP["keep_pictures"])
    return Options(**vars(parser.parse_args(argv)))


def run_with_options(sweep: Sweep, options: Options) -> int:
    """Run a sweep, write its results, and say in one line what came of it.

    Parameters
    ----------
    sweep : Sweep
    options : Options
        What the command line says.

    Returns
    -------
    int
        Exit code: 0, 2 after bad input (one line on standard error), 130 after Ctrl-C.
    """
    folder = sweep.folder
    try:
        changed = options.apply(sweep)
        folder = changed.folder
        # A script has loaded its weights, which started TensorFlow: one worker is then another process.
        result = changed.run(options.num_workers(), cluster=options.cluster, in_process=not on_several_threads())
        result.save()
    except LinksimError as error:
        print(f"linksim: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            f"linksim: stopped; what was finished is kept in {folder}. Run the same command again to go on.",
            file=sys.stderr,
        )
        return 130
    print(summary(result))
    return 0


def summary(result: Result) -> str:
    """One line: how many points, which of them stopped why, where the files are."""
    stops = [point.stopped for point in result.points.values()]
    parts = [f"{len(stops)} points"]
    if "target" in stops:
        parts.append(f"{stops.count('target')} within +-{result.setup.ci_half_width:g} dB")
    if "limit" in stops:
        parts.append(f"{stops.count('limit')} at the limit of {result.setup.max_draws} draws")
    return f"{result.setup.name}: {', '.join(parts)}; see {result.setup.folder}/curve.png and curve.csv"
