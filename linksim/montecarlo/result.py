"""What a sweep found: rows, what envelopes chose, and the files of the result folder."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim import report
from linksim.errors import LinksimError
from linksim.files import RESULT_REMEDY, write_atomically
from linksim.links.base import Envelope, MemberPoint
from linksim.montecarlo.kept_units import KnownPicture
from linksim.montecarlo.per_picture import FILE, MOST_ROWS, Entry, frame
from linksim.montecarlo.point import Point
from linksim.montecarlo.provenance import describe
from linksim.montecarlo.received import keep
from linksim.montecarlo.setup import Setup
from linksim.montecarlo.stopping import psnr_estimate
from linksim.montecarlo.table import Row, bandwidth_csv, columns, point_rows, share_delivered, to_csv
from linksim.montecarlo.threads import one_thread

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure as MatplotlibFigure


class Result:
    """What a sweep found.

    Parameters
    ----------
    setup : Setup
    points : mapping of (fingerprint, axis value) to Point
        All of them; or, of a run that is not finished, those that are.
    how : mapping
        How this run was made: finished, command, workers, units_run, wall_time_s.
    """

    def __init__(self, setup: Setup, points: Mapping[tuple[str, float], Point], how: Mapping[str, Any]):
        self.setup = setup
        self.points = points
        self._how = how

    @cached_property
    def rows(self) -> list[Row]:
        """The table, link by link; an envelope comes before its members."""
        setup = self.setup
        samples = np.array([3 * p.size[0] * p.size[1] for p in setup.pictures], np.int64)
        of_link: dict[tuple[str, float], list[Row]] = {}
        for name, (fingerprint, _) in setup.links.items():
            for value in setup.axis.values:
                point = self.points.get((fingerprint, value))
                if point is not None:
                    of_link[name, value] = point_rows(setup.name, name, point, setup.metrics, samples)
        rows: list[Row] = []
        shown: set[str] = set()
        for entry in setup.entries:
            members = [entry]
            if isinstance(entry, Envelope):
                for value, chosen in self.chosen[entry.name].items():
                    for layer, member in enumerate(chosen):
                        rows += [_renamed(row, entry.name) for row in of_link[member, value] if row.layer == layer]
                members = list(entry.members)
            for link in members:
                if link.name not in shown:
                    shown.add(link.name)
                    rows += [row for value in setup.axis.values for row in of_link.get((link.name, value), ())]
        return rows

    @cached_property
    def chosen(self) -> dict[str, dict[float, tuple[str, ...]]]:
        """Which member every envelope uses: envelope -> axis value -> name of the member after each layer."""
        return {
            entry.name: {v: self._choose(entry, v) for v in self.setup.axis.values if self._has_all(entry, v)}
            for entry in self.setup.entries
            if isinstance(entry, Envelope)
        }

    def _has_all(self, envelope: Envelope, value: float) -> bool:
        return all((self.setup.links[member.name][0], value) in self.points for member in envelope.members)

    def _choose(self, envelope: Envelope, value: float) -> tuple[str, ...]:
        points = [self.points[self.setup.links[member.name][0], value] for member in envelope.members]
        of_layers = zip(
            *([MemberPoint(psnr_estimate(x).mean, share_delivered(x)) for x in p.layers] for p in points), strict=True
        )
        return tuple(envelope.members[envelope.choose(list(of_layer))].name for of_layer in of_layers)

    @cached_property
    def table(self) -> pandas.DataFrame:
        """The table as a data frame, columns as in `curve.csv`."""
        import pandas

        rows = [dataclasses.astuple(row) for row in self.rows]
        return pandas.DataFrame(rows, columns=list(columns(self.setup.axis)))

    @cached_property
    def pictures(self) -> pandas.DataFrame:
        """Results of every single picture: a row for each link, layer, axis value, metric and picture.

        Columns: link, layer, the axis, metric, number (place of the picture in its set, from 0), picture (its name),
        mean over the draws, std over the draws, n_draws, cbr, delivered.
        """
        return frame(self._entries(), self._known_pictures, self.setup.axis.name)

    @cached_property
    def _known_pictures(self) -> list[KnownPicture]:
        return [KnownPicture(p.name, p.sha256, *p.size) for p in self.setup.pictures]

    def _entries(self) -> Iterator[Entry]:
        """(link, layer, axis value, statistics) in the order of the table."""
        for link, layer, value in dict.fromkeys((row.link, row.layer, row.value) for row in self.rows):
            member = self.chosen[link][value][layer] if link in self.chosen else link
            yield link, layer, value, self.points[self.setup.links[member][0], value].layers[layer]

    @cached_property
    def figures(self) -> list[report.Figure]:
        """What `save` draws: the figures that the scenario said, or the default ones."""
        if self.setup.figures is not None:
            return list(self.setup.figures)
        panel = report.Panel(value=self.setup.panel_value)
        return report.default_figures(self._rows, self.setup.metrics, panel)

    @cached_property
    def _rows(self) -> report.Rows:
        setup = self.setup
        reference = None if setup.reference is None else report.load_reference(setup.reference, setup.axis.name)
        return report.Rows.of(self.table, self._described([]), reference)

    def _described(self, figures: list[report.Figure]) -> dict[str, Any]:
        return describe(self.setup, self.points, self.chosen, figures, self._how)

    def plot(self, metric: str = "psnr") -> MatplotlibFigure:
        """The curves of one metric along the axis, with their 95 % intervals and the published points.

        Raises
        ------
        LinksimError
            If the metric was not measured.
        """
        said = (f for f in self.figures if isinstance(f, report.Curves) and f.y == metric and f.x is None)
        return report.curves(self._rows, next(said, report.Curves(y=metric)))

    def to_latex(
        self,
        metric: str | Sequence[str] = "psnr",
        at: float | Sequence[float] | None = None,
        intervals: bool = True,
        members: bool = True,
    ) -> str:
        """A table for a paper: LaTeX with the rules of booktabs, a row per link and layer, numbers with intervals.

        Parameters
        ----------
        metric : str or sequence of str
        at : float or sequence of float, optional
            Axis values, or the nearest simulated ones; all of them by default.
        intervals : bool
            Whether each number has the half width of its 95 % interval.
        members : bool
            Whether the members of envelopes have rows.

        Raises
        ------
        LinksimError
            If a metric was not measured.
        """
        y = metric if isinstance(metric, str) else tuple(metric)
        values = at if at is None or isinstance(at, (int, float)) else tuple(at)
        return report.to_latex(self._rows, report.Table(y, values, members=members), intervals)

    def __repr__(self) -> str:
        """The table of PSNRs, as a Python prompt shows it."""
        return report.to_text(self._rows)

    def _repr_html_(self) -> str:
        """The curves of PSNR and their table, as a notebook shows them."""
        image = base64.b64encode(report.to_png(self.plot())).decode()
        figure = f'<img alt="{self.setup.name}: PSNR" style="max-width: 720px" src="data:image/png;base64,{image}">'
        return figure + report.to_html(report.cells(self._rows, report.Table()))

    def panel(self, value: float | None = None, picture: int = 0) -> MatplotlibFigure:
        """A picture beside what each link makes of it: draw 0 of the channel at one value of the axis.

        Where links have layers there is a row for each link, and a column for each layer; with few
        links, the rows go on with the pictures that follow, with many, links without layers are left out.

        Parameters
        ----------
        value : float, optional
            One of the simulated values; that of the sweep's panel, or the middle one, by default.
        picture : int
            Position in the picture set.

        Raises
        ------
        LinksimError
            If the value was not simulated, or there is no such picture.
        """
        pictures, values = self.setup.pictures, self.setup.axis.values
        if not -len(pictures) <= picture < len(pictures):
            raise LinksimError(f"there is no picture {picture}; the set has {len(pictures)}")
        if value is not None and value not in values:
            known = ", ".join(f"{v:g}" for v in values)
            raise LinksimError(f"{self.setup.axis.title(value)} was not simulated; take one of {known}")
        place = picture % len(pictures)
        said = next((f for f in self.figures if isinstance(f, report.Panel)), report.Panel())
        at = self._nearest(said.value if value is None else value)
        with one_thread():
            keep(self.setup, self.chosen, [at], place + self._panel_pictures())
        return report.panel_of(report.read(self.setup.folder), dataclasses.replace(said, value=at, picture=place))

    def _nearest(self, value: float | None) -> float:
        """The simulated value nearest to one, or the middle one."""
        values = self.setup.axis.values
        return values[len(values) // 2] if value is None else min(values, key=lambda known: abs(known - value))

    def _panel_pictures(self) -> int:
        """How many pictures a panel shows."""
        return report.panel_links({e.name: self.setup.layers_of(e) for e in self.setup.entries})[1]

    def save_table(self) -> None:
        """Write `curve.csv`, `run.json`, `bandwidth.csv` and, where it is small, `pictures.csv`.

        Raises
        ------
        LinksimError
            If a file cannot be written.
        """
        folder = self.setup.folder
        described = json.dumps(self._described(self.figures), indent=1) + "\n"
        write_atomically(folder / "curve.csv", to_csv(self.rows, self.setup.axis), RESULT_REMEDY)
        write_atomically(folder / "run.json", described, RESULT_REMEDY)
        if spent := bandwidth_csv(self.setup.name, self._spent, self.setup.axis):
            write_atomically(folder / "bandwidth.csv", spent, RESULT_REMEDY)
        self._save_pictures(folder)

    def _save_pictures(self, folder: Path) -> None:
        """Write `pictures.csv` where it is small; else the units have it all."""
        measured = sum(len(statistics.metrics) for _, _, _, statistics in self._entries())
        if measured * len(self.setup.pictures) > MOST_ROWS:
            (folder / FILE).unlink(missing_ok=True)  # that of an earlier, smaller run
            return
        text = self.pictures.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomically(folder / FILE, text, RESULT_REMEDY)

    @property
    def _spent(self) -> list[tuple[str, Point]]:
        """Every link that was simulated, with its points."""
        places = ((name, (of, value)) for name, (of, _) in self.setup.links.items() for value in self.setup.axis.values)
        return [(name, self.points[place]) for name, place in places if place in self.points]

    def save(self, formats: Sequence[str] = ("png",)) -> Path:
        """Write the received pictures that panels show and the figures beside the table that the run left.

        Parameters
        ----------
        formats : sequence of str
            Of the figures: "png", "pdf", "svg".

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        LinksimError
            If a format is unknown, or a file cannot be written.
        """
        panels = [f for f in self.figures if isinstance(f, report.Panel)]
        values = [self._nearest(panel.value) for panel in panels]
        count = max((panel.picture + self._panel_pictures() for panel in panels), default=0)
        if self.setup.keep_pictures is not None:
            values, count = list(self.setup.axis.values), max(count, self.setup.keep_pictures)
        if count:
            with one_thread():
                keep(self.setup, self.chosen, sorted(set(values)), count, self.setup.keep_pictures is not None)
        report.draw(self.setup.folder, formats=formats)
        return self.setup.folder


def _renamed(row: Row, link: str) -> Row:
    return dataclasses.replace(row, link=link)
