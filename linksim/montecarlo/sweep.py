"""The sweep: which links, SNRs and pictures, and how exactly."""

from __future__ import annotations

import math
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.images.picture import Picture, PictureSet
from linksim.links.base import Envelope, Link
from linksim.montecarlo.execute import InProcess, Job, Pool, Processes
from linksim.montecarlo.files import prepare_folder
from linksim.montecarlo.point import Chunks, Point, Rules
from linksim.montecarlo.progress import Progress
from linksim.montecarlo.schedule import simulate
from linksim.montecarlo.store import Store
from linksim.montecarlo.unit import MIN_DRAWS
from linksim.montecarlo.values import clean_snrs

if TYPE_CHECKING:
    from linksim.montecarlo.result import Result


@dataclass(eq=False)
class Sweep:
    """Links over SNRs, pictures and draws of the channel.

    Parameters
    ----------
    name : str
        Of the scenario; results go to `results/<name>/`.
    links : sequence of Link or Envelope
        The members of an envelope are simulated and shown like any other link, once each.
    pictures : str, path, PictureSet or sequence of Picture
        A set by name ("sample", "kodak", "cifar10", ..), a folder, or pictures.
    snr_db : sequence of float
        Es/N0 per channel use before fading, in dB.
    ci_half_width : float or None
        A point is done when the half width of the 95 % interval of its PSNR is at most this, in dB;
        None to use `max_draws` draws everywhere.
    max_draws : int
        Or when every picture was sent this many times, at least 2.
    metrics : sequence of str
        Beside "psnr" and "psnr_of_mean_mse", which are always there.
    seed : int
    panel_snr_db : float, optional
        SNR of the panel of pictures; the middle one by default.
    out : str or path, optional
        Result folder instead of `results/<name>`.
    max_pictures : int, optional
        Use only the first so many pictures.
    plot_layers : int, optional
        Draw only the first so many layers of every link; the table has them all.
    variants : mapping of str to str, optional
        Names of links that the figure draws dashed, in the colour of another: name -> name of that one.
    reference : path, optional
        CSV file of published points to be drawn as markers (see `linksim.report.load_reference`);
        `results/reference/<name>.csv` by default, where there is one.

    Raises
    ------
    LinksimError
        If any of these makes no sense, or two different links have one name.
    """

    name: str
    links: Sequence[Link | Envelope]
    pictures: str | Path | PictureSet | Sequence[Picture] = "sample"
    snr_db: Sequence[float] = field(default_factory=lambda: range(0, 21))
    ci_half_width: float | None = 0.05
    max_draws: int = 1024
    metrics: Sequence[str] = ("psnr",)
    seed: int = 0
    panel_snr_db: float | None = None
    out: str | Path | None = None
    max_pictures: int | None = None
    plot_layers: int | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    reference: str | Path | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w][\w.-]*", self.name):
            raise LinksimError(f"sweep name {self.name!r} names a folder; use letters, digits, '_', '-' and '.' only")
        if not self.links:
            raise LinksimError(f"sweep {self.name!r} has no links; give it at least one")
        self.links = list(self.links)
        self.snr_db = clean_snrs(self.snr_db)
        if self.max_draws < MIN_DRAWS:
            raise LinksimError(f"max_draws is {self.max_draws}; a confidence interval needs at least {MIN_DRAWS} draws")
        if self.ci_half_width is not None and not self.ci_half_width > 0:
            raise LinksimError(f"ci_half_width is {self.ci_half_width}; give a positive number of dB, or None")
        if self.max_pictures is not None and self.max_pictures < 1:
            raise LinksimError(f"max_pictures is {self.max_pictures}; give at least 1")
        if self.plot_layers is not None and self.plot_layers < 1:
            raise LinksimError(f"plot_layers is {self.plot_layers}; give at least 1")
        names = {entry.name for entry in self.links if isinstance(entry, (Link, Envelope))}
        for name in {*self.variants, *self.variants.values()} - names:
            raise LinksimError(f"variants names {name!r}, which is no link of sweep {self.name!r}; take one of its links")
        if self.panel_snr_db is not None and not math.isfinite(self.panel_snr_db):
            raise LinksimError(f"panel_snr_db is {self.panel_snr_db}; give a finite number of dB")

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return Path("results") / self.name if self.out is None else Path(self.out)

    def reference_file(self) -> Path | None:
        """The published points: as given, else `reference/<name>.csv` beside the results or in the project."""
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
        """name -> (fingerprint, link) of every link to simulate, members of envelopes included.

        Raises
        ------
        LinksimError
            If two different links, or a link and an envelope, have one name, or the members of an
            envelope differ in their number of layers.
        """
        found: dict[str, tuple[str, Link]] = {}
        envelopes = [link for link in self.links if isinstance(link, Envelope)]
        for entry in self.links:
            for link in entry.members if isinstance(entry, Envelope) else [entry]:
                if not isinstance(link, Link):
                    raise LinksimError(f"{link!r} is no link; wrap a codec of your own in AnalogLink")
                fingerprint = link.fingerprint()
                if found.setdefault(link.name, (fingerprint, link))[0] != fingerprint:
                    raise LinksimError(f"two different links are called {link.name!r}; give one of them another name")
        names = [envelope.name for envelope in envelopes]
        for name in names:
            if name in found or names.count(name) > 1:
                raise LinksimError(f"two links are called {name!r}, one an envelope; give one of them another name")
        for envelope in envelopes:
            layers = sorted({member.num_layers for member in envelope.members})
            if len(layers) > 1:
                raise LinksimError(
                    f"the members of {envelope.name!r} have {' or '.join(map(str, layers))} layers; "
                    "make an envelope for each number of layers"
                )
        return found

    def run(self, workers: int = 1, progress: bool | None = None, cluster: str | None = None) -> "Result":
        """Simulate what is not stored yet.

        The result is the same, to the last bit, whatever the number of workers and however often
        the run was killed. Finished units are kept in the result folder; `Result.save` writes the
        table and the figures beside them.

        Parameters
        ----------
        workers : int
            Processes on this machine; 1 runs in this process.
        progress : bool, optional
            Show a bar; by default on a terminal only.
        cluster : str, optional
            Address of a Dask scheduler, or "local", instead of `workers`.

        Raises
        ------
        LinksimError
            If the result folder cannot be written or holds damaged files, or a link fails.
        """
        from linksim import metrics as registry
        from linksim.montecarlo.result import Result

        started = time.monotonic()
        if workers < 1:
            raise LinksimError(f"workers is {workers}; give at least 1")
        # Before the minutes of loading: may we write at all?
        prepare_folder(self.folder)
        store = Store(self.folder)
        links = self.simulated_links()
        pictures = self.load_pictures()
        asked = {"mse", "psnr", *self.metrics} - {"psnr_of_mean_mse"}
        metrics = tuple((name, str(registry.get(name).version)) for name in sorted(asked))
        rules = Rules(Chunks(pictures), self.seed, metrics, self.ci_half_width, self.max_draws)
        by_fingerprint = {fingerprint: link for fingerprint, link in links.values()}
        points = {
            (fingerprint, snr): Point(link, fingerprint, snr, rules)
            for fingerprint, link in by_fingerprint.items()
            for snr in self.snr_db
        }
        job = Job(by_fingerprint, list(pictures), metrics)

        def make_pool() -> Pool:
            # What all units of a link share is done once, before workers would do it side by side.
            for link in by_fingerprint.values():
                link.prepare(pictures, workers)
            if cluster is not None:
                from linksim.montecarlo.cluster import Cluster

                return Cluster(job, cluster)
            return InProcess(job) if workers == 1 else Processes(job, workers)

        with Progress(self.name, len(points), progress) as shown:
            for note in [*store.notes, *_other_versions(store, links)]:
                shown.note(note)
            names = {fingerprint: link.name for fingerprint, link in by_fingerprint.items()}
            count = simulate(list(points.values()), names, store, make_pool, shown)
        how = {
            "command": _command(),
            "workers": cluster or workers,
            "units_run": count,
            "wall_time_s": round(time.monotonic() - started, 3),
        }
        return Result(self, pictures, links, points, how)

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
        from linksim.montecarlo.options import parse_arguments, run_with_options

        code = run_with_options(self, parse_arguments(self.name, argv))
        if code:
            sys.exit(code)


def _command() -> str:
    """The command line, without the folders that only this machine has."""
    program, *arguments = sys.argv or [""]
    return shlex.join([Path(program).name if Path(program).is_absolute() else program, *arguments])


def _other_versions(store: Store, links: dict[str, tuple[str, Link]]) -> list[str]:
    """What to say of stored units whose link has the name of a present one and is another."""
    others: dict[str, int] = {}
    present = {fingerprint for fingerprint, _ in links.values()}
    for record in store.records:
        if record.link in links and record.fingerprint not in present:
            others[record.link] = others.get(record.link, 0) + 1
    if not others:
        return []
    named = ", ".join(repr(name) for name in list(others)[:3]) + (" and others" if len(others) > 3 else "")
    return [
        f"{sum(others.values())} stored units belong to other versions of {named} "
        f"(weights, parameters or code differ); kept in {store.folder}, not used"
    ]
