"""Which numbers make sense as an SNR."""

from __future__ import annotations

import math

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
