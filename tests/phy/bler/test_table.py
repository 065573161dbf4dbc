"""Block-error tables as counts, and which one stands for a code."""

import math

import pytest
from bler_tables import KEY, table
from scipy.stats import binomtest

from linksim.errors import LinksimError
from linksim.phy.bler.table import REPRESENTATIVE_BITS, representative_key
from linksim.phy.coding.plan import CodeConfiguration


def test_the_decoder_is_part_of_a_key():
    assert KEY.name == "awgn-qam4-bg2-168-512-bp20"


def test_interval_is_clopper_pearson():
    low, high = table().interval(0.95)
    for errors, a, b in zip((1000, 500, 100, 1), low, high):
        expected = binomtest(errors, 1000).proportion_ci(0.95)
        assert (a, b) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert table((1000, 0), (1000, 1000)).interval()[0][1] == 0


@pytest.mark.parametrize("errors, blocks", [((3,), (5,)), ((7, 1), (5, 5)), ((-1, 0), (5, 5)), ((0, 0), (0, 5))])
def test_what_is_no_table_is_refused(errors, blocks):
    with pytest.raises(LinksimError, match="measured again"):
        table(errors, blocks)


@pytest.mark.parametrize(
    "info_bits, expected",
    [(8448, 8448), (8192, 8448), (7000, 7104), (4096, 4224), (2304, 2304), (168, 168)],
)
def test_long_blocks_share_the_table_of_the_nearest_length(info_bits, expected):
    configuration = CodeConfiguration(4, 1, info_bits, math.ceil(info_bits * 1.5 / 4) * 4)
    key = representative_key(configuration, 2 / 3, "awgn", "bp20")
    assert key.info_bits == expected
    if expected in REPRESENTATIVE_BITS:
        assert key.coded_bits == pytest.approx(expected * 1.5, abs=4)
    else:
        assert key.coded_bits == configuration.coded_bits
