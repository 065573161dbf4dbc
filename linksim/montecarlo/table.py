"""The table of results: one row per link, layer, SNR and metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

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
    metric : str
        "psnr" is the mean over pictures and draws of the PSNR in dB, "psnr_of_mean_mse" the PSNR of
        the mean MSE.
    mean, ci_low, ci_high : float
    n_pictures, n_draws : int
        Pictures, and draws of the channel per picture.
    cbr : float
        Channel uses / (3 H W), mean over the pictures.
    delivered : float
        Share of the transmissions in which the layer arrived.
    """

    scenario: str
    link: str
    layer: int
    snr_db: float
    metric: str
    mean: float
    ci_low: float
    ci_high: float
    n_pictures: int
    n_draws: int
    cbr: float
    delivered: float


COLUMNS = tuple(field.name for field in fields(Row))


def point_rows(scenario: str, link: str, point: Point, metrics: Sequence[str], values: np.ndarray) -> list[Row]:
    """The rows of one link at one SNR.

    Parameters
    ----------
    scenario, link : str
    point : Point
    metrics : sequence of str
        As `Sweep.metrics`; "psnr" and "psnr_of_mean_mse" come first in any case.
    values : int64 [P]
        3 H W of every picture.
    """
    names = ["psnr", PSNR_OF_MEAN_MSE, *(m for m in metrics if m not in ("psnr", PSNR_OF_MEAN_MSE))]
    rows = []
    for index, layer in enumerate(point.layers):
        cbr = float(np.mean(layer.channel_uses / layer.n / values))
        for name in names:
            e = _estimate(layer, name)
            rows.append(
                Row(
                    scenario, link, index, point.snr_db, name, e.mean, e.low, e.high,
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
    return estimate(layer.metrics[name], layer.n)


def to_csv(rows: Iterable[Row]) -> bytes:
    """The table as bytes that depend on nothing but the numbers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [
            value if isinstance(value, (str, int)) else f"{value:g}" if name == "snr_db" else f"{value:.6f}"
            for name, value in zip(COLUMNS, astuple(row))
        ]
        writer.writerow(cells)
    return text.getvalue().encode()
