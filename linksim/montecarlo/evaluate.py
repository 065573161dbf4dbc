"""A work unit run: a link transmits, the metrics measure, counts and moments remain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.metrics import SetMetric
from linksim.montecarlo.metric_cache import Key, MetricCache
from linksim.montecarlo.statistics import LayerStatistics, UnitStatistics, moments
from linksim.montecarlo.unit import WorkUnit

_METRIC_PIXELS = 2_000_000
"""Pixels given to a metric at a time; its float64 intermediates are some 50 bytes a pixel."""

Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(eq=False)
class Evaluator:
    """Everything that units refer to, so that a unit itself is a few numbers.

    Parameters
    ----------
    links : mapping of fingerprint to Link
    pictures : sequence of Picture
        The whole picture set of the sweep.
    metrics : mapping of (name, version) to function
        `(reference uint8 [B, H, W, 3], reconstruction uint8 [B, H, W, 3]) -> float64 [B]`, or `SetMetric`
    cache : MetricCache
    """

    links: Mapping[str, Link]
    pictures: Sequence[Picture]
    metrics: Mapping[tuple[str, str], Metric]
    cache: MetricCache = field(default_factory=MetricCache)

    def __call__(self, unit: WorkUnit) -> UnitStatistics:
        """Run one unit.

        Raises
        ------
        LinksimError
            If the link's reception is not what `linksim.links.base.Reception` says.
        """
        link = self.links[unit.fingerprint]
        pictures = self.pictures[unit.pictures[0] : unit.pictures[1]]
        reception = link.transmit(pictures, unit.value, range(*unit.draws), unit.seed)
        _check(link, reception, len(pictures))
        layers = []
        for outcomes_of_layer, bandwidth in zip(reception.layers, reception.bandwidth):
            picture = np.concatenate([np.asarray(o.picture, np.int64) for o in outcomes_of_layer])
            count = np.concatenate([np.asarray(o.count, np.int64) for o in outcomes_of_layer])
            delivered = np.concatenate([np.asarray(o.delivered, bool) for o in outcomes_of_layer])
            _check_counts(link, picture, count, len(pictures), unit.num_draws)
            singles = [m for m in unit.metrics if not isinstance(self.metrics[m], SetMetric)]
            sets = [m for m in unit.metrics if isinstance(self.metrics[m], SetMetric)]
            known = self._look_up(outcomes_of_layer, pictures, singles)
            shown = [_Shown(outcomes, pictures) for outcomes in outcomes_of_layer]
            measured = [self._measure(each, singles, known) for each in shown]
            values = np.concatenate(measured, axis=1)
            n = np.full(len(pictures), unit.num_draws, np.int64)
            uses = np.concatenate([_channel_uses(o, bandwidth) for o in outcomes_of_layer])
            layers.append(
                LayerStatistics(
                    n=n,
                    delivered=np.bincount(picture, count * delivered, len(pictures)).astype(np.int64),
                    channel_uses=np.bincount(picture, count * uses, len(pictures)).astype(np.int64),
                    metrics={
                        name: moments(picture, count, values[i], len(pictures)) for i, (name, _) in enumerate(singles)
                    },
                    sums={metric[0]: self._sum(metric, shown) for metric in sets},
                    items=_items(outcomes_of_layer, bandwidth, unit.num_draws),
                    certain=all(outcomes.certain for outcomes in outcomes_of_layer),
                )
            )
        return UnitStatistics(tuple(layers))

    def _look_up(
        self, outcomes_of_layer: Sequence[Outcomes], pictures: Sequence[Picture], metrics: Sequence[tuple[str, str]]
    ) -> Mapping[Key, float]:
        """What the cache knows of a whole layer, asked for at once."""
        wanted = [
            (pictures[p].sha256, key, *metric)
            for outcomes in outcomes_of_layer
            if outcomes.keys is not None
            for p, key in zip(outcomes.picture, outcomes.keys)
            for metric in metrics
        ]
        return self.cache.get(wanted) if wanted else {}

    def _measure(
        self,
        shown: _Shown,
        metrics: Sequence[tuple[str, str]],
        known: Mapping[Key, float],
    ) -> np.ndarray:
        """Metric values [metric, M]; the pixels are loaded only if one of them is not known."""
        outcomes, picture = shown.outcomes, shown.picture
        values = np.full((len(metrics), len(picture)), np.nan)
        keys: list[list[Key]] = []
        if outcomes.keys is not None:
            named = [(shown.pictures[p].sha256, key) for p, key in zip(picture, outcomes.keys)]
            keys = [[(sha, key, *metric) for sha, key in named] for metric in metrics]
            for i, row in enumerate(keys):
                values[i] = [known.get(key, np.nan) for key in row]
        missing = np.isnan(values)
        if not missing.any():
            return values
        for i, metric in enumerate(metrics):
            values[i, missing[i]] = self._compare(metric, shown, np.flatnonzero(missing[i]))
        if keys:
            self.cache.put({keys[i][j]: float(values[i, j]) for i, j in np.argwhere(missing)})
        return values

    def _sum(self, metric: tuple[str, str], shown: Sequence[_Shown]) -> np.ndarray:
        """The statistics of a set metric, added up over all outcomes and their draws: float64 [S]."""
        total: np.ndarray | None = None
        for each in shown:
            count = np.asarray(each.outcomes.count, np.float64)
            for some, reference, pixels in each.pairs(np.arange(len(count))):
                part = count[some] @ self.metrics[metric](reference, pixels)
                total = part if total is None else total + part
        assert total is not None  # a layer has outcomes
        return total

    def _compare(self, metric: tuple[str, str], shown: _Shown, rows: np.ndarray) -> np.ndarray:
        """One metric of some reconstructions."""
        parts = [self.metrics[metric](reference, pixels) for _, reference, pixels in shown.pairs(rows)]
        values = np.concatenate(parts) if parts else np.empty(0)
        if not np.isfinite(values).all():
            worst = shown.pictures[shown.picture[rows[~np.isfinite(values)][0]]].name
            raise LinksimError(
                f"metric {metric[0]} is not finite on picture {worst!r}; leave this metric or picture out"
            )
        return values


@dataclass(eq=False)
class _Shown:
    """Outcomes, and their pixels once something asks for them."""

    outcomes: Outcomes
    pictures: Sequence[Picture]

    @cached_property
    def picture(self) -> np.ndarray:
        return np.asarray(self.outcomes.picture, np.int64)

    @cached_property
    def pixels(self) -> np.ndarray:
        pixels = self.outcomes.load_pixels()
        _check_pixels(pixels, [self.pictures[p] for p in self.picture])
        return pixels

    def pairs(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(rows, originals, reconstructions), both `uint8 [B, H, W, 3]`, a bounded number of pixels at a time."""
        step = max(1, _METRIC_PIXELS // max(1, self.pixels.shape[1] * self.pixels.shape[2]))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            yield some, np.stack([self.pictures[p].pixels for p in self.picture[some]]), self.pixels[some]


def _channel_uses(outcomes: Outcomes, bandwidth: Sequence[Bandwidth]) -> np.ndarray:
    """Channel uses of each outcome, int64 [M]."""
    if outcomes.channel_uses is not None:
        return np.asarray(outcomes.channel_uses, np.int64)
    return np.array([bandwidth[p].channel_uses for p in outcomes.picture], np.int64)


def _items(outcomes: Sequence[Outcomes], bandwidth: Sequence[Bandwidth], draws: int) -> dict[str, float]:
    """What the channel uses of all pictures and draws were spent on; nothing where draws differ and do not say it."""
    if all(o.channel_uses is None for o in outcomes):
        names = {name: None for each in bandwidth for name in each.items}
        return {name: draws * sum(float(each.items.get(name, 0.0)) for each in bandwidth) for name in names}
    of_outcomes = [(o.count, o.items) for o in outcomes if o.items is not None]
    if len(of_outcomes) < len(outcomes):
        return {}
    names = {name: None for _, items in of_outcomes for name in items}
    return {
        name: sum(float(np.dot(count, items[name])) for count, items in of_outcomes if name in items) for name in names
    }


def _wrong(link: Link, what: str) -> LinksimError:
    """What a link of one's own may get wrong, said before it becomes an index error."""
    return LinksimError(f"link {link.name!r} returned {what}; see linksim.links.base.Reception")


def _check(link: Link, reception: Reception, num_pictures: int) -> None:
    if len(reception.layers) != link.num_layers or len(reception.bandwidth) != link.num_layers:
        raise _wrong(link, f"{len(reception.layers)} layers, {link.num_layers} were announced")
    for outcomes_of_layer, bandwidth in zip(reception.layers, reception.bandwidth):
        if len(bandwidth) != num_pictures:
            raise _wrong(link, f"the bandwidth of {len(bandwidth)} pictures, {num_pictures} were sent")
        if not outcomes_of_layer:
            raise _wrong(link, "a layer without outcomes")
        for outcomes in outcomes_of_layer:
            m = len(outcomes.picture)
            if len(outcomes.count) != m or len(outcomes.delivered) != m:
                raise _wrong(link, "outcomes whose picture, count and delivered differ in length")
            uses = outcomes.channel_uses
            if uses is not None and len(uses) != m:
                raise _wrong(link, f"{len(uses)} channel uses for {m} outcomes")
            if uses is not None and (np.asarray(uses).dtype.kind not in "iu" or np.any(np.asarray(uses) < 0)):
                raise _wrong(link, "channel uses that are not integers from 0 up")
            if any(len(spent) != m for spent in (outcomes.items or {}).values()):
                raise _wrong(link, f"items of its channel uses that are not {m}, one for each outcome")
            if outcomes.keys is not None and len(outcomes.keys) != m:
                raise _wrong(link, f"{len(outcomes.keys)} keys for {m} outcomes")


def _check_counts(link: Link, picture: np.ndarray, count: np.ndarray, num_pictures: int, num_draws: int) -> None:
    if len(picture) and (picture.min() < 0 or picture.max() >= num_pictures):
        raise _wrong(link, "outcomes of a picture that was not sent")
    if len(count) and count.min() < 1:
        raise _wrong(link, "an outcome that counts less than 1 draw")
    n = np.bincount(picture, count, num_pictures)
    if np.any(n != num_draws):
        total = int(n[n != num_draws][0])
        raise _wrong(link, f"{total} outcomes of a picture for {num_draws} draws (the counts of a layer must add up)")


def _check_pixels(pixels: np.ndarray, pictures: Sequence[Picture]) -> None:
    for i, picture in enumerate(pictures):
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 4 or len(pixels) <= i:
            got = f"{pixels.dtype} {list(pixels.shape)}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
            raise LinksimError(
                f"the reconstructions are {got}; they must be a uint8 array [{len(pictures)}, H, W, 3], rounded"
            )
        if pixels.shape[1:] != picture.pixels.shape:
            raise LinksimError(
                f"a reconstruction of picture {picture.name!r} is {list(pixels.shape[1:])}, the picture "
                f"{list(picture.pixels.shape)}; crop what the codec padded"
            )
