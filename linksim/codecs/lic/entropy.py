"""Whole numbers to bytes and back under mixtures whose parameters are whole numbers themselves: exact at both ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from linksim.codecs.lic.mixture import ESCAPE, WINDOW, frequencies
from linksim.errors import LinksimError

VERSION = 2
"""Raised whenever the same symbols become other bytes."""

LARGEST = 1 << 14
"""Magnitude of a symbol: what lies beyond the window is sent in a fixed number of bits."""

_AT_ONCE = 1 << 15
"""Symbols whose alphabets are in memory at a time: 17 MB of float32."""


def _stream() -> Any:
    """The entropy coder's module; not where there is only training, as in a kit."""
    import constriction

    return constriction.stream


def _alphabets() -> Any:
    # Not "perfect": its probabilities are then rounded sums in a fixed order, nothing is searched.
    return _stream().model.Categorical(perfect=False)


def _beyond() -> Any:
    return _stream().model.Uniform(2 * LARGEST + 1)


def _parts(parameters: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Alphabets of some symbols at a time, as the coder takes them: float32 with whole numbers below 2**24."""
    for start in range(0, len(parameters), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        counts, middle = frequencies(parameters[part])
        yield part, counts.astype(np.float32), middle


class Encoder:
    """Codes arrays of whole numbers, one after the other."""

    def __init__(self) -> None:
        self._coder = _stream().queue.RangeEncoder()

    def write(self, values: np.ndarray, parameters: np.ndarray) -> None:
        """Append values.

        Parameters
        ----------
        values : whole numbers [n], magnitudes up to LARGEST
        parameters : whole numbers [n, 9]
            See `linksim.codecs.lic.mixture.weights_means_scales`.
        """
        for part, counts, middle in _parts(parameters):
            apart = values[part] - middle
            beyond = np.abs(apart) > WINDOW
            symbols = np.where(beyond, ESCAPE, apart + WINDOW).astype(np.int32)
            self._coder.encode(symbols, _alphabets(), counts)
            if beyond.any():
                rest = (values[part][beyond] + LARGEST).astype(np.int32)
                self._coder.encode(rest, _beyond())

    def finish(self) -> bytes:
        """All bytes, without the zeros at their end."""
        return self._coder.get_compressed().astype("<u4").tobytes().rstrip(b"\0")


class Decoder:
    """Reads what an `Encoder` wrote.

    Parameters
    ----------
    data : bytes
        Any: what was not written by an encoder gives symbols all the same, or an error.
    """

    def __init__(self, data: bytes) -> None:
        padded = data + bytes(-len(data) % 4)
        self._coder = _stream().queue.RangeDecoder(np.frombuffer(padded, "<u4").astype(np.uint32))

    def read(self, parameters: np.ndarray) -> np.ndarray:
        """The next values, int64 `[n]`, for parameters `[n, 9]`.

        Raises
        ------
        LinksimError
            If the bytes are damaged in a way that shows.
        """
        values = np.empty(len(parameters), np.int64)
        for part, counts, middle in _parts(parameters):
            symbols = self._decode(lambda counts=counts: self._coder.decode(_alphabets(), counts))
            found = symbols.astype(np.int64) - WINDOW + middle
            beyond = symbols == ESCAPE
            if beyond.any():
                count = int(beyond.sum())
                rest = self._decode(lambda count=count: self._coder.decode(_beyond(), count))
                found[beyond] = rest.astype(np.int64) - LARGEST
            values[part] = found
        return np.clip(values, -LARGEST, LARGEST)

    @staticmethod
    def _decode(read: Callable[[], np.ndarray]) -> np.ndarray:
        try:
            return np.asarray(read())
        except AssertionError as error:
            raise LinksimError("the stream is damaged; send it again") from error
