"""Results kept in memory while there is room: for what is asked again and again, and is slow to make."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Remembered:
    """The results asked for last, within a number of bytes; a copy in another process begins with none.

    Parameters
    ----------
    limit : int
        Bytes. One result alone may have more.
    """

    def __init__(self, limit: int):
        self._limit, self._bytes = limit, 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {"_limit": self._limit, "_bytes": 0, "_kept": OrderedDict()}

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result kept under a key, or else what `make` gives now."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        value = make()
        size = _bytes(value)
        self._kept[key] = value, size
        self._bytes += size
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        return value


def _bytes(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(map(_bytes, value))
    if isinstance(value, (int, float, type)):
        return 0
    return len(value) if isinstance(value, bytes) else int(value.nbytes)
