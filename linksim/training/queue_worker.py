"""One recipe of a queue, in a process of its own: `python -m linksim.training.queue_worker`, by `serve` alone."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.scripts import failed
from linksim.training.history import EpochReport
from linksim.training.recipe import Recipe

NICENESS = 19


class _TimeIsUp(Exception):
    """The next epoch would not be finished in time."""


def work(recipe: Recipe, root: Path, until: float) -> None:
    """Train until the recipe ends, or until the next epoch would end after `until`, in seconds since 1970."""
    from linksim.training.run import train

    before = time.time()

    def report(done: EpochReport) -> None:
        nonlocal before
        now = time.time()
        if done.step < recipe.steps and now + (now - before) > until:
            raise _TimeIsUp
        before = now

    try:
        train(recipe, root, report)
    except _TimeIsUp:
        pass


def _end_with(parent: int) -> None:
    """A worker whose queue was killed ends at once, so that a new queue does not meet it; its last epoch is kept."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _step_back() -> None:
    """Lowest priority; on Linux also only what nobody else wants: niceness alone cost work beside it up to 17 %."""
    os.nice(NICENESS)
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Recipe as JSON, folder of runs, end of the time, the queue's process, and the Python file that the recipe is in
    where there is one, on the command line."""
    recipe, root, until, parent, *script = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    _step_back()
    try:
        _work_on(json.loads(recipe), Path(root), float(until), Path(script[0]) if script else None)
    except LinksimError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _work_on(fields: dict[str, Any], root: Path, until: float, script: Path | None) -> None:
    """`work`, on a recipe of linksim's codecs, or on the one of that name in a script."""
    if script is None:
        work(Recipe(**fields), root, until)
        return
    from linksim.training.recipe_files import recipes_in

    recipe = recipes_in(script).get(fields["name"])
    if recipe is None or recipe.to_dict() != fields:
        raise LinksimError(f"{script} has changed since the queue was started; start the queue again")
    try:
        work(recipe, root, until)
    except LinksimError:
        raise
    except Exception as error:  # a codec of that script
        raise failed(script, error) from error


if __name__ == "__main__":
    main()
