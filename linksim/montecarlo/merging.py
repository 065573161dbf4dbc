"""Results of several machines in one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import RESULT_REMEDY, prepare_folder, write_atomically
from linksim.messages import tell
from linksim.montecarlo.records import read_line, read_statistics
from linksim.montecarlo.store import Store


def merge(sources: Sequence[str | Path], target: str | Path) -> int:
    """Add the units of some result folders to another.

    Units that the target has already are left out, so merging twice changes nothing. The sources
    are only read; lines say what of them is left out, and why.

    Running the scenario with `--out target` then simulates what is still missing and
    writes the table and the figures.

    Parameters
    ----------
    sources : sequence of path
        Result folders, each with a subfolder `units`.
    target : path
        Result folder; made if there is none.

    Returns
    -------
    int
        Number of units that the target holds now.

    Raises
    ------
    LinksimError
        If a source holds no units or is damaged, the target is no folder, or two folders disagree about a unit.
        Then the target is as it was.
    """
    if Path(target).exists() and not Path(target).is_dir():
        raise LinksimError(f"{target} is a file; name a folder that is to receive the units")
    stores = []
    for source in sources:
        folder = Path(source)
        if not (folder / "units").is_dir():
            raise LinksimError(f"{folder} holds no units; give the result folder of a sweep, the one with units/ in it")
        stores.append(Store(folder))
    target = Path(target)
    merged = Store(target)
    new, known = [], 0
    for store in stores:
        for record in store.records:
            if merged.add(record):
                read_statistics(record)  # a line with a right checksum may hold anything
                new.append(record)
            else:
                known += 1
    for note in (note for store in [*stores, merged] for note in store.notes):
        tell(note)
    if known:
        tell(f"{known} {'unit is' if known == 1 else 'units are'} left out: {target} has them, or an earlier source")
    if new:
        prepare_folder(target / "units")
        lines = b"".join(
            read_line(record) + b"\n" for record in sorted(new, key=lambda record: (record.id, record.metrics))
        )
        # named by content: two merges at once write the same file, not two
        name = f"merged-{hashlib.sha256(lines).hexdigest()[:16]}.jsonl"
        write_atomically(target / "units" / name, lines, RESULT_REMEDY)
    return len(merged)
