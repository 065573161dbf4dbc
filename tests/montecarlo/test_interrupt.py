"""Ctrl-C where Python loses it."""

import os
import signal
import threading
import weakref

import pytest

from linksim.montecarlo.interrupt import Terminated, heeding_interrupt, heeding_termination


@pytest.fixture(autouse=True)
def hears_ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_inside_a_finaliser_is_heard_at_the_next_look():
    """There Python drops the exception, and a loop would go on."""

    class Thing:
        pass

    def finalise(_):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100):
            pass  # the signal is taken here

    with heeding_interrupt() as check:
        thing = Thing()
        reference = weakref.ref(thing, finalise)
        del thing
        assert reference() is None
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_it_is_heard_at_once_nothing_changes():
    with pytest.raises(KeyboardInterrupt), heeding_interrupt() as check:
        check()
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100):
            pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_caught_sigterm_may_run_something_else():
    with pytest.raises(Terminated), heeding_termination():
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(100):
            pass
    with heeding_interrupt() as check:
        check()


def test_handlers_of_others_stay():
    mine = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with heeding_interrupt() as check:
        check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, mine)
    found = []
    thread = threading.Thread(target=lambda: found.append(run_elsewhere()))
    thread.start()
    thread.join()
    assert found == ["went on"]


def run_elsewhere():
    with heeding_interrupt() as check:
        check()
    return "went on"
