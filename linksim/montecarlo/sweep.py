"""The sweep: which links, axis values and pictures, and how exactly."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from linksim import metrics as registry
from linksim.errors import LinksimError
from linksim.files import locked, num_cores, prepare_folder
from linksim.images.picture import Picture, PictureSet
from linksim.links.base import Envelope, Link
from linksim.montecarlo.axis import Axis, settled
from linksim.montecarlo.entries import simulated_links
from linksim.montecarlo.execute import InProcess, Job, Pool, Processes
from linksim.montecarlo.kept_units import write_pictures
from linksim.montecarlo.memory import check_memory
from linksim.montecarlo.notes import beforehand
from linksim.montecarlo.point import Chunks, Point, Rules
from linksim.montecarlo.progress import ProgressBar
from linksim.montecarlo.provenance import command
from linksim.montecarlo.result import Result
from linksim.montecarlo.schedule import simulate
from linksim.montecarlo.setup import Setup, measurable
from linksim.montecarlo.so_far import SoFar
from linksim.montecarlo.store import Store
from linksim.montecarlo.threads import on_several_threads, one_thread
from linksim.montecarlo.unit import MIN_DRAWS
from linksim.report import Curves, Figure


@dataclass(eq=False)
class Sweep:
    """Links over the values of an axis (most often SNRs), pictures and draws of the channel.

    Parameters
    ----------
    name : str
        Of the scenario; results go to `results/<name>/`.
    links : sequence of Link or Envelope
        The members of an envelope are simulated and shown like any other link, once each; thin and without a
        row of pictures, unless they are named here for themselves, too.
    pictures : str, path, PictureSet or sequence of Picture
        A set by name ("sample", "kodak", "cifar10", ..), a folder, or pictures.
    snr_db : sequence of float, optional
        Es/N0 per channel use before fading, in dB; 0, 1, .. 20 by default. Short for `axis=SnrDb(..)`.
    ci_half_width : float or None
        A point is done when the half width of the 95 % interval of its PSNR is at most this, in dB;
        None to use `max_draws` draws everywhere.
    max_draws : int
        Or when every picture was sent this many times, at least 2.
    metrics : sequence of str
        Beside "psnr" and "psnr_of_mean_mse", which are always there. Each is stored for itself: one that is
        added to a finished sweep is measured alone.
    seed : int
    panel_value : float, optional
        Axis value of the default panel of pictures; the middle one by default.
    out : str or path, optional
        Result folder instead of `results/<name>`.
    max_pictures : int, optional
        Use only the first so many pictures.
    axis : Axis, optional
        What the sweep runs over instead of SNRs (`linksim.montecarlo.axis`); links must be on that axis.
    figures : sequence of Curves, Panel, Table or Preferences, optional
        What is drawn; by default a curve for every metric along the axis, and a panel of pictures.
    keep_pictures : int, optional
        Keep this many received pictures at every axis value, as PNG files in `received/`; by default only
        those that panels show.
    reference : path, optional
        CSV file of published points to be drawn as markers (see `linksim.report.load_reference`);
        `results/reference/<name>.csv` by default, where there is one; False for none.

    Raises
    ------
    LinksimError
        If any of these makes no sense, or two different links have one name.
    """

    name: str
    links: Sequence[Link | Envelope]
    pictures: str | Path | PictureSet | Sequence[Picture] = "sample"
    snr_db: Sequence[float] | None = None
    ci_half_width: float | None = 0.05
    max_draws: int = 1024
    metrics: Sequence[str] = ("psnr",)
    seed: int = 0
    panel_value: float | None = None
    out: str | Path | None = None
    max_pictures: int | None = None
    reference: str | Path | Literal[False] | None = None
    axis: Axis | None = None
    figures: Sequence[Figure] | None = None
    keep_pictures: int | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w][\w.-]*", self.name):
            raise LinksimError(f"sweep name {self.name!r} names a folder; use letters, digits, '_', '-' and '.' only")
        if not self.links:
            raise LinksimError(f"sweep {self.name!r} has no links; give it at least one")
        self.links = list(self.links)
        self.metrics = list(dict.fromkeys(self.metrics))  # each has its rows once
        self.axis, self.snr_db = settled(self.name, self.axis, self.snr_db)
        if self.max_draws < MIN_DRAWS:
            raise LinksimError(f"max_draws is {self.max_draws}; a confidence interval needs at least {MIN_DRAWS} draws")
        if self.ci_half_width is not None and not self.ci_half_width > 0:
            raise LinksimError(f"ci_half_width is {self.ci_half_width}; give a positive number of dB, or None")
        for what, number in (("max_pictures", self.max_pictures), ("keep_pictures", self.keep_pictures)):
            if number is not None and number < 1:
                raise LinksimError(f"{what} is {number}; give at least 1")
        names = {entry.name for entry in self.links if isinstance(entry, (Link, Envelope))}
        names |= {str(entry.tags["scheme"]) for entry in self.links if "scheme" in getattr(entry, "tags", {})}
        for figure in self.figures or ():
            if isinstance(figure, Curves):
                figure.check_names(names)
        if self.panel_value is not None and not math.isfinite(self.panel_value):
            raise LinksimError(f"panel_value is {self.panel_value}; give a finite number")

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return Path("results") / self.name if self.out is None else Path(self.out)

    def reference_file(self) -> Path | None:
        """The published points: as given, else `reference/<name>.csv` beside the results or in the project."""
        if self.reference is False:
            return None
        if self.reference is not None:
            return Path(self.reference)
        project = Path(__file__).resolve().parents[2]
        for results in (self.folder.parent, Path("results"), project / "results"):
            path = results / "reference" / f"{self.name}.csv"
            if path.is_file():
                return path
        return None

    def load_pictures(self) -> PictureSet:
        """The picture set, loaded.

        Raises
        ------
        LinksimError
            If there is no such set, or a file in it is broken.
        """
        if isinstance(self.pictures, (str, Path)):
            from linksim import images

            return images.load(str(self.pictures), self.max_pictures)
        if isinstance(self.pictures, PictureSet):
            return self.pictures[: self.max_pictures]
        return PictureSet("pictures", list(self.pictures)[: self.max_pictures])

    def simulated_links(self) -> dict[str, tuple[str, Link]]:
        """name -> (fingerprint, link) of every link to simulate; see `entries.simulated_links`."""
        return simulated_links(self.name, self.links, self._axis)

    @property
    def _axis(self) -> Axis:
        assert self.axis is not None  # since __post_init__
        return self.axis

    def setup(self) -> Setup:
        """What is to be done, checked and with the pictures loaded."""
        links = self.simulated_links()
        measured, figures = measurable(self.metrics, self.figures)
        return Setup(
            name=self.name,
            folder=self.folder,
            axis=self._axis,
            entries=list(self.links),
            links=links,
            pictures=self.load_pictures(),
            metrics=measured,
            figures=figures,
            panel_value=self.panel_value,
            keep_pictures=self.keep_pictures,
            reference=self.reference_file(),
            ci_half_width=self.ci_half_width,
            max_draws=self.max_draws,
            seed=self.seed,
        )

    def run(
        self,
        workers: int = 1,
        progress: bool | None = None,
        cluster: str | None = None,
        in_process: bool = True,
    ) -> Result:
        """Simulate what is not stored yet.

        The result is the same, to the last bit, whatever the number of workers and however often
        the run was killed. Finished units, `curve.csv` and `run.json` are kept in the result folder;
        `Result.save` draws the figures beside them.

        Parameters
        ----------
        workers : int
            Processes on this machine; 1 runs in this process.
        progress : bool, optional
            Show a bar; by default on a terminal only.
        cluster : str, optional
            Address of a Dask scheduler, or "local", instead of `workers`.
        in_process : bool
            Whether a single worker is this process. Where TensorFlow runs here already on several threads,
            the last bits of large pictures may then differ from those of worker processes; a note says so.

        Raises
        ------
        LinksimError
            If the result folder cannot be written, holds damaged files or has another run in it, or a link fails.
        """
        started = time.monotonic()
        if workers < 1:
            raise LinksimError(f"workers is {workers}; give at least 1")
        # Before the minutes of loading: may we write at all?
        prepare_folder(self.folder, "choose another results folder with --out, or make it writable")
        store = Store(self.folder)
        setup = self.setup()
        asked = {"mse", "psnr", *setup.metrics} - {"psnr_of_mean_mse"}
        metrics = tuple((name, str(registry.get(name).version)) for name in sorted(asked))
        rules = Rules(setup.axis.name, Chunks(setup.pictures), self.seed, metrics, self.ci_half_width, self.max_draws)
        by_fingerprint = {fingerprint: link for fingerprint, link in setup.links.values()}
        points = {
            (fingerprint, value): Point(link, fingerprint, value, rules)
            for fingerprint, link in by_fingerprint.items()
            for value in setup.axis.values
        }
        own = {metric.name: metric for metric in map(registry.get, sorted(asked)) if not metric.is_built_in}
        job = Job(by_fingerprint, list(setup.pictures), metrics, own)
        workers = min(workers, max(num_cores(), 2))  # more only share the cores; two are two anywhere

        def make_pool(num_units: int) -> Pool:
            if cluster is None:
                for note in check_memory(by_fingerprint.values(), setup.pictures, min(workers, num_units)):
                    shown.note(note)
            # What all units of a link share is done once, before workers would do it side by side.
            for link in by_fingerprint.values():
                link.prepare(setup.pictures, workers)
            if cluster is not None:
                from linksim.montecarlo.cluster import Cluster

                return Cluster(job, cluster)
            return InProcess(job) if here else Processes(job, workers, num_units)

        here = workers == 1 and cluster is None and in_process
        taken = f"another run is at work in {self.folder}; wait for it, or give this one another --out"
        alone = locked(self.folder / "units" / ".lock", taken)
        with alone, one_thread(), ProgressBar(self.name, len(points), progress) as shown:
            for note in beforehand(store, setup, here and on_several_threads()):
                shown.note(note)
            names = {fingerprint: link.name for fingerprint, link in by_fingerprint.items()}
            write_pictures(self.folder, setup.pictures)
            how = {"command": command(), "workers": cluster or workers}
            so_far = SoFar(setup, points, how, shown)
            count = simulate(list(points.values()), names, store, make_pool, shown, so_far)
        how = {
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **how,
            "units_run": count,
            "wall_time_s": round(time.monotonic() - started, 3),
        }
        result = Result(setup, points, how)
        result.save_table()
        so_far.remove()
        return result

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Run as a script: options, results written, errors in one line.

        Parameters
        ----------
        argv : sequence of str, optional
            Options; those of the command line by default.

        Raises
        ------
        SystemExit
            With 2 after bad input, 130 after Ctrl-C.
        """
        from linksim.montecarlo.script import parse_arguments, run_with_options

        code = run_with_options(self, parse_arguments(self.name, argv))
        if code:
            sys.exit(code)
