"""What a run says while it runs: a bar on a terminal, a line every half minute elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from linksim.messages import LINE_S, tell, terminal, time_left


class ProgressBar:
    """Counts finished points and units; on a terminal a bar with rate and time left, elsewhere a line now and then.

    Parameters
    ----------
    name : str
        Of the sweep.
    num_points : int
    show : bool, optional
        False for silence, True for a bar anywhere; None for a bar on a terminal, and elsewhere a line every half
        minute.
    """

    def __init__(self, name: str, num_points: int, show: bool | None = None):
        self._name = name
        self._num_points = num_points
        self._show = show
        self._units = 0
        self._started = time.monotonic()
        self._last = self._told = self._started
        self._before: float | None = None
        self._bar = None
        self._task = None

    def __enter__(self) -> ProgressBar:
        if self._show is False:
            return self
        from rich.console import Console

        console = Console(stderr=True) if self._show else terminal()
        if console is not None:
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                console=console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._name, total=1.0, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note(self, text: str) -> None:
        """One line to the user, above the bar."""
        if self._show is False:
            return
        if self._bar is not None:
            self._bar.console.print(f"linksim: {text}", markup=False, highlight=False, soft_wrap=True)
        else:
            tell(text)

    @property
    def due(self) -> bool:
        """Whether it is time to draw the bar again, or for the next line."""
        if self._bar is None:
            return self._show is not False and time.monotonic() - self._told >= LINE_S
        return time.monotonic() - self._last > 0.1

    def unit(self) -> None:
        """A unit was run (not found in the store)."""
        self._units += 1

    def begin(self, points_done: float, work_done: float | None = None) -> None:
        """Work begins: what is done by now was found in the store, and says nothing of the speed.

        Parameters
        ----------
        points_done, work_done
            As for `draw`.
        """
        self._before, self._started = self._work(points_done, work_done), time.monotonic()

    def draw(self, points_done: float, work_done: float | None = None) -> None:
        """Draw the bar, or say a line if it is time for one.

        Parameters
        ----------
        points_done : float
            Finished points, unfinished ones by their estimated share.
        work_done : float, optional
            Share of the time that all of it takes, from 0 to 1; that of the points by default.
        """
        work_done = self._work(points_done, work_done)
        if not self.due and self._bar is None:
            return
        self._last = time.monotonic()
        rate = f"{self._units / max(self._last - self._started, 1e-9):.1f} units/s"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=work_done, rate=rate)
            return
        self._told = self._last
        share = f"{self._name}: {points_done:.1f} of {self._num_points} points"
        tell(f"{share}, {self._units} units, {rate}, {self._left(work_done)}")

    def _work(self, points_done: float, work_done: float | None) -> float:
        return points_done / max(self._num_points, 1) if work_done is None else work_done

    def _left(self, work_done: float) -> str:
        """The time that is left if work goes on as since it began."""
        gained = work_done - (self._before or 0.0)
        if gained <= 0:
            return "time left not known yet"
        seconds = (self._last - self._started) * (1 - work_done) / gained
        return time_left(seconds)
