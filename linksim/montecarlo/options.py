"""The options of a sweep on a command line, shared by scenario scripts and `linksim run`."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.files import num_cores
from linksim.montecarlo.interrupt import Terminated, heeding_termination
from linksim.montecarlo.option_texts import (
    PANEL_PICTURES,
    check_cluster,
    parse_keep_pictures,
    parse_snr,
    parse_values,
)
from linksim.montecarlo.threads import on_several_threads
from linksim.montecarlo.unit import MIN_DRAWS, picture_chunks

if TYPE_CHECKING:
    from linksim.montecarlo.result import Result
    from linksim.montecarlo.sweep import Sweep
    from linksim.report import Figure

QUICK_POINTS = 5
QUICK_PIXELS = 1_600_000
QUICK_DRAWS = 16
QUICK_HALF_WIDTH_DB = 0.5

HELP = {
    "snr": "SNRs in dB: 0:20:2 (first:last:step, the last included; 0:20 in steps of 1) or 0,5,10",
    "values": "as --snr, for a scenario that runs over something else than SNRs",
    "pictures": "picture set or folder, with :N only its first N pictures, e.g. kodak:6",
    "draws": "at most so many draws of the channel per picture",
    "quick": (
        f"a first look: at most {QUICK_POINTS} SNRs, the first pictures up to "
        f"{QUICK_PIXELS / 1e6:.1f} megapixels, {QUICK_DRAWS} draws or fewer where intervals are within "
        f"+-{QUICK_HALF_WIDTH_DB} dB; written to results/NAME-quick"
    ),
    "workers": "processes on this machine, or auto for one per core",
    "cluster": "address of a Dask scheduler, or local",
    "out": "result folder instead of results/NAME",
    "keep_pictures": "keep the first N received pictures at every point as PNG; without N, those of the panel",
    "seed": "seed of noise and fading; results of every seed stay stored",
    "metrics": "measure these as well, such as ssim,lpips; of what is stored only they are computed",
    "sources": (
        "source codecs in the place of the scenario's: several of bpg, bpg-ycgco, jpeg, jpeg2000, lic, or "
        "FILE.py:NAME of one's own"
    ),
    "format": "one format of the figures or several of png, pdf, svg",
}


MOST_SEED = 2**31 - 1

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
    seed : int, optional
    metrics : str, optional
        Names with commas between them, measured beside those of the sweep.
    format : str
        Formats of the figures, with commas between them.
    sources : str, optional
        Names with commas between them, as `linksim.zoo.source_codec` takes them: each link with a source codec is there
        once for each.
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
    seed: int | None = None
    metrics: str | None = None
    format: str = "png"
    sources: str | None = None

    def source_names(self) -> list[str]:
        """The source codecs that take the place of the scenario's, each once.

        Raises
        ------
        LinksimError
            If one is unknown, or the option is there and names none.
        """
        from linksim.zoo.sources import check_source

        names = _split(self.sources)
        if self.sources is not None and not names:
            raise LinksimError("--sources names no source codec; give some, such as bpg,jpeg2000")
        for name in names:
            check_source(name)
        return names

    def formats(self) -> list[str]:
        """The formats of the figures, each once.

        Raises
        ------
        LinksimError
            If one is unknown.
        """
        from linksim.report.drawing import check_formats

        return check_formats([name.strip() for name in self.format.split(",")])

    def added_metrics(self) -> list[str]:
        """The metrics to be measured as well, each once.

        Raises
        ------
        LinksimError
            If one is unknown.
        """
        from linksim import metrics

        names = _split(self.metrics)
        for name in names:
            if name not in ("psnr", "psnr_of_mean_mse"):
                metrics.get(name)
        return names

    def check(self) -> None:
        """`check_values`, and that the metrics are known: those of a script once it is loaded.

        Raises
        ------
        LinksimError
            If an option makes no sense with any scenario, or a metric is unknown.
        """
        self.check_values()
        self.added_metrics()

    def check_values(self) -> None:
        """See what can be seen before anything is loaded, which takes seconds: every value for itself.

        Raises
        ------
        LinksimError
            If an option makes no sense with any scenario.
        """
        if self.snr is not None and self.values is not None:
            raise LinksimError("--snr and --values say the same twice; give one of them")
        if self.snr is not None:
            parse_snr(self.snr)
        if self.values is not None:
            parse_values("--values", self.values)
        if self.draws is not None and self.draws < MIN_DRAWS:
            raise LinksimError(f"--draws {self.draws}: a confidence interval needs at least {MIN_DRAWS} draws")
        if self.pictures is not None:
            from linksim.images import sets

            sets.check_spec(sets.name_and_limit(self.pictures)[0])
        if self.out is not None and not self.out.strip():
            raise LinksimError("--out is empty; name a folder")
        if self.keep_pictures is not None:
            parse_keep_pictures(self.keep_pictures)
        self.num_workers()
        if self.cluster is not None:
            check_cluster(self.cluster)
        self.formats()
        self.source_names()
        if self.seed is not None and not 0 <= self.seed <= MOST_SEED:
            raise LinksimError(f"--seed {self.seed}: give a whole number from 0 to {MOST_SEED}")

    def apply(self, sweep: Sweep) -> Sweep:
        """The sweep as these options change it.

        Raises
        ------
        LinksimError
            If an option makes no sense.
        """
        self.check()
        if names := self.source_names():
            from linksim.links.other_sources import with_sources
            from linksim.zoo.sources import source_codec

            sweep = dataclasses.replace(sweep, links=with_sources(sweep.links, [source_codec(name) for name in names]))
        changes: dict[str, object] = {}
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
            changes["out"] = self.out
        if self.keep_pictures is not None:
            changes["keep_pictures"] = parse_keep_pictures(self.keep_pictures)
        if self.seed is not None:
            changes["seed"] = self.seed
        if added := [name for name in self.added_metrics() if name not in sweep.metrics]:
            changes["metrics"] = [*sweep.metrics, *added]
            if sweep.figures is not None:  # a scenario that says its figures knows nothing of these
                changes["figures"] = [*sweep.figures, *map(_curves_of, sorted(set(added) - _drawn(sweep)))]
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


def _split(text: str | None) -> list[str]:
    """The names in a text with commas between them, each once."""
    return list(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _drawn(sweep: Sweep) -> set[str]:
    """The metrics that the figures of a sweep show as curves along its axis."""
    from linksim.report import Curves

    return {figure.y for figure in sweep.figures or () if isinstance(figure, Curves) and figure.x is None}


def _curves_of(metric: str) -> Figure:
    from linksim.report import Curves

    return Curves(y=metric)


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
    parser.add_argument("--seed", type=int, metavar="N", help=HELP["seed"])
    parser.add_argument("--metrics", help=HELP["metrics"])
    parser.add_argument("--sources", help=HELP["sources"])
    parser.add_argument("--format", default="png", help=HELP["format"])
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
        Exit code: 0, 2 after bad input (one line on standard error), 130 after Ctrl-C, 143 after SIGTERM.
    """
    folder = sweep.folder
    try:
        with heeding_termination():
            changed = options.apply(sweep)
            folder = changed.folder
            # A script has loaded its weights, which started TensorFlow: one worker is then another process.
            result = changed.run(options.num_workers(), cluster=options.cluster, in_process=not on_several_threads())
            result.save(options.formats())
    except LinksimError as error:
        print(f"linksim: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(
            f"linksim: stopped; what was finished is kept in {folder}. Run the same command again to go on.",
            file=sys.stderr,
        )
        return 128 + (signal.SIGTERM if isinstance(stopped, Terminated) else signal.SIGINT)
    print(summary(result, options.formats()[0]))
    return 0


def summary(result: Result, format: str = "png") -> str:
    """One line: how many points, which of them stopped why, where the files are."""
    stops = [point.stopped for point in result.points.values()]
    parts = [f"{len(stops)} points"]
    if "target" in stops:
        parts.append(f"{stops.count('target')} within +-{result.setup.ci_half_width:g} dB")
    if "limit" in stops:
        parts.append(f"{stops.count('limit')} at the limit of {result.setup.max_draws} draws")
    from linksim.report import Table

    drawn = [f"{figure.file_name}.{'md' if isinstance(figure, Table) else format}" for figure in result.figures]
    there = [name for name in [*drawn, "curve.csv"] if (result.setup.folder / name).is_file()]
    shown = there if len(there) < 3 else [there[0], there[-1]]
    return f"{result.setup.name}: {', '.join(parts)}; see {result.setup.folder}/{' and '.join(shown)}"
