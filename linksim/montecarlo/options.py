"""The options of a sweep on a command line: what each says, and what it changes."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.files import num_cores
from linksim.messages import tell
from linksim.montecarlo.option_texts import check_cluster, parse_keep_pictures, parse_snr, parse_values
from linksim.montecarlo.quick import beside, quick_changes
from linksim.montecarlo.unit import MIN_DRAWS

if TYPE_CHECKING:
    from linksim.montecarlo.sweep import Sweep
    from linksim.report import Figure

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
    links : str, optional
        Texts with commas between them: only links and envelopes that have one of them in their name or scheme.
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
    links: str | None = None

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
        if self.links is not None:
            from linksim.report.links_by_name import link_texts

            link_texts(self.links)
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
            from linksim.montecarlo.links_by_name import over
            from linksim.zoo.sources import source_codec

            sweep = over(sweep, with_sources(sweep.links, [source_codec(name) for name in names]))
        if self.links is not None:
            from linksim.montecarlo.links_by_name import with_links

            sweep = with_links(sweep, self.links)
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

            changes["pictures"], changes["max_pictures"] = name, _ = name_and_limit(self.pictures)
            if not _is_the_set(name, sweep.pictures):
                sweep = self._of_other_pictures(sweep, name)
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
            changes = {**quick_changes(dataclasses.replace(sweep, **changes), changes), **changes}
        return dataclasses.replace(sweep, **changes)

    def _of_other_pictures(self, sweep: Sweep, name: str) -> Sweep:
        """Where results of another set than the scenario's go, beside those of its own; and no published points."""
        label = re.sub(r"[^\w.-]+", "-", Path(name).resolve().name) or "pictures"
        if self.out is None:
            sweep = dataclasses.replace(sweep, out=beside(sweep.folder, label))
        if sweep.reference_file() is None:
            return sweep
        tell(f"published points are of other pictures than {name}, and are left out")
        return dataclasses.replace(sweep, reference=False)

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


def _is_the_set(name: str, pictures: object) -> bool:
    """Whether `--pictures` names the pictures of the scenario: a set by its name, or the very folder."""
    from linksim import images

    if name in images.names():
        return name == (pictures.name if isinstance(pictures, images.PictureSet) else pictures)
    return isinstance(pictures, (str, Path)) and Path(name).resolve() == Path(pictures).resolve()


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
