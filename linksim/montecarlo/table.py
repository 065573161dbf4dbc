"""The table of results: one row per link, layer, axis value and metric."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from linksim import metrics
from linksim.metrics import SetMetric
from linksim.montecarlo.axis import Axis
from linksim.montecarlo.point import Point
from linksim.montecarlo.statistics import Estimate, LayerStatistics, estimate, psnr_of_mean
from linksim.montecarlo.stopping import psnr_estimate

PSNR_OF_MEAN_MSE = "psnr_of_mean_mse"


@dataclass(frozen=True)
class Row:
    """One number of a curve, with its 95 % interval (see `statistics` and `stopping`).

    Parameters
    ----------
    scenario, link : str
    layer : int
        0 for the first or only layer; a layer's row is what is received up to and including it.
    snr_db : float
    value : float
        On the axis of the sweep; the column has its name.
    metric : str
        "psnr" is the mean over pictures and draws of the PSNR in dB, "psnr_of_mean_mse" the PSNR of
        the mean MSE. Metrics of whole sets have no interval: nan.
    mean, ci_low, ci_high : float
    n_pictures, n_draws : int
        Pictures, and draws of the channel per picture.
    cbr : float
        Channel uses / (3 H W), mean over the pictures, and over the draws where they differ (retransmissions).
    delivered : float
        Share of the transmissions in which the layer arrived.
    """

    scenario: str
    link: str
    layer: int
    value: float
    metric: str
    mean: float
    ci_low: float
    ci_high: float
    n_pictures: int
    n_draws: int
    cbr: float
    delivered: float


def columns(axis: Axis) -> tuple[str, ...]:
    """The columns of the table; that of the values is called like the axis."""
    # On the axis "cbr" that column holds what was asked for; what was used stands beside it.
    own = {"value": axis.name, "cbr": "cbr_used" if axis.name == "cbr" else "cbr"}
    return tuple(own.get(field.name, field.name) for field in fields(Row))


def point_rows(scenario: str, link: str, point: Point, names: Sequence[str], values: np.ndarray) -> list[Row]:
    """The rows of one link at one value of the axis.

    Parameters
    ----------
    scenario, link : str
    point : Point
    names : sequence of str
        Metrics, as in `Sweep.metrics`; "psnr" and "psnr_of_mean_mse" come first in any case.
    values : int64 [P]
        3 H W of every picture.
    """
    names = ["psnr", PSNR_OF_MEAN_MSE, *(m for m in names if m not in ("psnr", PSNR_OF_MEAN_MSE))]
    rows = []
    for index, layer in enumerate(point.layers):
        cbr = float(np.mean(layer.channel_uses / layer.n / values))
        for name in names:
            e = _estimate(layer, name)
            rows.append(
                Row(
                    scenario, link, index, point.value, name, e.mean, e.low, e.high,
                    len(layer.n), point.num_draws, cbr, share_delivered(layer),
                )
            )  # fmt: skip
    return rows


def share_delivered(layer: LayerStatistics) -> float:
    """Mean over the pictures of the share of draws in which the layer arrived."""
    return float(np.mean(layer.delivered / layer.n))


def _estimate(layer: LayerStatistics, name: str) -> Estimate:
    if name == "psnr":
        return psnr_estimate(layer)
    if name == PSNR_OF_MEAN_MSE:
        return psnr_of_mean(estimate(layer.metrics["mse"], layer.n))
    if name in layer.sums:
        metric = metrics.get(name)
        assert isinstance(metric, SetMetric)
        with metric.running("finish"):
            return Estimate(float(metric.finish(layer.sums[name], int(layer.n.sum()))), math.nan)
    return estimate(layer.metrics[name], layer.n)


def to_csv(rows: Iterable[Row], axis: Axis) -> bytes:
    """The table as bytes that depend on nothing but the numbers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns(axis))
    names = [field.name for field in fields(Row)]
    for row in rows:
        cells = [
            value if isinstance(value, (str, int)) else axis.text(value) if name == "value" else f"{value:.6f}"
            for name, value in zip(names, astuple(row), strict=True)
        ]
        writer.writerow(cells)
    return text.getvalue().encode()


def bandwidth_csv(scenario: str, points: Iterable[tuple[str, Point]], axis: Axis) -> bytes:
    """What the channel uses are spent on: one row per link, layer, axis value and item, the mean over the
    pictures and draws.

    Columns: scenario, link, layer, the axis, item, channel_uses, share. Items of a layer add up to its channel uses.

    Returns
    -------
    bytes
        Empty where no link itemises.
    """
    rows = []
    for link, point in points:
        for index, layer in enumerate(point.layers):
            transmissions, total = int(layer.n.sum()), sum(layer.items.values())
            for item, uses in layer.items.items():
                where = [scenario, link, index, axis.text(point.value), item]
                rows.append([*where, f"{uses / transmissions:.4f}", f"{uses / total if total else 0:.6f}"])
    if not rows:
        return b""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scenario", "link", "layer", axis.name, "item", "channel_uses", "share"])
    writer.writerows(rows)
    return text.getvalue().encode()
