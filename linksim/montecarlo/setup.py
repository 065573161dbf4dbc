"""What a sweep was told to do, as everything behind it reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linksim import metrics as registry
from linksim.images.picture import PictureSet
from linksim.links.base import Envelope, Link
from linksim.messages import tell
from linksim.montecarlo.axis import Axis
from linksim.report import Curves, Figure, Table


def measurable(
    metrics: Sequence[str], figures: Sequence[Figure] | None
) -> tuple[tuple[str, ...], Sequence[Figure] | None]:
    """The metrics that this machine has the weights for, and the figures that show no other; a line says what is left
    out and why."""
    lacking = {}
    for name in metrics:
        if name in registry.names() and (why := registry.get(name).missing()) is not None:
            lacking[name] = why
            tell(f"metric {name} is left out: {why}")
    if not lacking:
        return tuple(metrics), figures
    kept = None if figures is None else [figure for figure in figures if not _shows(figure, lacking)]
    return tuple(name for name in metrics if name not in lacking), kept


def _shows(figure: Figure, lacking: Mapping[str, str]) -> bool:
    if isinstance(figure, Curves):
        return figure.y in lacking or figure.x in lacking
    return isinstance(figure, Table) and not lacking.keys().isdisjoint(figure.metrics)


@dataclass(frozen=True, eq=False)
class Setup:
    """A sweep, checked and with its pictures loaded. The fields are those of `Sweep`.

    Parameters
    ----------
    name : str
    folder : Path
        Where the results go.
    axis : Axis
    entries : sequence of Link or Envelope
        As given, in the order of the table.
    links : dict of name to (fingerprint, Link)
        Every link that is simulated, members of envelopes included.
    pictures : PictureSet
    metrics : tuple of str
        As asked for.
    figures : sequence of figures, or None
        None for the default ones.
    panel_value : float or None
    keep_pictures : int or None
    reference : Path or None
        Published points.
    ci_half_width : float or None
    max_draws : int
    seed : int
    """

    name: str
    folder: Path
    axis: Axis
    entries: Sequence[Link | Envelope]
    links: dict[str, tuple[str, Link]]
    pictures: PictureSet
    metrics: tuple[str, ...]
    figures: Sequence[Figure] | None
    panel_value: float | None
    keep_pictures: int | None
    reference: Path | None
    ci_half_width: float | None
    max_draws: int
    seed: int

    def relative_reference(self) -> str | None:
        """The file of published points as the result folder calls it: relative where both lie in one project."""
        if self.reference is None:
            return None
        file, folder = self.reference.resolve(), self.folder.resolve()
        results = file.parent.parent
        return os.path.relpath(file, folder) if folder.is_relative_to(results) else str(file)

    def layers_of(self, entry: Link | Envelope) -> int:
        """Number of layers of a link, or of the members of an envelope."""
        return entry.members[0].num_layers if isinstance(entry, Envelope) else entry.num_layers
