"""Base graph, CRCs and code blocks of TS 38.212."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.phy.coding.segmentation import CodeBlockSegmentation, plan_code_blocks, select_base_graph


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


def crc(bits, polynomial):
    """Long division by a polynomial of degree 24, bit by bit (TS 38.212, 5.1)."""
    register = 0
    for bit in [*bits, *[0] * 24]:
        register = (register << 1) | int(bit)
        if register >> 24:
            register ^= polynomial
    return [(register >> i) & 1 for i in range(23, -1, -1)]


CRC24A, CRC24B = 0x1864CFB, 0x1800063


@pytest.mark.parametrize("payload_bits", [40, 8432])
def test_crcs_are_those_of_38_212(payload_bits):
    """CRC24A closes the transport block; CRC24B closes each of several code blocks."""
    plan = plan_code_blocks(payload_bits, 0.8)
    segmentation = CodeBlockSegmentation(plan)
    bits = np.random.default_rng(1).integers(0, 2, (2, payload_bits)).astype(np.float32)
    blocks = segmentation(bits).numpy().astype(int)
    assert blocks.shape == (2, plan.num_code_blocks, plan.code_block_bits)
    for row, row_blocks in zip(bits, blocks):
        whole = [*row.astype(int), *crc(row, CRC24A)]
        if plan.num_code_blocks == 1:
            assert row_blocks[0].tolist() == whole
            continue
        for part, block in zip(np.reshape(whole, [plan.num_code_blocks, -1]), row_blocks):
            assert block.tolist() == [*part, *crc(part, CRC24B)]
    joined, passed = segmentation.join(segmentation(bits))
    assert np.array_equal(joined, bits)
    assert passed.numpy().all()


def test_a_flipped_bit_fails_its_code_block_and_the_transport_block():
    plan = plan_code_blocks(8432, 0.8)
    segmentation = CodeBlockSegmentation(plan)
    blocks = segmentation(np.zeros([1, 8432], np.float32)).numpy()
    blocks[0, 1, 7] = 1 - blocks[0, 1, 7]
    assert segmentation.check_code_blocks(blocks[0]).numpy().tolist() == [True, False]
    assert segmentation.join(blocks)[1].numpy().tolist() == [False]
