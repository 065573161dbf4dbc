"""The LDPC chain against block error rates that Sionna's own notebooks publish."""

import math

import pytest
from scipy.stats import binomtest

from linksim.phy.bler.measure import BlockErrors
from linksim.phy.bler.table import BlerKey


@pytest.mark.slow
@pytest.mark.parametrize(
    "k, n, iterations, ebno_db, bler, blocks",
    [
        (1000, 2000, 20, 1.25, 0.1475, 2048),
        (1000, 2000, 20, 1.5, 2.45e-2, 6144),
        # The notebook "Evolution of FEC" decodes these with 40 iterations.
        (2048, 6156, 40, 0.3, 5.05e-2, 2048),
        (2048, 6156, 40, 0.4, 1.43e-2, 3072),
    ],
)
def test_block_error_rate_meets_the_published_one(k, n, iterations, ebno_db, bler, blocks):
    """QPSK on AWGN, base graph 2, sum-product decoding: inside our 99 % interval."""
    snr_db = ebno_db + 10 * math.log10(2 * k / n)
    simulation = BlockErrors(BlerKey("awgn", 2, 2, k, n, f"bp{iterations}"))
    errors, blocks = simulation.measure(snr_db, min_errors=blocks, max_blocks=blocks)
    interval = binomtest(errors, blocks).proportion_ci(0.99)
    assert interval.low <= bler <= interval.high, f"{errors} of {blocks}"
