"""linksim: what picture comes out when this picture is sent over this channel in this much bandwidth.

The names below are imported when they are first used: TensorFlow and Sionna take seconds to load.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={
        "cli",
        "codecs",
        "images",
        "links",
        "metrics",
        "montecarlo",
        "phy",
        "report",
        "source",
        "training",
        "zoo",
    },
    submod_attrs={
        "errors": ["LinksimError"],
        "links.along": ["Along"],
        "links.analog": ["AnalogLink"],
        "links.best_of": ["BestOf"],
        "links.capacity": ["CapacityLink"],
        "links.separation": ["SeparationLink"],
        "montecarlo": ["Sweep"],
        "montecarlo.comparison": ["compare"],
        "montecarlo.axis": ["BitErrorProbability", "Cbr", "ErasureProbability", "SnrDb"],
        "report": ["Curves", "Panel", "Preferences", "Table"],
        "training.own": ["train"],
    },
)
