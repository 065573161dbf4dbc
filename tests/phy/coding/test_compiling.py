"""Machine code is kept where it can be written."""

import importlib.util
import os

import numba
import pytest

from linksim.phy.coding import _compiling
from linksim.phy.coding._compiling import compiled


@pytest.fixture
def twice(tmp_path):
    """A function in a file of its own."""
    path = tmp_path / "source" / "loops.py"
    path.parent.mkdir()
    path.write_text("def twice(x):\n    return 2 * x\n")
    spec = importlib.util.spec_from_file_location("loops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.twice


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folders in which machine code may be: that of the user, that of the source, that of linksim."""
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    return [tmp_path / "user", tmp_path / "source", tmp_path / "cache" / "numba"]


def used(folders):
    return [any(folder.rglob("*.nbc")) for folder in folders]


def test_beside_the_source(twice, folders):
    assert compiled(twice, "int64(int64)")(21) == 42
    assert used(folders) == [False, True, False]


def test_in_the_cache_of_linksim_where_the_source_cannot_be_written(twice, folders, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert compiled(twice, "int64(int64)")(21) == 42
    assert used(folders) == [False, False, True]
    assert numba.config.CACHE_DIR == ""


def test_where_the_user_says(twice, folders, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folders[0]))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert compiled(twice, "int64(int64)")(21) == 42
    assert used(folders) == [True, False, False]


def test_nowhere(twice, folders, monkeypatch):
    """A full disk, or nothing that can be written: made for this process."""

    def full(*arguments, cache=False, **options):
        if cache:
            raise OSError(28, "No space left on device")
        return numba.njit(*arguments, **options)

    monkeypatch.setattr(_compiling, "njit", full)
    assert compiled(twice, "int64(int64)")(21) == 42
    assert used(folders) == [False, False, False]
