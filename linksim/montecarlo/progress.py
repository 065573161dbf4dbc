"""What a run says while it runs: a bar on a terminal, next to nothing elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from linksim.messages import tell


class ProgressBar:
    """Counts finished points and units; a bar with rate and time left on a terminal.

    Parameters
    ----------
    name : str
        Of the sweep.
    num_points : int
    show : bool, optional
        True or False; None shows the bar on a terminal or in a notebook only.
    """

    def __init__(self, name: str, num_points: int, show: bool | None = None):
        self._name = name
        self._num_points = num_points
        self._show = show
        self._units = 0
        self._started = time.monotonic()
        self._last = 0.0
        self._bar = None
        self._task = None

    def __enter__(self) -> ProgressBar:
        if self._show is False:
            return self
        from rich.console import Console

        console = Console(stderr=True)
        if self._show or console.is_terminal or console.is_jupyter:
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
            self._task = self._bar.add_task(self._name, total=self._num_points, rate="")
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
        """Whether it is time to draw the bar again."""
        return self._bar is not None and time.monotonic() - self._last > 0.1

    def unit(self) -> None:
        """A unit was run (not found in the store)."""
        self._units += 1

    def draw(self, points_done: float) -> None:
        """Draw the bar.

        Parameters
        ----------
        points_done : float
            Finished points, unfinished ones by their estimated share.
        """
        if self._bar is None or self._task is None:
            return
        self._last = time.monotonic()
        rate = self._units / max(self._last - self._started, 1e-9)
        self._bar.update(self._task, completed=points_done, rate=f"{rate:.1f} units/s")
