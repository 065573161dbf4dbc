"""A sweep as a program: `python scenarios/NAME.py` and `linksim run NAME`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.montecarlo.interrupt import Terminated, heeding_termination
from linksim.montecarlo.option_texts import PANEL_PICTURES
from linksim.montecarlo.options import Options
from linksim.montecarlo.quick import QUICK_DRAWS, QUICK_HALF_WIDTH_DB, QUICK_PIXELS, QUICK_POINTS
from linksim.montecarlo.threads import on_several_threads

if TYPE_CHECKING:
    from linksim.montecarlo.result import Result
    from linksim.montecarlo.sweep import Sweep

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
    "out": "result folder instead of results/NAME, or results/NAME-SET where the pictures are not the scenario's",
    "keep_pictures": "keep the first N received pictures at every point as PNG; without N, those of the panel",
    "seed": "seed of noise and fading; results of every seed stay stored",
    "metrics": "measure these as well, such as ssim,lpips; of what is stored only they are computed",
    "sources": (
        "source codecs in the place of the scenario's: several of bpg, bpg-ycgco, jpeg, jpeg2000, lic, or "
        "FILE.py:NAME of one's own"
    ),
    "links": (
        "only links that have one of these texts in their name or scheme, such as bpg,deepjscc; units of the others "
        "stay, and table, figures and kept pictures are then of these"
    ),
    "format": "one format of the figures or several of png, pdf, svg",
}


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
    parser.add_argument("--links", metavar="TEXT,TEXT", help=HELP["links"])
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
