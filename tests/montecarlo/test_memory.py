"""Learned codecs on pictures that the machine has no memory for: said, or refused, beforehand."""

from types import SimpleNamespace

import pytest
from harness_fakes import NoisyLink, picture_set

from linksim import Sweep
from linksim.errors import LinksimError
from linksim.montecarlo import memory

LEARNED, DIGITAL = SimpleNamespace(name="DeepJSCC", models=("deepjscc/a",)), SimpleNamespace(name="BPG", models=())
SMALL, LARGE = (SimpleNamespace(name=name, size=size) for name, size in (("a", (100, 100)), ("b", (4000, 6000))))


def gib(monkeypatch, total):
    monkeypatch.setattr(memory, "_machine_bytes", lambda: total * (1 << 30))


def test_nothing_is_said_where_there_is_enough(monkeypatch):
    gib(monkeypatch, 8)
    assert memory.check_memory([DIGITAL, LEARNED], [SMALL, LARGE], 2) == []


def test_what_may_not_be_enough_is_said_with_the_largest_picture(monkeypatch):
    gib(monkeypatch, 6)
    (note,) = memory.check_memory([DIGITAL, LEARNED], [LARGE, SMALL], 2)
    assert "'b' of 4000x6000 pixels may take 1.6 to 3.6 GiB in DeepJSCC in each of 2 processes" in note
    assert "6.0 GiB; use fewer workers" in note
    assert memory.check_memory([LEARNED], [LARGE], 1) == []


def test_what_cannot_be_enough_is_refused(monkeypatch):
    gib(monkeypatch, 0.5)
    with pytest.raises(LinksimError, match="'b' of 4000x6000 .* this machine has 0.5 GiB; crop it"):
        memory.check_memory([LEARNED], [SMALL, LARGE], 1)
    assert memory.check_memory([DIGITAL], [SMALL, LARGE], 1) == []


def test_a_machine_that_does_not_say_is_believed(tmp_path, monkeypatch):
    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(memory.os, "sysconf", unknown)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "none")
    assert memory.check_memory([LEARNED], [LARGE], 99) == []


def test_a_container_has_what_it_was_given(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1000000\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "memory.max")
    with pytest.raises(LinksimError, match="this machine has 0.0 GiB"):
        memory.check_memory([LEARNED], [LARGE], 1)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._machine_bytes() > 1e9


def test_a_sweep_says_it_before_it_sends_and_only_if_there_is_something_to_send(tmp_path, monkeypatch, capsys):
    class Learned(NoisyLink):
        models = ("deepjscc/a",)

    def run(out):
        return Sweep("memory", [Learned()], picture_set(), snr_db=[5.0], max_draws=2, out=tmp_path / out).run()

    monkeypatch.setattr(memory, "_machine_bytes", lambda: 16 * 24 * 100)
    run("said")
    assert "'p0' of 16x24 pixels" in capsys.readouterr().err
    monkeypatch.setattr(memory, "_machine_bytes", lambda: 16 * 24 * 20)
    with pytest.raises(LinksimError, match="crop it"):
        run("refused")
    assert not list((tmp_path / "refused" / "units").glob("*.jsonl"))
    assert run("said").rows is not None  # all of it is stored
    assert "pixels" not in capsys.readouterr().err
