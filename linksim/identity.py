"""Digests and fingerprints: when two things are the same, so that a stored result may be used again.

One rule everywhere. What can change a result has a method `fingerprint()`. It is made of

- a kind, which is a name;
- `VERSION`, an integer that stands beside the code it speaks for and is raised when that code gives
  something else (`tests/golden/` notices when that was forgotten);
- its parameters, and digests of its weights or tables;
- the fingerprints of its parts.

Source text is never hashed: an edited comment invalidates nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Identified(Protocol):
    """Whatever can change a result."""

    def fingerprint(self) -> str:
        """Hex digest of all that can change what it gives."""


def fingerprint(kind: str, version: int, **parts: Any) -> str:
    """The fingerprint of something, from its version and what it is made of.

    Parameters
    ----------
    kind : str
        What it is, such as "awgn" or "separation link".
    version : int
        `VERSION` of the code that it stands for.
    **parts
        Plain values (as JSON holds them, fractions and tuples too), and parts with a `fingerprint()`.

    Returns
    -------
    str
        64 hex digits, whatever the order of the parts.

    Raises
    ------
    TypeError
        If a part is neither.
    """
    return digest({"kind": kind, "version": version, "parts": parts})


def digest(value: Any) -> str:
    """SHA-256 in hex of plain values and of parts with a `fingerprint()`, whatever the order of keys.

    Raises
    ------
    TypeError
        If a value is neither.
    """
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def digest_bytes(chunks: Iterable[bytes | memoryview]) -> str:
    """SHA-256 in hex of bytes, one after the other."""
    h = hashlib.sha256()
    for chunk in chunks:
        h.update(chunk)
    return h.hexdigest()


def stored_digest(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 of weights in their order, each as float16, hex.

    Weights files hold float16: so it is one digest for weights in a file, however that is packed or shared, and for a
    codec that was filled with them.
    """
    h = hashlib.sha256()
    for array in arrays:
        with np.errstate(over="ignore"):
            h.update(np.asarray(array, dtype=np.float16).tobytes())
    return h.hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(item) for item in value]
    if isinstance(value, Identified):
        return value.fingerprint()
    raise TypeError(f"{type(value).__name__} has no fingerprint(); give plain values or parts that have one")
