"""What axes and legends say: labels of metrics, columns, axis values and bandwidth ratios."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from linksim import metrics

_NOT_MEASURED_PER_PICTURE = {
    "psnr_of_mean_mse": "PSNR of the mean MSE (dB)",
    "delivered": "share delivered",
    "cbr": "bandwidth ratio k/n (CBR)",
    "bpp": "bits per pixel",
    "training_snr_db": "training SNR (dB)",
    "n_draws": "draws per picture",
    "n_pictures": "pictures",
}
"""Labels of columns, of tags, and of what a table derives from metrics; metrics are labelled by their registry."""


def metric_label(name: str) -> str:
    """The label of a metric, column or tag: "PSNR (dB)"; of one that is not known here, its name."""
    if name in _NOT_MEASURED_PER_PICTURE:
        return _NOT_MEASURED_PER_PICTURE[name]
    if name not in metrics.names():
        return name
    metric = metrics.get(name)
    if metric.label:
        return metric.label
    unit = metric.unit
    plain = name.removesuffix("_db") if unit == "dB" else name
    return plain.replace("_", "-").upper() + (f" ({unit})" if unit else "")


def cbr_text(cbr: float) -> str:
    """A bandwidth ratio as the papers write it: "1/16", "5/12", or "0.073" where it is no such fraction."""
    whole = round(1 / cbr) if cbr > 0 else 0
    if whole and abs(cbr * whole - 1) < 0.02:
        return f"1/{whole}"
    near = Fraction(cbr).limit_denominator(24)
    return str(near) if near and abs(cbr / near - 1) < 0.002 else f"{cbr:.3g}"


def tag_text(tag: str, value: object) -> str:
    """The value of a tag as a legend or title shows it: "CBR 1/16", "trained at 10 dB", or text as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if tag == "cbr":
        return f"CBR {cbr_text(value)}"
    return f"trained at {value:g} dB" if tag == "training_snr_db" else f"{tag.replace('_', ' ')} {value:g}"


def distinct_ratios(values: Collection[float]) -> list[float]:
    """Bandwidth ratios, ascending; those that differ by rounding to whole channel uses only are one."""
    ratios: list[float] = []
    for value in sorted(values):
        if not ratios or value > 1.04 * ratios[-1]:
            ratios.append(value)
    return ratios
