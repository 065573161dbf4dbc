"""Monte Carlo: sweeps of links over SNRs (or another axis), pictures and draws of the channel.

`Sweep` cuts the work into units (`unit`), runs them in this process, in worker processes or on a
cluster (`execute`, `cluster`), adds up what they measured (`statistics`), stops each point when its
confidence interval is narrow enough (`stopping`), and keeps every finished unit in an append-only
store (`store`), from which the table and the figures are derived (`result`).

Importing this package is cheap: pandas, matplotlib and rich are imported where they are used,
TensorFlow never.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "axis": ["Axis", "BitErrorProbability", "Cbr", "ErasureProbability", "SnrDb"],
        "merging": ["merge"],
        "options": ["Options"],
        "script": ["run_with_options"],
        "result": ["Result"],
        "sweep": ["Sweep"],
    },
)
