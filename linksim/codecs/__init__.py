"""Learned joint source-channel codecs, pure Keras 3: they run under TensorFlow, JAX and PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Codec": "base",
    "DeepJscc": "deepjscc",
    "DeepJsccGdn": "deepjscc_gdn",
    "Gdn": "gdn",
    "PowerNormalization": "symbols",
    "ResidualBlock": "blocks",
    "UpsamplingBlock": "blocks",
    "TrainingChannel": "noise",
    "create": "registry",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    # Keras takes seconds to import: only those who name a codec wait for it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
