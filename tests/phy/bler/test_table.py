"""Block-error tables as counts, and which one stands for a code."""

import pytest
from bler_tables import KEY, table
from scipy.stats import binomtest

from linksim.errors import LinksimError
from linksim.phy.bler.table import BlerKey
from linksim.phy.coding.plan import CodeConfiguration


def test_the_decoder_is_part_of_a_key():
    assert KEY.name == "awgn-qam4-bg2-168-512-layered20"
    assert BlerKey.of(CodeConfiguration(2, 2, 168, 512), "awgn", "layered20") == KEY


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
