"""Many pictures on all cores: whoever waits hears of it, also before the first is done."""

import time

import linksim.source.pool as pool


def test_slow_calls_are_told_of_before_the_first_is_done(monkeypatch):
    monkeypatch.setattr(pool, "LINE_S", 0.1)
    heard = []
    pool.for_each(time.sleep, [(1.0,), (1.0,)], 2, lambda done, total: heard.append((done, total)))
    assert heard[0] == (0, 2) and heard[-1] == (2, 2)
    assert heard == sorted(heard)
