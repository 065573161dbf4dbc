"""What the texts of a sweep's options mean: values of an axis, numbers of pictures, addresses."""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Callable

from linksim.errors import LinksimError
from linksim.montecarlo.values import check_snr_db, clean_snrs

PANEL_PICTURES = "panel"
"""What `--keep-pictures` without a number means: as many pictures as the panel shows."""

MOST_VALUES = 10_000
"""Of an axis, in one first:last:step."""


def check_cluster(address: str) -> None:
    """See that an address may be that of a Dask scheduler, and that Dask is installed.

    Raises
    ------
    LinksimError
        If not.
    """
    if importlib.util.find_spec("distributed") is None:
        raise LinksimError("--cluster needs dask.distributed; pip install 'linksim[cluster]'")
    if address != "local" and not re.fullmatch(r"([a-z]+://)?[^/\s]+:\d+/?", address):
        raise LinksimError(f"--cluster {address}: give the address of a Dask scheduler, tcp://HOST:8786, or local")


def parse_keep_pictures(text: str) -> int:
    """A number of pictures; 1, or as many as the panel shows, for "panel".

    Raises
    ------
    LinksimError
        If it is neither.
    """
    if text == PANEL_PICTURES:
        return 1
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise LinksimError(f"--keep-pictures {text}: give a number of pictures from 1 up, or none")
    return int(text)


def parse_snr(text: str) -> tuple[float, ...]:
    """SNRs in dB from "first:last:step", "first:last" (step 1) or "a,b,c"; parts may be mixed.

    Raises
    ------
    LinksimError
        If it is none of these, or a value is not finite.
    """
    return clean_snrs(parse_values("--snr", text, check_snr_db))


def parse_values(option: str, text: str, check: Callable[[float], float] = float) -> list[float]:
    """Numbers from "first:last:step", "first:last" (step 1) or "a,b,c"; parts may be mixed.

    Parameters
    ----------
    option : str
        What the message calls it.
    text : str
    check : function of a number
        Raises a LinksimError for numbers that make no sense.

    Raises
    ------
    LinksimError
        If it is none of these.
    """
    values: list[float] = []
    for part in text.split(","):
        try:
            numbers = [float(number) for number in part.split(":")]
        except ValueError as error:
            raise LinksimError(f"{option} {text}: {part!r} is not understood; give 0:20:2 or 0,5,10") from error
        for number in numbers:
            check(number)
        if len(numbers) == 1:
            values += numbers
            continue
        first, last, step = (*numbers, 1.0)[:3]
        if len(numbers) > 3 or not step > 0 or not last >= first or math.isinf(last - first):
            raise LinksimError(f"{option} {text}: {part!r} must be first:last:step with first <= last and step > 0")
        count = (last - first) / step + 1e-9
        if count > MOST_VALUES:
            raise LinksimError(f"{option} {text}: that is more than {MOST_VALUES} values; give a wider step")
        values += [round(first + i * step, 9) for i in range(int(count) + 1)]
    return values
