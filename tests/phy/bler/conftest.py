"""Shared by the tests of block-error tables."""

import pytest
from bler_tables import clear

from linksim.phy.bler import store


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of its own, and no packaged tables."""
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(store, "PACKAGED", tmp_path / "none.csv")
    clear()
    yield tmp_path / "bler"
    monkeypatch.undo()
    clear()
