"""Long work says how far it is, short work says nothing."""

from linksim import messages
from linksim.messages import Ticker, tell


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
