"""Two finished results side by side: what differs, by how much, and whether chance explains it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.montecarlo.comparison_rows import SAME, ComparisonRows
from linksim.montecarlo.picture_differences import picture_differences
from linksim.montecarlo.run_differences import alone, differences_of_provenance
from linksim.montecarlo.side import Side

if TYPE_CHECKING:
    import pandas

    from linksim.montecarlo.result import Result


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Parameters
    ----------
    axis : str
        Name of the axis.
    table : data frame
        A row for each link, layer, metric and axis value that both have. Columns: link ("Y - X" where link Y of b is
        compared with X of a), layer, metric, the axis, a, b (means), difference (b - a), half_width (of its 95 %
        interval), significant (whether 0 lies outside), how ("same", "paired", "independent" or "no interval"); and,
        where paired, n_draws, over_pictures, better (`Difference`). Where it is "same" (same fingerprint, seed and
        pictures, and numbers that bear it out), the difference over the n_draws that both have is 0 and has no
        interval.
    only_a, only_b : list of str
        What only one of them has.
    provenance : list of str
        What differs in how they came to be.
    notes : list of str
        Why differences are not paired, and what else is to be known.
    """

    axis: str
    table: pandas.DataFrame
    only_a: Sequence[str]
    only_b: Sequence[str]
    provenance: Sequence[str]
    notes: Sequence[str]
    _sides: tuple[Side, Side] = field(repr=False)
    _links: Mapping[str, str] = field(repr=False)

    @cached_property
    def pictures(self) -> pandas.DataFrame:
        """What single pictures make of it: a row for each link, layer, axis value, metric and picture.

        Columns: link, layer, the axis, metric, number (place of the picture in its set, from 0), picture (its name),
        a, b (means over the draws), difference (b - a), std_a, std_b (standard deviations over the draws), n_draws_a,
        n_draws_b, same (as `how` of `table` says; then the difference is 0).

        Raises
        ------
        LinksimError
            If the two are of different pictures, one of them keeps no results of single pictures, or single pictures
            have none of the metrics.
        """
        return picture_differences(*self._sides, self._links, self.table)

    @property
    def num_significant(self) -> int:
        """Differences whose 95 % interval does not hold 0."""
        return int(self.table["significant"].sum())

    @property
    def num_by_chance(self) -> float:
        """How many of them one would expect if nothing differed: 5 % of those that chance has a part in."""
        return 0.05 * float((self.table["half_width"] > 0).sum())

    @property
    def summary(self) -> str:
        """One line: how many differ, how many would by chance, and how many cannot, as they are the same numbers."""
        tested = int(self.table["half_width"].notna().sum())
        same = int((self.table["how"] == SAME).sum())
        if same == len(self.table):
            return f"nothing differs: links of the same fingerprint, seed and pictures ({same} numbers)"
        return (
            f"{self.num_significant} of {tested} differences lie beyond their 95 % interval; "
            f"by chance one would expect about {self.num_by_chance:.1f}"
            + (f"; {same} more are the same numbers in both" if same else "")
        )

    def __repr__(self) -> str:
        return "\n".join([self.table.to_string(index=False), self.summary, *self.provenance, *self.notes])

    def _repr_html_(self) -> str:
        import html

        lines = "".join(f"<li>{html.escape(line)}</li>" for line in (self.summary, *self.provenance, *self.notes))
        return f"{self.table.to_html(index=False)}<ul>{lines}</ul>"


def compare(
    a: str | Path | Result,
    b: str | Path | Result | None = None,
    links: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    at: float | None = None,
) -> Comparison:
    """Compare two results: two runs, two versions of the code, or two links.

    Where both folders keep their units (`units/`), and pictures and seed are the same, differences are paired: noise
    and fades that both met cancel. Otherwise their intervals are taken as independent, which after common noise is too
    wide rather than too narrow. A link of the same fingerprint, seed and pictures is the same in both; where it has
    more draws in one of them, over those that both have. `Comparison.table` says which it was.

    Parameters
    ----------
    a, b : path of a result folder, or Result
        b is a by default: then `links` says what is compared.
    links : mapping of a link in a to a link in b, optional
        By default links of one name are compared.
    metrics : sequence of str, optional
        Only these metrics.
    at : float, optional
        Only this value of the axis, or the nearest one that both have.

    Raises
    ------
    LinksimError
        If a folder holds no result, they run over different axes, there is no such link or metric in both, or nothing
        is in both.
    """
    one, other = Side(a), Side(a if b is None else b)
    if b is None and not links:
        raise LinksimError("there is one result; name another one, or the links of it that are to be compared")
    if one.axis != other.axis:
        raise LinksimError(
            f"{one.path} runs over {one.axis} and {other.path} over {other.axis}; compare like with like"
        )
    for side, names in ((one, (links or {}).keys()), (other, (links or {}).values())):
        for name in names:
            if name not in side.links:
                raise LinksimError(f"{side.path} has no link {name!r}; take one of {', '.join(side.links)}")
    of = dict(links) if links else {name: name for name in one.links}
    _select(one, other, of, metrics, at)
    return _compared(one, other, of, bool(links))


def _select(a: Side, b: Side, links: Mapping[str, str], metrics: Sequence[str] | None, at: float | None) -> None:
    """Leave what is asked for in both sides; what is not in both is refused."""
    both = [key for key in a.rows if (links.get(key[0], ""), *key[1:]) in b.rows]
    if not both:
        raise LinksimError(f"{a.path} and {b.path} have no link, metric and value in common")
    known = list(dict.fromkeys(key[2] for key in both))
    for name in metrics or ():
        if name not in known:
            raise LinksimError(f"there is no metric {name!r} in both; take one of {', '.join(known)}")
    value = None
    if at is not None and not math.isfinite(at):
        raise LinksimError(f"--at {at}: give a value of the axis")
    if at is not None:
        values = {key[3] for key in both if metrics is None or key[2] in metrics}
        value = min(sorted(values), key=lambda each: abs(each - at))
    for side in (a, b):
        side.select(metrics, value)


def _compared(a: Side, b: Side, links: Mapping[str, str], chosen: bool) -> Comparison:
    import pandas as pd

    reading = ComparisonRows(a, b, links)
    rows = reading.read()
    both = {key for key in a.rows if (links.get(key[0], ""), *key[1:]) in b.rows}
    with_b = {(links[link], *rest) for link, *rest in both}
    return Comparison(
        a.axis,
        pd.DataFrame(rows),
        [] if chosen else alone(a, both),
        [] if chosen else alone(b, with_b),
        differences_of_provenance(a.run, b.run, links),
        reading.notes,
        (a, b),
        links,
    )
