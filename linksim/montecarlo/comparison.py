"""Two finished results side by side: what differs, by how much, and whether chance explains it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linksim.errors import LinksimError
from linksim.montecarlo.paired import Difference, difference_of
from linksim.montecarlo.side import Side
from linksim.montecarlo.statistics import LayerStatistics
from linksim.report.run_file import higher_is_better

if TYPE_CHECKING:
    import pandas

    from linksim.montecarlo.result import Result

_SOME = (
    "where intervals are independent, there were too few draws and pictures to pair (8 degrees of freedom), units are "
    "missing, or the metric is one of whole sets"
)

_Key = tuple[str, int, str, float]
"""(link, layer, metric, axis value) of a row."""

PAIRED, INDEPENDENT, NONE = "paired", "independent", "no interval"


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Parameters
    ----------
    axis : str
        Name of the axis.
    table : data frame
        A row for each link, layer, metric and axis value that both have. Columns: link, layer, metric, the axis, a, b
        (means), difference (b - a), half_width (of its 95 % interval), significant (whether 0 lies outside), how
        ("paired", "independent" or "no interval"); and, where paired, n_draws, over_pictures, better (`Difference`).
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
        """One line: how many differ, and how many would by chance."""
        tested = int(self.table["half_width"].notna().sum())
        return (
            f"{self.num_significant} of {tested} differences lie beyond their 95 % interval; "
            f"by chance one would expect about {self.num_by_chance:.1f}"
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
) -> Comparison:
    """Compare two results: two runs, two versions of the code, or two links.

    Where both folders keep their units (`units/`), and pictures and seed are the same, differences are paired: noise
    and fades that both met cancel. Otherwise their intervals are taken as independent, which after common noise is too
    wide rather than too narrow; `Comparison.table` says which.

    Parameters
    ----------
    a, b : path of a result folder, or Result
        b is a by default: then `links` says what is compared.
    links : mapping of a link in a to a link in b, optional
        By default links of one name are compared.

    Raises
    ------
    LinksimError
        If a folder holds no result, they run over different axes, there is no such link, or nothing is in both.
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
    return _Comparing(one, other, dict(links) if links else {name: name for name in one.links}).result(bool(links))


class _Comparing:
    def __init__(self, a: Side, b: Side, links: Mapping[str, str]):
        self.a, self.b, self.links = a, b, links
        self.notes: dict[str, None] = {}
        self.unpaired = self._unpaired_because()

    def _unpaired_because(self) -> str | None:
        said_a, said_b = ((side.run.get("pictures") or {}).get("sha256") for side in (self.a, self.b))
        if said_a != said_b or said_a is None:
            self.notes["the pictures differ: what single pictures make of a difference is in no interval"] = None
            return "the pictures differ"
        if self.a.run.get("seed") != self.b.run.get("seed"):
            return "the seeds differ"
        return self.a.unpaired_because or self.b.unpaired_because

    def result(self, renamed: bool) -> Comparison:
        import pandas as pd

        rows = list(self._rows())
        if not rows:
            raise LinksimError(f"{self.a.path} and {self.b.path} have no link, metric and value in common")
        if self.unpaired is not None:
            self.notes[f"no difference is paired: {self.unpaired}. The two intervals are taken as independent"] = None
        both = {(row["link"], row["layer"], row["metric"], row[self.a.axis]) for row in rows}
        with_b = {(self.links.get(link, ""), *rest) for link, *rest in both}
        return Comparison(
            self.a.axis,
            pd.DataFrame(rows),
            [] if renamed else _alone(self.a, both),
            [] if renamed else _alone(self.b, with_b),
            differences_of_provenance(self.a.run, self.b.run, self.links),
            list(self.notes),
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        found = self._all_paired()
        for (link, layer, metric, value), a in self.a.rows.items():
            b = self.b.rows.get((self.links.get(link, ""), layer, metric, value))
            if b is None:
                continue
            difference, draws = found.get((link, layer, metric, value), (None, 0))
            mean_a, mean_b, how = float(a["mean"]), float(b["mean"]), PAIRED
            if difference is None:
                halves = [(float(r["ci_high"]) - float(r["ci_low"])) / 2 for r in (a, b)]
                half = math.hypot(*halves)
                how = INDEPENDENT if math.isfinite(half) else NONE
                if how is NONE:
                    half = math.nan
                difference, draws = Difference(mean_b - mean_a, half, 0.0, math.nan, math.nan), 0
                if self.unpaired is None:
                    self.notes[_SOME] = None
            elif draws < max(a["n_draws"], b["n_draws"]):
                self.notes["where one side has more draws, paired differences are over those that both have"] = None
            yield {
                "link": link, "layer": layer, "metric": metric, self.a.axis: value, "a": mean_a, "b": mean_b,
                "difference": difference.mean, "half_width": difference.half_width,
                "significant": bool(abs(difference.mean) > difference.half_width), "how": how, "n_draws": draws,
                "over_pictures": difference.over_pictures, "better": difference.better,
            }  # fmt: skip

    def _all_paired(self) -> dict[_Key, tuple[Difference | None, int]]:
        """Row -> its paired difference, where there is one, and the draws that it is over."""
        if self.unpaired is not None:
            return {}
        # All layers and metrics of a link at an axis value are of the same units: these are added up once.
        together: dict[tuple[str, float, int], list[_Key]] = {}
        for key, a in self.a.rows.items():
            link, layer, metric, value = key
            b = self.b.rows.get((self.links.get(link, ""), layer, metric, value))
            if b is not None:
                together.setdefault((link, value, int(min(a["n_draws"], b["n_draws"]))), []).append(key)
        found: dict[_Key, tuple[Difference | None, int]] = {}
        for (link, value, draws), keys in sorted(together.items(), key=lambda item: self.a.links.index(item[0][0])):
            found.update(self._paired(link, value, draws, keys))
        return found

    def _paired(
        self, link: str, value: float, draws: int, keys: Sequence[_Key]
    ) -> Iterator[tuple[_Key, tuple[Difference | None, int]]]:
        """The differences over the draws that both have, of rows of one link at one value; and these draws."""
        groups: dict[tuple[str, str], _Groups | None] = {}
        for key in keys:
            layer, metric = key[1], key[2]
            names = self.a.member(link, layer, value), self.b.member(self.links[link], layer, value)
            if names not in groups:
                groups[names] = self._groups(*names, value, draws)
            both = groups[names]
            if both is None or layer >= min(len(both.a[0]), len(both.b[0])):
                continue
            a, b = ([group[layer] for group in side] for side in (both.a, both.b))
            same = self.a.fingerprint(names[0]) == self.b.fingerprint(names[1])
            better = higher_is_better("mse" if metric == "psnr_of_mean_mse" else metric, self.a.run)
            found = difference_of(a, b, both.sizes, metric, same, better)
            if found is not None and same and found.mean != 0:
                self.notes[
                    f"{names[0]!r} gives other numbers under the same fingerprint: its code or machine differs"
                ] = None
            yield key, (found, draws)

    def _groups(self, name_a: str, name_b: str, value: float, draws: int) -> _Groups | None:
        """The draws that both have, in groups; None where one of them has not all of these draws."""
        kept_a, kept_b = self.a.kept(name_a, value), self.b.kept(name_b, value)
        if kept_a is None or kept_b is None:
            return None
        ends = sorted(set(kept_a.ends(draws)) & set(kept_b.ends(draws)))
        if not ends or ends[-1] != draws:
            return None
        cuts = list(zip([0, *ends], ends, strict=False))
        a, b = ([kept.between(start, stop, draws) for start, stop in cuts] for kept in (kept_a, kept_b))
        return _Groups([stop - start for start, stop in cuts], a, b)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Groups of draws of both sides: their numbers of draws, and the layers of each group."""

    sizes: Sequence[int]
    a: Sequence[tuple[LayerStatistics, ...]]
    b: Sequence[tuple[LayerStatistics, ...]]


def _alone(side: Side, both: set[tuple[Any, ...]]) -> list[str]:
    """What a side has and the other has not, in few words: whole links, then metrics and values of links."""
    missing = [key for key in side.rows if key not in both]
    shared = {key[0] for key in both}
    lines = [f"link {link!r}" for link in dict.fromkeys(key[0] for key in missing) if link not in shared]
    for link in dict.fromkeys(key[0] for key in missing if key[0] in shared):
        of_link = [key for key in missing if key[0] == link]
        metrics = ", ".join(dict.fromkeys(key[2] for key in of_link))
        values = ", ".join(dict.fromkeys(f"{key[3]:g}" for key in of_link))
        lines.append(f"{link!r}: {metrics} at {side.axis} {values}")
    return lines


def differences_of_provenance(a: Mapping[str, Any], b: Mapping[str, Any], links: Mapping[str, str]) -> list[str]:
    """What two `run.json` say differently of pictures, seed, stopping, versions and links; one line each."""
    lines = []

    def told(what: str, x: object, y: object) -> None:
        if x != y:
            lines.append(f"{what}: {'not said' if x is None else x} in A, {'not said' if y is None else y} in B")

    for what, key in (("pictures", "set"), ("number of pictures", "count")):
        told(what, (a.get("pictures") or {}).get(key), (b.get("pictures") or {}).get(key))
    if not lines and (a.get("pictures") or {}).get("sha256") != (b.get("pictures") or {}).get("sha256"):
        lines.append("pictures: of one name and number, with other pixels")
    for what, key in (("seed", "seed"), ("half width aimed at, dB", "ci_half_width_db"), ("most draws", "max_draws")):
        told(what, a.get(key), b.get(key))
    versions = [run.get("versions") or {} for run in (a, b)]
    for name in sorted(versions[0].keys() | versions[1].keys()):
        told(f"version of {name}", versions[0].get(name), versions[1].get(name))
    prints = [run.get("fingerprints") or {} for run in (a, b)]
    others = [x for x, y in links.items() if x in prints[0] and y in prints[1] and prints[0][x] != prints[1][y]]
    if others:
        lines.append(f"other fingerprints (weights, parameters or code): {', '.join(map(repr, others))}")
    return lines
