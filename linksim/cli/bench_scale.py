"""`linksim bench --scale`: what the harness itself costs, by a link that costs nothing, as sweeps grow."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim.cli.measuring import Measurement
from linksim.identity import fingerprint
from linksim.images.picture import Picture, PictureSet
from linksim.links.base import Bandwidth, Link, Outcomes, Reception

if TYPE_CHECKING:
    from linksim.montecarlo import Sweep

SIZES = (1_000, 10_000, 100_000)
"""Units of a sweep."""

_PICTURES = (10, 100, 1_000)
_SETS = (500, 5_000)
_DRAWS = (2, 32, 512)
_VALUES = 100


class Free(Link):
    """Gives back what it was given, one outcome for all draws, so that only the harness takes time.

    Parameters
    ----------
    number : int
        Tells links apart.
    at_a_time : int
        Pictures of 8x8 in a unit.
    """

    def __init__(self, number: int = 0, at_a_time: int = 1):
        self.name = f"free {number}"
        self.number = number
        self.max_pixels = 64 * at_a_time

    def fingerprint(self) -> str:
        return fingerprint("free link", 1, number=self.number, at_a_time=self.max_pixels // 64)

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        count = len(pictures)
        outcomes = Outcomes(
            np.arange(count),
            np.full(count, len(draws)),
            np.ones(count, bool),
            np.stack([p.pixels for p in pictures]) // 2,
        )
        return Reception([[outcomes]], [[Bandwidth(10)] * count])


def pictures_of(count: int) -> PictureSet:
    """Pictures of 8x8, all different."""
    generator = np.random.default_rng(0)
    return PictureSet("bench", [Picture(f"{i}", generator.integers(0, 256, (8, 8, 3), np.uint8)) for i in range(count)])


def sweep_of(units: int, out: Path) -> Sweep:
    """A sweep of about so many units, one picture and two draws each: ten links and ten pictures, at more and more
    SNRs."""
    from linksim.montecarlo import Sweep

    values = np.linspace(0, 20, max(1, units // 100)).tolist()
    links = [Free(i) for i in range(10)]
    return Sweep("scale", links, pictures_of(10), values, ci_half_width=None, max_draws=2, out=out, figures=[])


def scale(units: Sequence[int] = SIZES, workers: Sequence[int] = (2,)) -> Iterator[Measurement]:
    """Everything, from the quickest to the longest.

    Parameters
    ----------
    units : sequence of int
        Sizes of the sweeps that are run and resumed.
    workers : sequence of int
        Numbers of worker processes.
    """
    yield from per_unit()
    yield from large_sets()
    yield from in_workers(workers)
    for size in units:
        yield from resume(size)


def large_sets() -> list[Measurement]:
    """Milliseconds that a stored unit of one picture takes again, in small and in large sets of pictures."""
    from linksim.montecarlo import Sweep

    found = []
    for count in _SETS:
        with tempfile.TemporaryDirectory() as folder:
            sweep = Sweep(
                "scale", [Free()], pictures_of(count), [0.0], ci_half_width=None, max_draws=2, out=folder, figures=[]
            )
            sweep.run(progress=False)
            seconds = _timed(partial(sweep.run, progress=False))
        found.append(Measurement(f"stored unit of 1 picture, of a set of {count:,}", 1e3 * seconds / count, "ms"))
    return found


def per_unit() -> list[Measurement]:
    """Milliseconds of one unit in this process, its share of the tables that a run writes included, against its
    pictures and draws."""
    from linksim.montecarlo import Sweep

    found = []

    def measure(what: str, pictures: int, draws: int) -> None:
        set_of, values = pictures_of(pictures), list(range(_VALUES))
        with tempfile.TemporaryDirectory() as folder:
            sweep = Sweep(
                "scale", [Free(at_a_time=pictures)], set_of, values, ci_half_width=None, max_draws=draws, out=folder
            )
            seconds = _timed(lambda: sweep.run(progress=False))
            count, size = _stored(Path(folder))
        found.append(Measurement(f"unit of {what}", 1e3 * seconds / count, "ms"))
        found.append(Measurement(f"unit of {what}, stored", size / count, "bytes"))

    with tempfile.TemporaryDirectory() as folder:  # what is imported on first use counts for none of them
        sweep_of(200, Path(folder)).run(progress=False)
    for pictures in _PICTURES:
        measure(f"{pictures} pictures, 2 draws", pictures, 2)
    for draws in _DRAWS:
        measure(f"10 pictures, up to {draws} draws", 10, draws)
    return found


def in_workers(workers: Sequence[int]) -> list[Measurement]:
    """Units per second by the clock, of this process and of worker processes, their start left out."""
    found = []
    for number in (1, *workers):
        wall, own = np.subtract(_run_in(number, 2_000), _run_in(number, 1_000))
        name = "this process" if number == 1 else f"{number} worker processes"
        found.append(Measurement(f"units that cost nothing, {name}", 1_000 / max(float(wall), 1e-3), "units/s"))
        if number > 1:
            found.append(Measurement(f"handing out and keeping a unit, {name}", max(float(own), 0.0), "ms of CPU"))
    return found


def _run_in(workers: int, units: int) -> tuple[float, float]:
    """Seconds by the clock, and of CPU in this process, of a sweep of so many units."""
    with tempfile.TemporaryDirectory() as folder:
        start, own = time.perf_counter(), time.process_time()
        sweep_of(units, Path(folder)).run(workers=workers, progress=False)
        return time.perf_counter() - start, time.process_time() - own


def resume(units: int) -> list[Measurement]:
    """A finished sweep of so many units: what it takes on disk, and what a process needs that runs it again."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = _timed(lambda: sweep_of(units, Path(folder)).run(progress=False))
        count, size = _stored(Path(folder))
        again, memory = _in_fresh_process(units, folder)
    what = f"{count:,} units"
    return [
        Measurement(f"{what}: run", seconds, "s"),
        Measurement(f"{what}: store", size / 1e6, "MB"),
        Measurement(f"{what}: resume", again, "s"),
        Measurement(f"{what}: memory of the process that resumes, above its start", memory, "MB"),
    ]


_AGAIN = """
import time
from pathlib import Path
from linksim.cli.bench_scale import peak_memory, sweep_of
import linksim.montecarlo.result, pandas
sweep, before, start = sweep_of({units}, Path({folder!r})), peak_memory(), time.process_time()
sweep.run(progress=False)
print(time.process_time() - start, (peak_memory() - before) / 1e6)
"""


def peak_memory() -> float:
    """The most memory that this process has held so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` says on Linux began before this program, in its parent
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return 1024 * float(line.split()[1])
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _in_fresh_process(units: int, folder: str) -> tuple[float, float]:
    """Seconds, and megabytes by which the memory grew."""
    script = _AGAIN.format(units=units, folder=folder)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def _stored(folder: Path) -> tuple[int, int]:
    """Units in a store, and its bytes."""
    files = list((folder / "units").glob("*.jsonl"))
    return sum(path.read_bytes().count(b"\n") for path in files), sum(path.stat().st_size for path in files)


def _timed(work: Callable[[], object]) -> float:
    """Seconds of CPU of this process, so that others on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start
