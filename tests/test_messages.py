"""Long work says how far it is, short work says nothing."""

import pytest
import rich.console

from linksim import messages
from linksim.messages import Ticker, tell, terminal, time_left


def test_a_line_goes_to_standard_error(capsys):
    tell("hello")
    assert capsys.readouterr() == ("", "linksim: hello\n")


def test_short_work_says_nothing_and_long_work_every_few_seconds(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(messages.time, "monotonic", lambda: now[0])
    tick = Ticker("pictures coded")
    for done in range(1, 11):
        now[0] += 1.5
        tick(done, 10)
    assert capsys.readouterr().err == "linksim: pictures coded: 4 of 10\nlinksim: pictures coded: 8 of 10\n"


@pytest.mark.parametrize("seconds, text", [(0, "1 s"), (89, "89 s"), (100, "2 min"), (12000, "3 h 20 min")])
def test_times_in_words(seconds, text):
    assert time_left(seconds) == f"about {text} left"


def test_a_bar_is_for_a_terminal(monkeypatch):
    """Neither a log file nor a notebook is one."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert terminal() is None
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes standard error for a terminal
    assert terminal().stderr
    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)
    assert terminal() is None
