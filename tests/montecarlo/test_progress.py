"""What a run says where there is no terminal."""

import rich.console

from linksim.montecarlo import progress
from linksim.montecarlo.progress import ProgressBar


class Clock:
    """A clock that a test moves."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_a_log_file_has_a_line_every_half_minute(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    with ProgressBar("s", 40) as bar:
        bar.begin(10.0)  # found in the store
        for second in range(1, 71):
            clock.now = 1000.0 + second
            bar.unit()
            if bar.due:
                bar.draw(10.0 + second / 6)
    assert capsys.readouterr().err.splitlines() == [
        "linksim: s: 15.0 of 40 points, 30 units, 1.0 units/s, about 2 min left",
        "linksim: s: 20.0 of 40 points, 60 units, 1.0 units/s, about 2 min left",
    ]


def test_whoever_asks_for_silence_has_it(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    with ProgressBar("s", 40, show=False) as bar:
        bar.begin(0.0)
        clock.now += 3600
        assert not bar.due
        bar.draw(10.0)
    assert capsys.readouterr().err == ""


def test_nothing_gained_is_no_time_left(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    with ProgressBar("s", 40) as bar:
        bar.begin(3.0)
        clock.now += 31
        bar.draw(3.0)
    assert "time left not known yet" in capsys.readouterr().err


def test_a_terminal_has_a_bar_and_a_notebook_lines(monkeypatch, capsys):
    """In notebooks a bar of rich is nothing at all without ipywidgets; whoever asks for one has it."""
    clock = Clock(monkeypatch)
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes standard error for a terminal
    for notebook, show, has_line in ((False, None, False), (True, None, True), (False, True, False)):
        monkeypatch.setattr(rich.console, "_is_jupyter", lambda notebook=notebook: notebook)
        with ProgressBar("s", 40, show) as bar:
            bar.begin(0.0)
            clock.now += 31
            bar.draw(10.0)
        assert ("linksim: s: 10.0 of 40 points" in capsys.readouterr().err) == has_line
