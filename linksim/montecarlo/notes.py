"""What a run says before it begins, of its folder, its pictures and this process."""

from __future__ import annotations

from linksim.montecarlo.entries import other_versions
from linksim.montecarlo.setup import Setup
from linksim.montecarlo.store import Store

_SEVERAL_THREADS = (
    "TensorFlow runs in this process on several threads already: the last bits may differ from those of worker "
    "processes. Set TF_NUM_INTRAOP_THREADS=1 before it starts, or use in_process=False, to have them equal"
)
_SAME_PICTURES = (
    "{} pictures are the same as others of the set, and meet the same noise: intervals count them as others, and are "
    "narrower than they should be"
)


def beforehand(store: Store, setup: Setup, several_threads: bool) -> list[str]:
    """The lines, none where all is as usual.

    Parameters
    ----------
    store : Store
    setup : Setup
    several_threads : bool
        Whether the links run in this process, on several threads.
    """
    again = len(setup.pictures) - len({picture.sha256 for picture in setup.pictures})
    return [
        *store.notes,
        *other_versions(store, setup.links),
        *([_SEVERAL_THREADS] if several_threads else []),
        *([_SAME_PICTURES.format(again)] if again else []),
    ]
