"""linksim: what picture comes out when this picture is sent over this channel in this much bandwidth.

The names below are imported when they are first used: TensorFlow and Sionna take seconds to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "AnalogLink": "linksim.links.analog",
    "BestOf": "linksim.links.best_of",
    "CapacityLink": "linksim.links.capacity",
    "SeparationLink": "linksim.links.separation",
    "Sweep": "linksim.montecarlo",
    "LinksimError": "linksim.errors",
}
_PACKAGES = ("codecs", "images", "links", "metrics", "montecarlo", "phy", "plots", "source", "training", "zoo")

__all__ = [*_HOME, *_PACKAGES]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"linksim.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'linksim' has no attribute {name!r}")
