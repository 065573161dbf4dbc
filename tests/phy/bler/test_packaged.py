"""The tables that come with linksim."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from linksim.errors import LinksimError
from linksim.phy.bler.measure import MAX_BLOCKS, MIN_ERRORS, VERSION, BlockErrors
from linksim.phy.bler.packaged import _jobs, grid_keys, holds, longest_keys, use_measured
from linksim.phy.bler.predicted import predicted_curve
from linksim.phy.bler.provenance import note_measurement, read_measurements
from linksim.phy.bler.store import PACKAGED, packaged_tables, read_tables, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.capacity import bicm_limit_db
from linksim.phy.mcs import PAPER_MCS


@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_the_grid_of_predictions_is_complete(channel):
    assert set(grid_keys(channel)) <= set(packaged_tables())


def test_every_table_says_how_it_was_made():
    """By one command each, of the version that the table says."""
    versions = {}
    for measurement in read_measurements(PACKAGED):
        assert measurement["command"].startswith("python -m linksim.phy.bler ")
        for name in measurement["tables"]:
            assert name not in versions
            versions[name] = measurement["measurement_version"]
    assert versions == {key.name: table.version for key, table in packaged_tables().items()}


def test_tables_of_the_default_decoder_hold_today():
    """Were the decoder or the measuring changed, they would have to be measured again."""
    assert all(holds(table) for key, table in packaged_tables().items() if key.decoder == "layered20")


@pytest.mark.parametrize(
    "order, coded_bits, version, again",
    [
        (2, 9000, 4, False),
        (6, 12672, 4, False),
        (6, 12036, 4, True),
        (8, 16896, 4, True),
        (6, 10530, VERSION, False),
        (2, 9000, 3, True),
    ],
)
def test_what_an_older_decoder_had_a_floor_in_is_measured_again_and_from_the_start(
    order, coded_bits, version, again, tmp_path
):
    key = BlerKey("awgn", order, 1, 8448, coded_bits, "layered20")
    whole = BlerTable(key, np.array([5.0, 6.0]), np.array([250, 0]), np.array([256, MAX_BLOCKS + 128]), version)
    out = tmp_path / "tables.csv"
    write_tables(out, {key: whole})
    jobs = list(_jobs([key], out, MIN_ERRORS, 1.0))
    assert [job[:2] for job in jobs] == ([(key, None)] if again else [])
    # One that is not complete goes on only if today's code counted it.
    write_tables(out, {key: replace(whole, blocks=np.array([256, 128]))})
    ((_, before, *_),) = _jobs([key], out, MIN_ERRORS, 1.0)
    assert (before is not None) == (version == VERSION)


def test_measured_tables_wait_until_they_are_used(tmp_path):
    """With what made each; those that were there before give way, the others stay."""
    old, new = (BlerKey("awgn", 2, 2, 40, coded, "layered20") for coded in (120, 80))
    packaged, measured = tmp_path / "bler.csv", tmp_path / "measured.csv"
    table = next(iter(packaged_tables().values()))
    for path, keys, command in ((packaged, (old, new), "first"), (measured, (new,), "then")):
        write_tables(path, {key: replace(table, key=key, errors=table.errors * 0 + len(keys)) for key in keys})
        for key in keys:
            note_measurement(path, key, command)
    assert use_measured(measured, packaged) == 1
    assert {key: table.errors[0] for key, table in read_tables(packaged).items()} == {old: 2, new: 1}
    assert [(one["command"], one["tables"]) for one in read_measurements(packaged)] == [
        ("first", [old.name]),
        ("then", [new.name]),
    ]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["bler.csv", "bler.json", "measured.lock"]
    with pytest.raises(LinksimError, match="no tables wait"):
        use_measured(measured, packaged)


def test_schemes_of_the_papers_lose_at_most_1_db_against_their_bicm_limit():
    """Ten per cent of code blocks of 8448 bits are lost within 1 dB above the limit on AWGN."""
    for mcs in PAPER_MCS[:-1]:
        (key,) = longest_keys([mcs], "awgn")
        limit = bicm_limit_db(key.bits_per_symbol, key.info_bits / key.coded_bits)
        curve = waterfall(packaged_tables()[key]) if key in packaged_tables() else predicted_curve(key)
        assert limit < curve.snr_at(0.1) < limit + 1.0, key.name


def intervals_overlap(one, other):
    """Whether the 99 % intervals of two (errors, blocks) overlap."""
    a, b = (binomtest(int(errors), int(blocks)).proportion_ci(0.99) for errors, blocks in (one, other))
    return a.low <= b.high and b.low <= a.high


@pytest.mark.parametrize(
    "key, blocks",
    [
        (BlerKey("awgn", 4, 1, 8448, 12672, "bp20"), 256),
        (BlerKey("awgn", 2, 2, 168, 512, "bp20"), 1024),
        pytest.param(BlerKey("awgn", 6, 1, 8448, 12672, "bp20"), 512, marks=pytest.mark.slow),
        pytest.param(BlerKey("rayleigh-fast", 4, 1, 8448, 16896, "bp20"), 512, marks=pytest.mark.slow),
        pytest.param(BlerKey("awgn", 2, 2, 1360, 2048, "bp20"), 1024, marks=pytest.mark.slow),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_was_measured_without_crc_and_scrambling_is_what_the_chain_does(key, blocks):
    """The packaged table, of version 1 or 2, and the chain of today: 99 % intervals overlap where a quarter is lost."""
    table = packaged_tables()[key]
    assert table.version < 3
    point = int(np.argmin(np.abs(table.errors / table.blocks - 0.25)))
    again = BlockErrors(key).measure(float(table.snr_db[point]), blocks, blocks)
    assert intervals_overlap(again, (table.errors[point], table.blocks[point])), again
