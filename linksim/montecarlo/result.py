"""What a sweep found: the table, the files, the figures."""

from __future__ import annotations

import dataclasses
import json
import platform
import time
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture, PictureSet
from linksim.links.base import Envelope, Link, MemberPoint
from linksim.montecarlo.files import write_atomically
from linksim.montecarlo.point import Point
from linksim.montecarlo.stopping import psnr_estimate
from linksim.montecarlo.table import COLUMNS, Row, point_rows, share_delivered, to_csv
from linksim.montecarlo.unit import digest_of

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from linksim.montecarlo.sweep import Sweep

_PACKAGES = (
    "linksim", "sionna", "sionna-no-rt", "tensorflow", "keras", "torch", "numpy", "scipy", "av", "imagecodecs", "Pillow",
)  # fmt: skip
_PANEL_LINKS = 17  # with the original, three rows of six
_PANEL_ROWS = 6  # of a layered panel, where there are fewer links
_LAYERED_PANEL_LINKS = 8  # with more of them, only those that have layers


class Result:
    """What a sweep found.

    Parameters
    ----------
    sweep : Sweep
    pictures : PictureSet
    links : dict of name to (fingerprint, Link)
        Every link that was simulated.
    points : dict of (fingerprint, snr_db) to Point
    how : dict
        How this run was made: command, workers, units_run, wall_time_s.
    """

    def __init__(
        self,
        sweep: "Sweep",
        pictures: PictureSet,
        links: dict[str, tuple[str, Link]],
        points: dict[tuple[str, float], Point],
        how: dict[str, object],
    ):
        self.sweep = sweep
        self.pictures = pictures
        self.points = points
        self._links = links
        self._how = how

    @cached_property
    def rows(self) -> list[Row]:
        """The table, link by link; an envelope comes before its members."""
        values = np.array([3 * p.size[0] * p.size[1] for p in self.pictures], np.int64)
        of_link: dict[tuple[str, float], list[Row]] = {}
        for name, (fingerprint, _) in self._links.items():
            for snr in self.sweep.snr_db:
                point = self.points[fingerprint, snr]
                of_link[name, snr] = point_rows(self.sweep.name, name, point, self.sweep.metrics, values)
        rows: list[Row] = []
        shown: set[str] = set()
        for entry in self.sweep.links:
            members = [entry]
            if isinstance(entry, Envelope):
                for snr, chosen in self.chosen[entry.name].items():
                    for layer, member in enumerate(chosen):
                        rows += [_renamed(row, entry.name) for row in of_link[member, snr] if row.layer == layer]
                members = list(entry.members)
            for link in members:
                if link.name not in shown:
                    shown.add(link.name)
                    rows += [row for snr in self.sweep.snr_db for row in of_link[link.name, snr]]
        return rows

    @cached_property
    def chosen(self) -> dict[str, dict[float, tuple[str, ...]]]:
        """Which member every envelope uses: name of the envelope -> snr_db -> name of the member after each layer."""
        return {
            entry.name: {snr: self._choose(entry, snr) for snr in self.sweep.snr_db}
            for entry in self.sweep.links
            if isinstance(entry, Envelope)
        }

    def _choose(self, envelope: Envelope, snr: float) -> tuple[str, ...]:
        points = [self.points[self._links[member.name][0], snr] for member in envelope.members]
        of_layers = zip(*([MemberPoint(psnr_estimate(x).mean, share_delivered(x)) for x in p.layers] for p in points))
        return tuple(envelope.members[envelope.choose(list(of_layer))].name for of_layer in of_layers)

    @cached_property
    def table(self) -> "pandas.DataFrame":
        """The table as a data frame, columns as in `curve.csv`."""
        import pandas

        return pandas.DataFrame(self.rows, columns=list(COLUMNS))

    @cached_property
    def _reference(self) -> list[dict[str, str]]:
        from linksim import report

        path = self.sweep.reference_file()
        return [] if path is None else report.load_reference(path)

    def plot(self, metric: str = "psnr") -> "Figure":
        """The curves of one metric, with their 95 % intervals and the published points.

        Raises
        ------
        LinksimError
            If the metric was not measured.
        """
        from linksim import report

        rows = report.Rows(
            self.table,
            envelopes={e.name: [m.name for m in e.members] for e in self.sweep.links if isinstance(e, Envelope)},
            reference=self._reference,
        )
        figure = report.Curves(y=metric, layers=self.sweep.plot_layers, variants=self.sweep.variants)
        return report.curves(rows, figure)

    def panel(self, snr_db: float | None = None, picture: int = 0) -> "Figure":
        """A picture beside what each link makes of it: draw 0 of the channel at one SNR.

        Where links have layers there is a row for each link, and a column for each layer; with few
        links, the rows go on with the pictures that follow, with many, links without layers are left out.

        Parameters
        ----------
        snr_db : float, optional
            One of the simulated SNRs; `Sweep.panel_snr_db`, or the middle one, by default.
        picture : int
            Position in the picture set.

        Raises
        ------
        LinksimError
            If the SNR was not simulated, or there is no such picture.
        """
        from linksim import report

        snr = self._panel_snr(snr_db)
        if not -len(self.pictures) <= picture < len(self.pictures):
            raise LinksimError(f"there is no picture {picture}; the set has {len(self.pictures)}")
        if any(self._panel_links(entry, snr)[0].num_layers > 1 for entry in self.sweep.links):
            return self._layered_panel(snr, picture % len(self.pictures))
        original = self.pictures[picture]
        received, notes = {}, {}
        for entry in self.sweep.links[:_PANEL_LINKS]:
            ((received[entry.name], note),) = self._received_layers(entry, original, snr)
            if note:
                notes[entry.name] = note
        return report.panel(original.pixels, received, title=f"{original.name}, {snr:g} dB", notes=notes)

    def _layered_panel(self, snr: float, first: int) -> "Figure":
        from linksim import report

        entries = list(self.sweep.links)
        if len(entries) > _LAYERED_PANEL_LINKS:
            entries = [e for e in entries if self._panel_links(e, snr)[0].num_layers > 1][:_LAYERED_PANEL_LINKS]
        pictures = self.pictures[first : first + max(1, _PANEL_ROWS // len(entries))]
        rows = []
        for picture in pictures:
            for entry in entries:
                label = picture.name if len(entries) == 1 else entry.name
                if len(entries) > 1 and len(pictures) > 1:
                    label = f"{entry.name}, {picture.name}"
                layers = self._received_layers(entry, picture, snr)
                layers = layers[: self.sweep.plot_layers]
                rows.append(report.LayeredRow(label, picture.pixels, *map(list, zip(*layers))))
        fixed = [entries[0].name] if len(entries) == 1 else [pictures[0].name] if len(pictures) == 1 else []
        return report.layered_panel(rows, title=", ".join([*fixed, f"SNR {snr:g} dB"]))

    def _panel_links(self, entry: Link | Envelope, snr: float) -> list[Link]:
        """The link that shows each layer; of an envelope, the members that it chose."""
        if isinstance(entry, Envelope):
            return [self._links[name][1] for name in self.chosen[entry.name][snr]]
        return [entry] * entry.num_layers

    def _received_layers(
        self, entry: Link | Envelope, picture: Picture, snr: float
    ) -> list[tuple[np.ndarray, str]]:
        """After each layer, the picture as it arrives in draw 0, and what is to be said of it."""
        links = self._panel_links(entry, snr)
        receptions = {link.name: link.transmit([picture], snr, range(1), self.sweep.seed) for link in links}
        layers = []
        for layer, link in enumerate(links):
            first = next(o for o in receptions[link.name].layers[layer] if len(o.picture))
            note = link.name if isinstance(entry, Envelope) else ""
            layers.append((first.load_pixels()[0], note if first.delivered[0] else "not delivered"))
        return layers

    def _panel_snr(self, snr_db: float | None) -> float:
        snrs = self.sweep.snr_db
        if snr_db is None:
            wanted = self.sweep.panel_snr_db
            if wanted is None:
                return snrs[len(snrs) // 2]
            return min(snrs, key=lambda snr: abs(snr - wanted))
        if snr_db not in snrs:
            raise LinksimError(f"{snr_db:g} dB was not simulated; take one of {', '.join(f'{s:g}' for s in snrs)}")
        return float(snr_db)

    def save(self) -> Path:
        """Write `curve.csv`, `run.json`, `curve.png` and `panel.png` into the result folder.

        A metric that was asked for, or of which there are published points, has its own
        `curve_<metric>.png` beside them.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        LinksimError
            If a file cannot be written.
        """
        from linksim import report

        folder = self.sweep.folder
        write_atomically(folder / "curve.csv", to_csv(self.rows))
        write_atomically(folder / "run.json", (json.dumps(self._provenance(), indent=1) + "\n").encode())
        write_atomically(folder / "curve.png", report.to_png(self.plot()))
        published = {row["metric"] for row in self._reference}
        for metric in dict.fromkeys(row.metric for row in self.rows):
            if metric != "psnr" and (metric in self.sweep.metrics or metric in published):
                write_atomically(folder / f"curve_{metric}.png", report.to_png(self.plot(metric)))
        write_atomically(folder / "panel.png", report.to_png(self.panel()))
        return folder

    def _provenance(self) -> dict[str, object]:
        """What is to be known of how the result came to be."""
        runs = _previous_runs(self.sweep.folder / "run.json")
        if self._how["units_run"] or not runs:
            # a run that only drew the figures again adds nothing to how the numbers came to be
            runs.append({"finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **self._how})
        return {
            "scenario": self.sweep.name,
            "command": self._how["command"],
            "versions": _versions(),
            "pictures": {"set": self.pictures.name, "count": len(self.pictures), "sha256": digest_of(self.pictures)},
            "seed": self.sweep.seed,
            "ci_half_width_db": self.sweep.ci_half_width,
            "max_draws": self.sweep.max_draws,
            "fingerprints": {name: fingerprint for name, (fingerprint, _) in self._links.items()},
            "stopped": {
                name: {f"{snr:g}": self.points[fingerprint, snr].stopped for snr in self.sweep.snr_db}
                for name, (fingerprint, _) in self._links.items()
            },
            "envelopes": {
                e.name: {
                    "members": [m.name for m in e.members],
                    "chosen": {f"{snr:g}": list(names) for snr, names in self.chosen[e.name].items()},
                }
                for e in self.sweep.links
                if isinstance(e, Envelope)
            },
            "wall_time_s": round(sum(run["wall_time_s"] for run in runs), 3),
            "runs": runs,
        }


def _renamed(row: Row, link: str) -> Row:
    return dataclasses.replace(row, link=link)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _previous_runs(path: Path) -> list[dict]:
    """The runs that the present `run.json` tells of; none if there is none, or it is not readable."""
    try:
        runs = json.loads(path.read_text())["runs"]
        return [run for run in runs if isinstance(run["wall_time_s"], (int, float))]
    except (OSError, ValueError, KeyError, TypeError):
        return []
