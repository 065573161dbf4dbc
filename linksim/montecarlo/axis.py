"""What a sweep runs over: a named list of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linksim.errors import LinksimError
from linksim.montecarlo.values import clean_snrs

_LABELS = {
    "snr_db": "SNR, Es/N0 (dB)",
    "erasure_probability": "erasure probability",
    "bit_error_probability": "bit error probability",
    "cbr": "bandwidth ratio k/n",
}
_PROBABILITIES = ("erasure_probability", "bit_error_probability")
_TAKEN = ("scenario", "link", "layer", "metric", "mean", "ci_low", "ci_high", "n_pictures", "n_draws", "delivered")


@dataclass(frozen=True)
class Axis:
    """What a sweep runs over; links whose `axis` has this name are given the values one by one.

    Parameters
    ----------
    name : str
        Names the column of `curve.csv`: "snr_db", "erasure_probability", "cbr", or one of your own.
    values : sequence of float
        Kept in ascending order, each once.
    label : str, optional
        What figures write below the axis, with the unit.

    Raises
    ------
    LinksimError
        If there is no value, one is not a finite number, or makes no sense on this axis.
    """

    name: str
    values: tuple[float, ...]
    label: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name in _TAKEN:
            raise LinksimError(f"axis {self.name!r} cannot name a column; take a name such as 'snr_db' or 'cbr'")
        values = clean_snrs(self.values) if self.name == "snr_db" else _clean(self.name, self.values)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "label", self.label or _LABELS.get(self.name, self.name.replace("_", " ")))

    def with_values(self, values: Iterable[float]) -> Axis:
        """The same axis with other values."""
        return Axis(self.name, tuple(values), self.label)

    def text(self, value: float) -> str:
        """A value as tables have it.

        Reading it back gives the very same number, except for SNRs, which are written with six digits.
        """
        short = f"{value:g}"
        return short if self.name == "snr_db" or float(short) == value else repr(float(value))

    def title(self, value: float) -> str:
        """A value as the title of a figure has it, with its unit."""
        return f"{value:g} dB" if self.name == "snr_db" else f"{self.label} {value:.4g}"

    def to_dict(self) -> dict[str, object]:
        """As `run.json` has it."""
        return {"name": self.name, "label": self.label, "values": list(self.values)}


def SnrDb(values: Iterable[float]) -> Axis:
    """Es/N0 per channel use before fading, in dB.

    Parameters
    ----------
    values : iterable of float
        Any order; each counts once.
    """
    return Axis("snr_db", values)  # type: ignore[arg-type]


def ErasureProbability(values: Iterable[float]) -> Axis:
    """Probability that a bit or block is erased, from 0 to 1.

    Parameters
    ----------
    values : iterable of float
        Any order; each counts once.
    """
    return Axis("erasure_probability", values)  # type: ignore[arg-type]


def BitErrorProbability(values: Iterable[float]) -> Axis:
    """Probability that a bit is received as the other one, from 0 to 1.

    Parameters
    ----------
    values : iterable of float
        Any order; each counts once.
    """
    return Axis("bit_error_probability", values)  # type: ignore[arg-type]


def Cbr(values: Iterable[float]) -> Axis:
    """Channel uses per picture value, k/n, above 0 (see `linksim.links.along.Along`).

    Parameters
    ----------
    values : iterable of float
        Any order; each counts once.
    """
    return Axis("cbr", values)  # type: ignore[arg-type]


def _clean(name: str, values: Iterable[float]) -> tuple[float, ...]:
    numbers = _numbers(name, values)
    if not numbers:
        raise LinksimError(f"there is no {name} to simulate; give at least one value")
    for number in numbers:
        if not math.isfinite(number):
            raise LinksimError(f"{name} {number} is not a finite number; leave it out")
        if name in _PROBABILITIES and not 0 <= number <= 1:
            raise LinksimError(f"{name} {number:g} is no probability; give values from 0 to 1")
        if name == "cbr" and number <= 0:
            raise LinksimError(f"cbr {number:g} is no bandwidth ratio; give values above 0, such as 1/16")
    return _ascending(numbers)


def _numbers(name: str, values: Iterable[float]) -> list[float]:
    try:
        return [float(value) for value in values]
    except (TypeError, ValueError, OverflowError) as error:
        raise LinksimError(f"{name} is {values!r}; give a list of numbers") from error


def _ascending(numbers: list[float]) -> tuple[float, ...]:
    return tuple(sorted({number + 0.0 for number in numbers}))


class _OfAxis(tuple[float, ...]):
    """SNRs that were taken from an axis, and not given."""


def settled(name: str, axis: Axis | None, snr_db: Sequence[float] | None) -> tuple[Axis, Sequence[float] | None]:
    """The axis of a sweep and its SNRs, each from the other; 0, 1, .. 20 dB where neither is given.

    `dataclasses.replace` hands over both: SNRs that came from the axis of the sweep before give way.

    Parameters
    ----------
    name : str
        Of the sweep, for messages.
    axis : Axis or None
    snr_db : sequence of float or None

    Raises
    ------
    LinksimError
        If SNRs are given beside another axis.
    """
    given = None if isinstance(snr_db, _OfAxis) else snr_db
    if given is not None and axis is not None and axis.name != "snr_db":
        raise LinksimError(f"sweep {name!r} runs over {axis.name} and not over SNRs; give its values by axis")
    if given is not None or axis is None:
        axis = SnrDb(range(0, 21) if given is None else given)
    return axis, _OfAxis(axis.values) if axis.name == "snr_db" else None
