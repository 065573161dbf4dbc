"""The store: torn, damaged, merged, full."""

import base64
import errno
import json
import os
import shutil
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.identity import digest
from linksim.montecarlo import Sweep, merge, records
from linksim.montecarlo.statistics import LayerStatistics, Moments, UnitStatistics
from linksim.montecarlo.store import Store
from linksim.montecarlo.unit import WorkUnit


def unit(draw: int = 0, snr_db: float = 1.0) -> WorkUnit:
    return WorkUnit("f" * 64, "snr_db", snr_db, (0, 3), "d" * 64, (draw, draw + 2), 0, (("mse", "1"), ("psnr", "1")))


def statistics(seed: int = 0) -> UnitStatistics:
    rng = np.random.default_rng(seed)
    n = np.full(3, 2)
    m = {name: Moments(rng.normal(size=3), rng.random(3)) for name in ("mse", "psnr")}
    return UnitStatistics((LayerStatistics(n, n - 1, 5 * n, m),))


def filled(folder: Path, num: int = 3) -> Path:
    store = Store(folder)
    for i in range(num):
        store.append(unit(2 * i), "link", statistics(i))
    store.close()
    return next((folder / "units").iterdir())


def test_what_is_stored_comes_back_to_the_last_bit(tmp_path):
    filled(tmp_path)
    store = Store(tmp_path)
    assert len(store) == 3
    assert all(store.get(unit(2 * i))[0].agrees_with(statistics(i)) for i in range(3))
    assert store.get(unit(99)) == (None, unit(99).metrics)


def test_opening_a_store_writes_nothing(tmp_path):
    Store(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 50, 300])
def test_a_torn_last_record_is_skipped_and_left(tmp_path, cut):
    path = filled(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    store = Store(tmp_path)
    assert len(store) == 2
    assert len(store.notes) == 1 and path.name in store.notes[0]
    store.append(unit(4), "link", statistics(2))
    store.close()
    assert path.read_bytes() == content[:-cut], "a torn file is never written to again"
    assert len(Store(tmp_path)) == 3


@pytest.mark.parametrize("line", [1, 2, 3])
def test_damage_is_named_with_file_and_line_and_left(tmp_path, line):
    path = filled(tmp_path)
    lines = path.read_bytes().split(b"\n")
    broken = bytearray(lines[line - 1])
    broken[len(broken) // 2] ^= 1
    lines[line - 1] = bytes(broken)
    path.write_bytes(b"\n".join(lines))
    before = path.read_bytes()
    with pytest.raises(LinksimError, match=f"{path.name} is damaged in line {line}"):
        Store(tmp_path)
    assert path.read_bytes() == before


def test_a_record_that_was_edited_is_not_believed(tmp_path):
    """Right checksum, but the id is that of other draws."""
    import zlib

    path = filled(tmp_path, 1)
    text = path.read_bytes().rstrip(b"\n")[9:].replace(b'"draws":[0,2]', b'"draws":[0,3]')
    path.write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(LinksimError, match="not the one its id says"):
        Store(tmp_path)


def test_the_same_unit_twice_counts_once_but_must_agree(tmp_path):
    path = filled(tmp_path)
    shutil.copy(path, path.with_name("copy.jsonl"))
    assert len(Store(tmp_path)) == 3
    other = tmp_path / "other"
    store = Store(other)
    store.append(unit(0), "link", statistics(77))
    store.close()
    shutil.copy(next((other / "units").iterdir()), path.with_name("liar.jsonl"))
    with pytest.raises(LinksimError, match="different numbers for one unit"):
        Store(tmp_path)


def test_a_full_disk_is_one_clear_error_and_keeps_what_there_is(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.append(unit(0), "link", statistics(0))
    real = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) > 100:
            return real(fd, bytes(data)[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LinksimError, match="No space left on device.*run the same command again"):
        store.append(unit(2), "link", statistics(1))
    monkeypatch.undo()
    again = Store(tmp_path)
    assert len(again) == 1 and again.get(unit(0))[0].agrees_with(statistics(0))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_really_full_device(tmp_path):
    from linksim import files

    (tmp_path / "curve.csv").write_bytes(b"old")
    with pytest.MonkeyPatch.context() as patch:
        real = open
        patch.setattr(Path, "write_bytes", lambda path, data: real("/dev/full", "wb", buffering=0).write(data))
        with pytest.raises(LinksimError, match="No space left on device"):
            files.write_atomically(tmp_path / "curve.csv", b"new")
    assert (tmp_path / "curve.csv").read_bytes() == b"old"


def sweep(out: Path, snrs, links=None) -> Sweep:
    links = links or [Best([CliffLink("a", 2), CliffLink("b", 6)]), NoisyLink()]
    return Sweep("m", links, picture_set(2, (8, 8)), snrs, max_draws=16, out=out)


def save(s: Sweep) -> bytes:
    s.run().save()
    return (s.folder / "curve.csv").read_bytes()


def test_halves_merge_to_the_whole_and_twice_changes_nothing(tmp_path):
    whole = save(sweep(tmp_path / "whole", range(6)))
    save(sweep(tmp_path / "a", range(3)))
    save(sweep(tmp_path / "b", range(2, 6)))
    count = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert count == len(Store(tmp_path / "whole"))
    files = {p: p.read_bytes() for p in (tmp_path / "c" / "units").iterdir()}
    assert merge([tmp_path / "b", tmp_path / "a"], tmp_path / "c") == count
    assert merge([tmp_path / "a"], tmp_path / "c") == count
    assert {p: p.read_bytes() for p in (tmp_path / "c" / "units").iterdir()} == files
    result = sweep(tmp_path / "c", range(6)).run()
    assert result._how["units_run"] == 0
    result.save()
    assert (tmp_path / "c" / "curve.csv").read_bytes() == whole


def test_copying_files_merges_as_well(tmp_path):
    whole = save(sweep(tmp_path / "whole", range(4)))
    save(sweep(tmp_path / "a", range(2)))
    save(sweep(tmp_path / "b", range(2, 4)))
    for path in (tmp_path / "b" / "units").iterdir():
        shutil.copy(path, tmp_path / "a" / "units")
    assert save(sweep(tmp_path / "a", range(4))) == whole


def test_merging_nothing_says_what_to_give(tmp_path):
    with pytest.raises(LinksimError, match="holds no units"):
        merge([tmp_path], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def forged(folder: Path, change) -> Path:
    """A store of one unit whose line was changed and given a right checksum and id again."""
    path = filled(folder, 1)
    body = json.loads(path.read_bytes().splitlines()[0][9:])
    change(body)
    body["id"] = digest({name: body[name] for name in records._IDENTITY})
    text = json.dumps(body).encode()
    path.write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    return path


def packed(values) -> str:
    return base64.b64encode(zlib.compress(np.asarray(values).tobytes())).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(link=3),
        lambda body: body.update(fingerprint=[1]),
        lambda body: body.update(pictures=[10**12, "d"]),
        lambda body: body.update(pictures=7),
        lambda body: body.update(draws=[4, 2]),
        lambda body: body.update(value="high"),
        lambda body: body.update(metrics={}),
        lambda body: body.update(layers=[]),
        lambda body: body["layers"][0].update(n=packed([2, 2])),
        lambda body: body["layers"][0].update(n=packed([2, 2, 9])),
        lambda body: body["layers"][0].update(n=packed([2, 2, 2])[:-6]),
        lambda body: body["layers"][0].update(delivered=packed([2, 3, 2])),
        lambda body: body["layers"][0].update(channel_uses=packed([-1, 3, 2])),
        lambda body: body["layers"][0].update(metrics={}),
        lambda body: body["layers"][0].update(metrics=[[]]),
        lambda body: body["layers"][0]["metrics"].update(psnr=[packed([1.0] * 3), packed([-1.0] * 3)]),
        lambda body: body["layers"][0].update(items={"payload": "many"}),
        lambda body: body["layers"][0].update(sums=packed([1.0])),
    ],
)
def test_a_line_with_a_right_checksum_and_wrong_content_is_one_line(tmp_path, change):
    path = forged(tmp_path / "a", change)
    with pytest.raises(LinksimError) as error:
        merge([tmp_path / "a"], tmp_path / "b")
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "b" / "units").exists()


def test_a_deflate_bomb_unpacks_to_no_more_than_its_unit_has(tmp_path):
    """A line of 80 kB that would be 80 MB."""
    bomb = packed(np.zeros(10**7))
    forged(tmp_path / "a", lambda body: body["layers"][0].update(n=bomb))
    tracemalloc.start()
    try:
        with pytest.raises(LinksimError, match="unpack to more"):
            merge([tmp_path / "a"], tmp_path / "b")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_nesting_without_end_is_damage(tmp_path):
    (tmp_path / "units").mkdir()
    text = b"[" * 200_000
    (tmp_path / "units" / "a.jsonl").write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(LinksimError, match="is damaged in line 1"):
        Store(tmp_path)


def test_a_pipe_in_a_store_is_not_waited_for(tmp_path):
    (tmp_path / "units").mkdir()
    os.mkfifo(tmp_path / "units" / "a.jsonl")
    with pytest.raises(LinksimError, match="is no file"):
        Store(tmp_path)


def test_merge_says_what_it_leaves_out(tmp_path, capsys):
    filled(tmp_path / "a")
    path = filled(tmp_path / "b")
    path.write_bytes(path.read_bytes()[:-5])
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c") == 3
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "unfinished" in said[0] and said[1].startswith("linksim: 2 units are left out: ")
    (tmp_path / "file").write_text("")
    with pytest.raises(LinksimError, match="is a file"):
        merge([tmp_path / "a"], tmp_path / "file")


def test_units_of_another_version_are_kept_and_not_used(tmp_path, capsys):
    save(sweep(tmp_path / "x", [3.0], [NoisyLink(version=1)]))
    stored = len(Store(tmp_path / "x"))
    fresh = save(sweep(tmp_path / "fresh", [3.0], [NoisyLink(version=2, spread=0.5)]))
    capsys.readouterr()
    mixed = save(sweep(tmp_path / "x", [3.0], [NoisyLink(version=2, spread=0.5)]))
    assert mixed == fresh
    assert f"{stored} stored units belong to other versions of 'noisy'" in capsys.readouterr().err
    assert len(Store(tmp_path / "x")) == 2 * stored


def test_units_of_an_older_format_are_noted_kept_and_not_used(tmp_path):
    import zlib

    path = filled(tmp_path)
    lines = [line[9:].replace(b'"format":2', b'"format":1') for line in path.read_bytes().splitlines()]
    old = b"".join(b"%08x %s\n" % (zlib.crc32(line), line) for line in lines)
    path.write_bytes(old)
    store = Store(tmp_path)
    assert len(store) == 0 and "3 units were stored by an older version of linksim" in store.notes[0]
    assert path.read_bytes() == old


def test_units_of_a_newer_format_are_refused(tmp_path):
    import zlib

    path = filled(tmp_path, 1)
    line = path.read_bytes().rstrip(b"\n")[9:].replace(b'"format":2', b'"format":3')
    path.write_bytes(b"%08x %s\n" % (zlib.crc32(line), line))
    with pytest.raises(LinksimError, match="store format 3.*install the newer linksim"):
        Store(tmp_path)
