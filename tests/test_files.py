"""A file is whole, old or new, whatever happens; the cache has one place."""

import os
import stat
from pathlib import Path

import pytest

from linksim.errors import LinksimError
from linksim.files import cache_folder, cannot_write, num_cores, prepare_folder, replacing, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_and_its_folder_are_made(tmp_path):
    path = tmp_path / "a" / "b.txt"
    write_atomically(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    write_atomically(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    assert names(path.parent) == ["b.txt"]


def test_until_the_block_ends_a_reader_meets_the_old_file(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and names(tmp_path) == ["f"]


def test_what_is_written_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    """In this order, so that a power failure leaves the old file or the new one."""
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: calls.append("fsync") or fsync(handle))
    monkeypatch.setattr(os, "replace", lambda *paths: calls.append("replace") or replace(*paths))
    write_atomically(tmp_path / "f", b"x")
    assert calls == ["fsync", "replace"]


def test_permissions_follow_the_umask(tmp_path):
    """As those of any new file: a result can be shared in a group."""
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "f", b"x")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_a_file_in_the_way_of_the_folder_is_one_line_with_a_remedy(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LinksimError, match=r"file/f cannot be written \(.*\); turn it off and on"):
        write_atomically(tmp_path / "file" / "f", b"x", "turn it off and on")
    with pytest.raises(LinksimError, match="file/sub cannot be written"):
        prepare_folder(tmp_path / "file" / "sub")


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LinksimError, match="No space left on device"):
        write_atomically(tmp_path / "f", b"x")
    assert names(tmp_path) == []


def test_an_error_without_words_is_told_by_itself():
    assert "OSError" not in str(cannot_write(Path("f"), OSError(13, "Permission denied"), "move"))
    assert "(odd)" in str(cannot_write(Path("f"), OSError("odd"), "move"))


def test_prepare_folder_leaves_an_empty_folder(tmp_path):
    prepare_folder(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []


def test_the_cache_is_where_linksim_cache_says(monkeypatch, tmp_path):
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    assert cache_folder("rd", "x") == tmp_path / "rd" / "x" and cache_folder() == tmp_path
    assert not (tmp_path / "rd").exists()
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("LINKSIM_CACHE", "~/cache")
    assert cache_folder("rd") == Path("/home/ada/cache/rd")


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_cache_is_the_users(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("LINKSIM_CACHE", raising=False)
    else:
        monkeypatch.setenv("LINKSIM_CACHE", value)
    assert cache_folder("rd").is_absolute() and cache_folder("rd").parts[-2:] == ("linksim", "rd")


def test_there_is_at_least_one_core():
    assert 1 <= num_cores() <= (os.cpu_count() or 1)


def test_text_with_the_name_of_a_file_that_is_no_utf_8_is_written(tmp_path):
    write_atomically(tmp_path / "a.csv", "p\udcff.png\n")
    assert (tmp_path / "a.csv").read_bytes() == b"p\\udcff.png\n"
