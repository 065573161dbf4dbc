"""Metrics: a number per picture that says how well it was reconstructed."""

from linksim.metrics import bits, error, perceptual, similarity  # noqa: F401  (they register their metrics)
from linksim.metrics.base import AnyMetric, Metric, get, names, register
from linksim.metrics.fid import Fid
from linksim.metrics.sets import SetMetric
from linksim.pixels import PSNR_CAP_DB, psnr_of_mse

__all__ = ["PSNR_CAP_DB", "AnyMetric", "Fid", "Metric", "SetMetric", "get", "names", "psnr_of_mse", "register"]
