"""The tables that come with linksim."""

import numpy as np
import pytest
from scipy.stats import binomtest

from linksim.phy.bler.measure import BlockErrors
from linksim.phy.bler.packaged import needed_keys
from linksim.phy.bler.probability import waterfall
from linksim.phy.bler.store import packaged_tables
from linksim.phy.bler.table import BlerKey
from linksim.phy.capacity import bicm_limit_db
from linksim.phy.mcs import PAPER_MCS


def packaged_keys(channel):
    return [key for key in packaged_tables() if key.channel == channel]


@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_kodak_and_cifar_need_no_measurement(channel):
    """Every scheme of the papers at the usual bandwidths finds its table in the package."""
    uses = [24_576, 49_152, 73_728, 98_304, 147_456, 256, 512]
    missing = set(needed_keys(PAPER_MCS, uses, channel)) - set(packaged_keys(channel))
    assert not missing, f"missing: {sorted(key.name for key in missing)}"


def test_long_codes_lose_at_most_1_2_db_against_their_bicm_limit():
    """Ten per cent of code blocks of 8448 bits are lost within 1.2 dB above the limit on AWGN."""
    seen = 0
    for key, packaged in packaged_tables().items():
        if key.channel != "awgn" or key.info_bits != 8448:
            continue
        limit = bicm_limit_db(key.bits_per_symbol, key.info_bits / key.coded_bits)
        assert limit < waterfall(packaged).snr_at(0.1) < limit + 1.2, key.name
        seen += 1
    assert seen == 9


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
