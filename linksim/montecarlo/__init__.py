"""Monte Carlo: sweeps of links over SNRs, pictures and draws of the channel.

`Sweep` cuts the work into units (`unit`), runs them in this process, in worker processes or on a
cluster (`execute`, `cluster`), adds up what they measured (`statistics`), stops each point when its
confidence interval is narrow enough (`stopping`), and keeps every finished unit in an append-only
store (`store`), from which the table and the figures are derived (`result`).

Importing this package is cheap: pandas, matplotlib and rich are imported where they are used,
TensorFlow never.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linksim.montecarlo.merging import merge
    from linksim.montecarlo.options import Options, run_with_options
    from linksim.montecarlo.result import Result
    from linksim.montecarlo.sweep import Sweep

_WHERE = {
    "Sweep": "sweep",
    "Result": "result",
    "Options": "options",
    "run_with_options": "options",
    "merge": "merging",
}

__all__ = ["Options", "Result", "Sweep", "merge", "run_with_options"]


def __getattr__(name: str) -> object:
    if name in _WHERE:
        value = getattr(import_module(f"linksim.montecarlo.{_WHERE[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
