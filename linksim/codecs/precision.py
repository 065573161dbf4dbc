"""Keras' dtype policy for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made inside the block compute in `policy`, such as "mixed_bfloat16"; afterwards all is as before."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
