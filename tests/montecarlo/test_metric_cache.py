"""The metric cache: decodes once, survives damage, never changes a result."""

import multiprocessing
import sqlite3

import numpy as np
import pytest
from harness_fakes import FakeLink, picture_set

from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.montecarlo import Sweep
from linksim.montecarlo.metric_cache import MetricCache

KEYS = [("sha", f"key{i}", "psnr", "1") for i in range(1200)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))


class Once(FakeLink):
    """Its pictures cost so much that they may be decoded only once, ever."""

    def __init__(self) -> None:
        super().__init__("once")
        self.decoded: list[str] = []

    def fingerprint(self) -> str:
        return "once"

    def transmit(self, pictures, snr_db, draws, seed=0) -> Reception:
        def pixels():
            assert not self.decoded, "decoded twice"
            self.decoded.append("all")
            return np.stack([p.pixels // 2 for p in pictures])

        num = len(pictures)
        outcomes = Outcomes(np.arange(num), np.full(num, len(draws)), np.ones(num, bool), pixels, ["half"] * num)
        return Reception([[outcomes]], [[Bandwidth(10)] * num])


def test_known_reconstructions_are_never_decoded_again(tmp_path):
    link = Once()
    for run in ("first", "second"):  # the second has another store and the same cache
        result = Sweep("s", [link], picture_set(), [0, 5], max_draws=8, out=tmp_path / run).run()
        values = [row.mean for row in result.rows if row.metric == "psnr"]
        assert values[0] == values[1] > 0
    assert link.decoded == ["all"]


def test_values_come_back_from_disk():
    cache = MetricCache()
    cache.put({key: i / 7 for i, key in enumerate(KEYS)})
    cache.close()
    assert MetricCache().get(KEYS) == {key: i / 7 for i, key in enumerate(KEYS)}
    assert MetricCache().get([("sha", "key0", "psnr", "2")]) == {}


def test_a_damaged_file_is_set_aside(tmp_path):
    cache = MetricCache()
    cache.put({KEYS[0]: 1.5})
    cache.close()
    path = tmp_path / "cache" / "metrics" / "values.sqlite"
    path.write_bytes(b"no database at all" * 500)
    cache = MetricCache()
    assert cache.get(KEYS[:1]) == {}
    cache.put({KEYS[0]: 2.5})
    cache.close()
    assert MetricCache().get(KEYS[:1]) == {KEYS[0]: 2.5}
    assert path.with_name("values.sqlite.damaged").exists()


def test_a_value_that_was_flipped_is_not_believed(tmp_path):
    cache = MetricCache()
    cache.put({KEYS[0]: 1.5, KEYS[1]: 2.5})
    cache.close()
    with sqlite3.connect(tmp_path / "cache" / "metrics" / "values.sqlite") as connection:
        key, value = connection.execute("SELECT key, value FROM value").fetchone()
        broken = bytes([value[0] ^ 1]) + value[1:]
        connection.execute("UPDATE value SET value = ? WHERE key = ?", (broken, key))
    assert len(MetricCache().get(KEYS[:2])) == 1


def test_where_nothing_can_be_written_it_lives_in_memory(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = MetricCache(blocked / "metrics")
    cache.put({KEYS[0]: 1.5})
    assert cache.get(KEYS[:1]) == {KEYS[0]: 1.5}


def _write_many(first: int) -> None:
    cache = MetricCache()
    for i in range(first, 1200, 2):
        cache.put({KEYS[i]: float(i)})
    cache.close()


def test_two_processes_write_at_once():
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(i,)) for i in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert MetricCache().get(KEYS) == {key: float(i) for i, key in enumerate(KEYS)}
