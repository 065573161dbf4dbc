"""The scrambling sequence of TS 38.211."""

import numpy as np
import pytest

from linksim.phy.coding.scrambling import scrambling_sequence


def gold(num_bits, init):
    """TS 38.211, 5.2.1, by the letter: two shift registers of length 31, the first 1600 bits left out."""
    x1, x2 = [1] + [0] * 30, [(init >> i) & 1 for i in range(31)]
    for n in range(1600 + num_bits):
        x1.append(x1[n + 3] ^ x1[n])
        x2.append(x2[n + 3] ^ x2[n + 2] ^ x2[n + 1] ^ x2[n])
    return [x1[n + 1600] ^ x2[n + 1600] for n in range(num_bits)]


@pytest.mark.parametrize("num_bits", [1, 2, 3, 64, 65, 1000])
def test_the_sequence_is_the_gold_sequence_of_38_211(num_bits):
    sequence = scrambling_sequence(num_bits)
    assert sequence.shape == (num_bits,)
    np.testing.assert_array_equal(sequence, gold(num_bits, (1 << 15) + 1))
