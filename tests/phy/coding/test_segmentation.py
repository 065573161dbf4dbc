"""CRCs and code blocks of TS 38.212."""

import numpy as np
import pytest

from linksim.phy.coding.plan import plan_code_blocks
from linksim.phy.coding.segmentation import CodeBlockSegmentation, Crc


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
    parts = segmentation(bits)
    blocks = Crc(segmentation.code_block_crc).attach(parts).numpy().astype(int)
    assert blocks.shape == (2, plan.num_code_blocks, plan.code_block_bits)
    for row, row_blocks in zip(bits, blocks, strict=True):
        whole = [*row.astype(int), *crc(row, CRC24A)]
        if plan.num_code_blocks == 1:
            assert row_blocks[0].tolist() == whole
            continue
        for part, block in zip(np.reshape(whole, [plan.num_code_blocks, -1]), row_blocks, strict=True):
            assert block.tolist() == [*part, *crc(part, CRC24B)]
    joined, passed = segmentation.join(parts, np.ones([2, plan.num_code_blocks], bool))
    assert np.array_equal(joined, bits)
    assert passed.numpy().all()


@pytest.mark.parametrize("name", ["CRC24A", "CRC24B"])
def test_a_flipped_bit_fails_the_crc(name):
    crc24 = Crc(name)
    blocks = crc24.attach(np.zeros([2, 4228], np.float32)).numpy()
    blocks[1, 7] = 1 - blocks[1, 7]
    assert crc24.check(blocks).numpy().tolist() == [True, False]


def test_a_wrong_bit_in_a_code_block_that_passes_fails_the_transport_block():
    """And a code block that does not pass fails it whatever its bits are."""
    segmentation = CodeBlockSegmentation(plan_code_blocks(8432, 0.8))
    parts = segmentation(np.zeros([2, 8432], np.float32)).numpy()
    parts[0, 1, 7] = 1 - parts[0, 1, 7]
    assert segmentation.join(parts, np.ones([2, 2], bool))[1].numpy().tolist() == [False, True]
    assert segmentation.join(parts, np.array([[True, True], [True, False]]))[1].numpy().tolist() == [False, False]
