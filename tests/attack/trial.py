"""One attack: many tries, each of which ends in a result or in one line, soon, and in little memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from linksim.errors import LinksimError

MOST_SECONDS = 10.0
"""That one try may take, of processor time."""

MOST_MIB = 1024
"""That the process may grow by in all its tries."""


@dataclass
class Outcome:
    """What came of an attack."""

    tries: int = 0
    results: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    grown_mib: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether nothing broke."""
        return not self.broken and self.tries > 0


def tried(count: int, one: Callable[[], str | None]) -> Outcome:
    """Try so many times.

    Parameters
    ----------
    count : int
    one : function
        One try. Says what is wrong with its result, or None; or raises a LinksimError, of one line.
    """
    outcome, begun = Outcome(), time.monotonic()
    before = peak_mib()
    for i in range(count):
        start = time.process_time()
        try:
            wrong = one()
            outcome.results += 1
        except LinksimError as error:
            wrong = "more than one line" if "\n" in str(error) or not str(error) else None
            outcome.refused += 1
        except BaseException as error:  # a panic of a library in another language is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            wrong = f"{type(error).__name__}: {error}"
        took = time.process_time() - start
        outcome.slowest_s = max(outcome.slowest_s, took)
        if took > MOST_SECONDS:
            wrong = f"took {took:.0f} s"
        if wrong is not None and len(outcome.broken) < 20:
            outcome.broken.append(f"try {i}: {wrong}"[:300])
        outcome.tries += 1
    outcome.seconds = time.monotonic() - begun
    outcome.grown_mib = peak_mib() - before
    if outcome.grown_mib > MOST_MIB:
        outcome.broken.append(f"grew by {outcome.grown_mib:.0f} MiB")
    return outcome


def peak_mib() -> float:
    """Largest size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes cut off, flipped, replaced, put in, left out or repeated; half of the time at the front."""
    out = bytearray(data)
    reach = max(1, min(len(out), 90) if rng.integers(2) else len(out))
    kind, at = rng.integers(7), int(rng.integers(reach))
    if kind == 0:
        del out[at:]
    elif kind == 1:
        for place in rng.integers(reach, size=rng.integers(1, 9)):
            out[place] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        out[at:] = rng.bytes(len(out) - at)
    elif kind == 3:
        out[at : at + 4] = rng.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
    elif kind == 4:
        out[at:at] = rng.bytes(int(rng.integers(1, 40)))
    elif kind == 5:
        del out[at : at + int(rng.integers(1, 40))]
    else:
        out += out[at : at + 200] * int(rng.integers(1, 30))
    return bytes(out)
