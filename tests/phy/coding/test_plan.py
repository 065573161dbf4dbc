"""How much a number of channel uses holds: TS 38.212 by arithmetic."""

import subprocess
import sys

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.phy.coding.plan import plan_code_blocks, plan_transport, select_base_graph
from linksim.phy.mcs import NR_MCS_TABLES, PAPER_MCS, get_mcs

ALL_MCS = [*PAPER_MCS, *(mcs for table in NR_MCS_TABLES.values() for mcs in table)]
SIZES = [1, 5, 20, 64, 100, 256, 512, 1000, 3001, 7777, 24_576, 24_577, 73_728, 147_456]


@pytest.mark.parametrize("num_symbols", SIZES)
def test_every_channel_use_is_accounted_for(num_symbols):
    """Items add up to N, coded bits to N Q_m, and no code block is sent above the code rate."""
    for mcs in ALL_MCS:
        transport = plan_transport(mcs, num_symbols)
        items = transport.bandwidth_items()
        assert sum(items.values()) == pytest.approx(num_symbols, rel=1e-12)
        assert min(items.values()) >= 0
        if not transport.fits:
            assert transport.payload_bytes == 0
            continue
        assert sum(transport.coded_bits) == num_symbols * mcs.bits_per_symbol
        assert max(transport.coded_bits) - min(transport.coded_bits) <= mcs.bits_per_symbol
        assert transport.code_block_bits <= mcs.code_rate * min(transport.coded_bits) + 1e-6
        assert transport.code_block_bits <= mcs.max_code_block_bits
        assert items["payload"] * mcs.bits_per_symbol == 8 * transport.payload_bytes
        assert sum(transport.code_configurations().values()) == transport.num_code_blocks


@pytest.mark.parametrize("num_symbols", [24_576, 49_152, 73_728, 98_304, 147_456])
def test_whole_bytes_and_equal_blocks_waste_less_than_a_thousandth(num_symbols):
    """On Kodak at CBR 1/48 to 1/8 nearly all of what the code rate allows is payload or CRC."""
    for mcs in PAPER_MCS:
        assert plan_transport(mcs, num_symbols).bandwidth_items()["fill"] < 1e-3 * num_symbols


def test_more_channel_uses_never_hold_less_except_for_another_code_block():
    """A code block more costs 24 bits of CRC, and equal blocks a few bytes; nothing else is lost."""
    for mcs in [get_mcs("16-QAM 2/3"), get_mcs("64-QAM 3/4"), get_mcs("nr1:0")]:
        sizes = np.array([plan_transport(mcs, n).payload_bytes for n in range(1, 8000, 7)])
        assert np.diff(sizes).min() >= -16
        assert sizes[-1] > 0


@pytest.mark.parametrize("num_symbols", [0, -3, 1.5])
def test_a_budget_without_channel_uses_is_refused(num_symbols):
    with pytest.raises(LinksimError, match="use 1 or more"):
        plan_transport("16-QAM 2/3", num_symbols)


def test_planning_loads_no_tensorflow():
    code = (
        "import sys; from linksim.phy.coding.transport import Transport; Transport('16-QAM 2/3', 73728).payload_bytes; "
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "payload_bits, code_rate, base_graph",
    [
        (292, 0.9, 2), (293, 0.9, 1), (3824, 0.67, 2), (3824, 0.68, 1), (3825, 0.67, 1),
        (100_000, 0.25, 2), (100_000, 0.26, 1),
    ],
)  # fmt: skip
def test_base_graph_follows_38_212(payload_bits, code_rate, base_graph):
    assert select_base_graph(payload_bits, code_rate) == base_graph


def test_one_code_block_carries_the_crc_of_the_transport_block_only():
    plan = plan_code_blocks(8424, 0.8)
    assert (plan.num_code_blocks, plan.code_block_bits, plan.code_block_crc_bits) == (1, 8448, 0)


def test_a_longer_transport_block_is_cut_into_equal_blocks_of_at_most_1056_bytes():
    plan = plan_code_blocks(8432, 0.8)
    assert (plan.num_code_blocks, plan.code_block_bits, plan.code_block_crc_bits) == (2, 4252, 48)


def test_low_rates_use_base_graph_2_and_its_shorter_blocks():
    plan = plan_code_blocks(8424, 0.25)
    assert (plan.base_graph, plan.num_code_blocks) == (2, 3)
    assert plan.code_block_bits <= 3840


def test_a_scheme_can_ask_for_shorter_blocks():
    plan = plan_code_blocks(2 * (4096 - 24) - 24, 2 / 3, max_code_block_bits=4096)
    assert (plan.num_code_blocks, plan.code_block_bits) == (2, 4096)


@pytest.mark.parametrize("payload_bits", [0, -8, 8433])
def test_what_cannot_be_cut_is_refused(payload_bits):
    with pytest.raises(LinksimError, match="use"):
        plan_code_blocks(payload_bits, 0.8)
