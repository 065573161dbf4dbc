"""Which numbers make sense as SNRs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from linksim.errors import LinksimError

MAX_SNR_DB = 200.0
"""Far beyond any system; more would leave the range of single precision, in which symbols and noise are computed."""


def check_snr_db(number: float) -> float:
    """The SNR in dB, if it is one.

    Raises
    ------
    LinksimError
        If it is not finite, or beyond +-200 dB.
    """
    if not math.isfinite(number):
        raise LinksimError(f"SNR {number} dB is not a finite number; give values such as 0:20:2 or 0,5,10")
    if abs(number) > MAX_SNR_DB:
        raise LinksimError(f"SNR {number:g} dB is out of range; give values from {-MAX_SNR_DB:g} to {MAX_SNR_DB:g} dB")
    return number


def clean_snrs(values: Iterable[float]) -> tuple[float, ...]:
    """SNRs in dB as floats, ascending, each once.

    Raises
    ------
    LinksimError
        If there are none, or one makes no sense.
    """
    try:
        numbers = [check_snr_db(float(value)) for value in values]
    except LinksimError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise LinksimError(f"snr_db is {values!r}; give a list of numbers in dB") from error
    if not numbers:
        raise LinksimError("there is no SNR to simulate; give values such as 0:20:2 or 0,5,10")
    return tuple(sorted({number + 0.0 for number in numbers}))
