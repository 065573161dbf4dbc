"""The loop of a sweep: lay out rounds, take what is stored, run the rest, keep it."""

from __future__ import annotations

import contextlib
import heapq
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace

from linksim.montecarlo.execute import Pool
from linksim.montecarlo.interrupt import heeding_interrupt
from linksim.montecarlo.point import Point
from linksim.montecarlo.progress import ProgressBar
from linksim.montecarlo.store import Store
from linksim.montecarlo.unit import Place, WorkUnit

_CHEAP = 0.03
"""Time of a point whose draws cost next to nothing, as a share of that of others; only the time left is told by it."""


def simulate(
    points: Sequence[Point],
    names: dict[str, str],
    store: Store,
    make_pool: Callable[[int], Pool],
    progress: ProgressBar,
    so_far: Callable[[bool], None] = lambda at_once: None,
) -> int:
    """Simulate every point until it stops.

    A unit of which some metrics are stored is run again for the others only.

    Points come in the order given, link by link, so that what a link remembers of a picture (its
    encoded symbols, its compiled graphs) serves all values of the axis.

    Parameters
    ----------
    points : sequence of Point
    names : dict of fingerprint to name of the link
    store : Store
        Finished units are taken from it and added to it.
    make_pool : function of a number of units
        Called only if anything is missing, with how much of the first rounds is: workers take seconds to start.
    progress : ProgressBar
    so_far : function of a bool, optional
        Called after each unit, and with True where the run stops before its end.

    Returns
    -------
    int
        Number of units that were run.
    """
    queue: list[tuple[int, int, WorkUnit]] = []
    in_flight: dict[Place, Point] = {}
    wanted: dict[Place, WorkUnit] = {}
    position = {id(point): i for i, point in enumerate(points)}
    shares = [0.0] * len(points)
    costs = [_CHEAP if point.is_cheap else 1.0 for point in points]
    count = 0

    def done() -> tuple[float, float]:
        """Points, and share of the work."""
        return sum(shares), sum(map(operator.mul, shares, costs)) / sum(costs)

    def advance(point: Point) -> None:
        """Walk through rounds whose units are all stored; queue what is missing of the next."""
        while point.stopped is None:
            missing = []
            for unit in point.next_round():
                statistics, metrics = store.get(unit)
                if metrics or statistics is None:
                    wanted[unit.place] = unit
                    missing.append(replace(unit, metrics=metrics))
                else:
                    point.finish(unit, statistics)
            if missing:
                for n, unit in enumerate(missing):
                    heapq.heappush(queue, (position[id(point)], n, unit))
                break
        shares[position[id(point)]] = point.progress

    for point in points:
        advance(point)
    if note := _left_out(points, store):
        progress.note(note)
    if not queue:
        progress.draw(*done())
        return 0
    with heeding_interrupt() as check_interrupt:
        pool = make_pool(len(queue))
        progress.begin(*done())
        try:
            while queue or in_flight:
                check_interrupt()
                while queue and len(in_flight) < pool.capacity:
                    place, _, unit = heapq.heappop(queue)
                    in_flight[unit.place] = points[place]
                    pool.submit(unit)
                for unit, statistics in pool.completed():
                    store.append(unit, names[unit.fingerprint], statistics)
                    whole = wanted.pop(unit.place)
                    if unit.metrics != whole.metrics:  # the others were stored before
                        statistics = store.get(whole)[0] or statistics
                    count += 1
                    progress.unit()
                    point = in_flight.pop(unit.place)
                    if point.finish(whole, statistics):
                        advance(point)
                    so_far(False)
                if progress.due:
                    progress.draw(*done())
        except BaseException:
            with contextlib.suppress(Exception):  # what stopped it is what is said
                so_far(True)
            raise
        finally:
            pool.close()
            store.close()
    progress.draw(*done())
    return count


def _left_out(points: Sequence[Point], store: Store) -> str | None:
    """What to say of points that an earlier run with a higher limit has sent more often."""
    there = [p for p in points if p.stopped != "target" and all(u.id in store for u in p.beyond_limit())]
    if not there:
        return None
    points_have = "1 point has" if len(there) == 1 else f"{len(there)} points have"
    return (
        f"{points_have} more draws stored than the {there[0].max_draws} that are used; raise --draws, or max_draws, to "
        "have them back"
    )
