"""The rows of a comparison: each difference with its interval, paired where single draws are known of both sides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linksim.montecarlo.paired import Difference, difference_of
from linksim.montecarlo.sameness import alike
from linksim.montecarlo.side import Row, RowKey, Side
from linksim.montecarlo.statistics import LayerStatistics
from linksim.montecarlo.table import PSNR_OF_MEAN_MSE
from linksim.pixels import psnr_of_mse
from linksim.report.run_file import higher_is_better

_SOME = (
    "where intervals are independent, there were too few draws and pictures to pair (8 degrees of freedom), units are "
    "missing, or the metric is one of whole sets"
)
_MORE_DRAWS = "where one side has more draws, paired differences are over those that both have"
_SAME_MORE_DRAWS = (
    "where the same link has more draws on one side, its two means differ by these draws alone; over those that both "
    "have they are the same"
)
_OTHER_PICTURES = "the pictures differ: what single pictures make of a difference is in no interval"

SAME, PAIRED, INDEPENDENT, NONE = "same", "paired", "independent", "no interval"

_NAN = math.nan


def label(link: str, other: str) -> str:
    """What a row is called that compares a link of A with one of B: B - A where these are two."""
    return link if link == other else f"{other} - {link}"


class ComparisonRows:
    """The rows of two sides.

    **The same.** A fingerprint and a seed determine what is received in every draw. Where both, and the pictures, are
    those of the other side, there is no difference that draws could explain or hide: the row is "same", its difference
    0, without an interval, provided that the numbers bear it out (up to arithmetic, see `sameness`). With as many
    draws these are the two means. Where one side has more draws, its first ones are those of the other: its units give
    the mean over these. Where it keeps none, the fingerprint is believed unless the two means differ beyond both of
    their intervals. What does not bear it out is compared like any other link, and `notes` says so.

    Parameters
    ----------
    a, b : Side
    links : mapping of a link in a to a link in b

    Attributes
    ----------
    notes : list of str
        What is to be known of the rows; complete once they are read.
    """

    def __init__(self, a: Side, b: Side, links: Mapping[str, str]):
        self.a, self.b, self.links = a, b, links
        self._notes: dict[str, None] = {}
        self._gaps: dict[str, dict[str, float]] = {}
        self._apart = self._apart_because()
        self._unpaired = self._apart or a.unpaired_because or b.unpaired_because

    @property
    def notes(self) -> list[str]:
        drifted = [
            f"{link!r} gives other numbers under the same fingerprint, by up to "
            f"{', '.join(f'{gap:.2g} in {metric}' for metric, gap in gaps.items())}: its code or machine differs"
            for link, gaps in self._gaps.items()
        ]
        return [*self._notes, *drifted]

    def _apart_because(self) -> str | None:
        """Why no draw of the one side is one of the other."""
        said_a, said_b = ((side.run.get("pictures") or {}).get("sha256") for side in (self.a, self.b))
        if said_a != said_b or said_a is None:
            self._notes[_OTHER_PICTURES] = None
            return "the pictures differ"
        return "the seeds differ" if self.a.run.get("seed") != self.b.run.get("seed") else None

    def _pairs(self) -> Iterator[tuple[RowKey, Row, Row]]:
        """Key in a and both rows, wherever both sides have one."""
        for key, a in self.a.rows.items():
            b = self.b.rows.get((self.links.get(key[0], ""), *key[1:]))
            if b is not None:
                yield key, a, b

    def read(self) -> list[dict[str, Any]]:
        """The rows, as the columns of `Comparison.table`."""
        same = {key for key, a, b in self._pairs() if self._same(key, a, b)}
        paired = self._all_paired(same)
        rows = [self._row(key, a, b, key in same, *paired.get(key, (None, 0))) for key, a, b in self._pairs()]
        if self._unpaired is not None and any(row["how"] in (INDEPENDENT, NONE) for row in rows):
            why = f"no difference is paired: {self._unpaired}. The two intervals are taken as independent"
            self._notes[why] = None
        return rows

    def _row(
        self, key: RowKey, a: Row, b: Row, same: bool, difference: Difference | None, draws: int
    ) -> dict[str, Any]:
        link, layer, metric, value = key
        mean_a, mean_b, how = float(a["mean"]), float(b["mean"]), PAIRED
        if same:
            how, draws = SAME, int(min(a["n_draws"], b["n_draws"]))
            difference = Difference(0.0, _NAN, 0.0, _NAN, _NAN)
            if a["n_draws"] != b["n_draws"]:
                self._notes[_SAME_MORE_DRAWS] = None
        elif difference is None:
            half = _independent_half_width(a, b)
            how = INDEPENDENT if math.isfinite(half) else NONE
            difference = Difference(mean_b - mean_a, half if how is INDEPENDENT else _NAN, 0.0, _NAN, _NAN)
            draws = 0
            if self._unpaired is None:
                self._notes[_SOME] = None
        elif draws < max(a["n_draws"], b["n_draws"]):
            self._notes[_MORE_DRAWS] = None
        return {
            "link": label(link, self.links[link]), "layer": layer, "metric": metric, self.a.axis: value, "a": mean_a,
            "b": mean_b, "difference": difference.mean, "half_width": difference.half_width,
            "significant": bool(abs(difference.mean) > difference.half_width), "how": how, "n_draws": draws,
            "over_pictures": difference.over_pictures, "better": difference.better,
        }  # fmt: skip

    def _members(self, key: RowKey) -> tuple[str, str]:
        """The two links that a row compares: of envelopes, those that they chose."""
        link, layer, _, value = key
        return self.a.member(link, layer, value), self.b.member(self.links[link], layer, value)

    def _one_link(self, names: tuple[str, str]) -> bool:
        """Whether two links are one, by their fingerprints."""
        found = self.a.fingerprint(names[0])
        return found is not None and found == self.b.fingerprint(names[1])

    def _same(self, key: RowKey, a: Row, b: Row) -> bool:
        """Whether both sides have the same draws of the same link (see the head of this class)."""
        names = self._members(key)
        if self._apart is not None or not self._one_link(names):
            return False
        means = [float(a["mean"]), float(b["mean"])]
        if a["n_draws"] != b["n_draws"]:
            more, draws = int(b["n_draws"] > a["n_draws"]), int(min(a["n_draws"], b["n_draws"]))
            first = _mean_over((self.a, self.b)[more], names[more], key, draws)
            if first is None:
                if abs(means[1] - means[0]) <= _independent_half_width(a, b):
                    return True
            else:
                means[more] = first
        if alike(key[2], *means):
            return True
        gaps = self._gaps.setdefault(names[0], {})
        gaps[key[2]] = max(gaps.get(key[2], 0.0), abs(means[1] - means[0]))
        return False

    def _all_paired(self, same: set[RowKey]) -> dict[RowKey, tuple[Difference | None, int]]:
        """Row -> its paired difference, where there is one, and the draws that it is over."""
        if self._unpaired is not None:
            return {}
        # All layers and metrics of a link at an axis value are of the same units: these are added up once.
        together: dict[tuple[str, float, int], list[RowKey]] = {}
        for key, a, b in self._pairs():
            if key not in same:
                together.setdefault((key[0], key[3], int(min(a["n_draws"], b["n_draws"]))), []).append(key)
        found: dict[RowKey, tuple[Difference | None, int]] = {}
        for (_, value, draws), keys in sorted(together.items(), key=lambda item: self.a.links.index(item[0][0])):
            found.update(self._paired(value, draws, keys))
        return found

    def _paired(
        self, value: float, draws: int, keys: Sequence[RowKey]
    ) -> Iterator[tuple[RowKey, tuple[Difference | None, int]]]:
        """The differences over the draws that both have, of rows of one link at one value; and these draws."""
        groups: dict[tuple[str, str], _Groups | None] = {}
        for key in keys:
            layer, metric = key[1], key[2]
            names = self._members(key)
            if names not in groups:
                groups[names] = self._groups(*names, value, draws)
            both = groups[names]
            if both is None or layer >= min(len(both.a[0]), len(both.b[0])):
                continue
            a, b = ([group[layer] for group in side] for side in (both.a, both.b))
            better = higher_is_better("mse" if metric == PSNR_OF_MEAN_MSE else metric, self.a.run)
            yield key, (difference_of(a, b, both.sizes, metric, self._one_link(names), better), draws)

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


def _independent_half_width(a: Row, b: Row) -> float:
    """Half width of the interval of a difference of two means that have no draw in common."""
    return math.hypot(*((float(row["ci_high"]) - float(row["ci_low"])) / 2 for row in (a, b)))


def _mean_over(side: Side, link: str, key: RowKey, draws: int) -> float | None:
    """The mean of a row over its first draws, from the units; None where they do not tell."""
    _, layer, metric, value = key
    layers = side.first(link, value, draws)
    name = "mse" if metric == PSNR_OF_MEAN_MSE else metric
    if layers is None or layer >= len(layers) or name not in layers[layer].metrics:
        return None
    mean = float(layers[layer].metrics[name].mean.mean())
    return float(psnr_of_mse(mean)) if metric == PSNR_OF_MEAN_MSE else mean
