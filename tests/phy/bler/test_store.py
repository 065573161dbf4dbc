"""Where block-error tables are kept."""

import numpy as np
import pytest
from bler_tables import KEY, clear, table

from linksim.errors import LinksimError
from linksim.phy import Awgn, Transport
from linksim.phy.bler.measure import VERSION, measurement_fingerprint
from linksim.phy.bler.probability import block_error_tables
from linksim.phy.bler.store import Progress, cached_path, read_tables, write_tables
from linksim.phy.bler.table import BlerKey
from linksim.phy.coding.decoders import get_decoder


def test_tables_survive_storage(tmp_path):
    other = BlerKey("rayleigh-fast", 4, 1, 8448, 12672, "bp20")
    tables = {KEY: table(), other: table(errors=(900, 3), blocks=(1000, 1000), key=other)}
    write_tables(tmp_path / "bler.csv", tables)
    again = read_tables(tmp_path / "bler.csv")
    assert set(again) == set(tables)
    for key, one in tables.items():
        for name in ("snr_db", "errors", "blocks", "version"):
            assert np.array_equal(getattr(again[key], name), getattr(one, name))
    assert list(tmp_path.iterdir()) == [tmp_path / "bler.csv"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "not a table\n",
        lambda text: text.replace(",1000\n", ",x\n", 1),
        lambda text: text.replace(",500,1000", ",5000,1000"),
        lambda text: "\0" * 100,
        lambda text: "",
    ],
)
def test_a_damaged_table_is_named_and_left_as_it_is(cache, damage):
    path = cached_path(KEY, measurement_fingerprint(Awgn(), get_decoder()))
    write_tables(path, {KEY: table()})
    path.write_text(damage(path.read_text()))
    before = path.read_bytes()
    clear()
    with pytest.raises(LinksimError, match=KEY.name):
        block_error_tables(Transport("4-QAM 1/3", 256), "awgn")
    assert path.read_bytes() == before


def test_a_missing_table_is_an_error_where_it_may_not_be_measured(cache):
    with pytest.raises(LinksimError, match="measure it"):
        block_error_tables(Transport("4-QAM 1/3", 256), "awgn", measure=False)


def test_a_cache_that_cannot_be_written_is_a_line_of_its_own(tmp_path):
    (tmp_path / "bler").write_text("a file where a folder should be")
    with pytest.raises(LinksimError, match="LINKSIM_CACHE"):
        write_tables(tmp_path / "bler" / "x.csv", {KEY: table()})


def test_every_table_has_a_version_of_its_own(tmp_path):
    other = BlerKey("awgn", 4, 1, 8448, 12672, "bp20")
    tables = {KEY: table(), other: table(key=other)}
    object.__setattr__(tables[other], "version", 1)
    write_tables(tmp_path / "bler.csv", tables)
    assert {key: one.version for key, one in read_tables(tmp_path / "bler.csv").items()} == {KEY: VERSION, other: 1}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"points": {"1": [2]}, "probes": {}}', '{"points": {}}'])
def test_a_damaged_measurement_is_named_and_left_as_it_is(tmp_path, text):
    path = tmp_path / "x.part.json"
    path.write_text(text)
    with pytest.raises(LinksimError, match="x.part.json"):
        Progress.of(tmp_path / "x.csv")
    assert path.read_text() == text
