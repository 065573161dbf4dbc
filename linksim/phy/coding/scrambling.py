"""Scrambling of coded bits: 3GPP TS 38.211, 7.3.1.1.

Without it a run of zeros, as the padding of a picture's stream is one, would be sent as one constellation
point over and over, at its power instead of the mean power 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from linksim.phy import _tf  # noqa: F401  (TensorFlow is imported quietly first)

from sionna.phy.nr.utils import generate_prng_seq  # isort: skip

VERSION = 1
"""Raised whenever the sequence changes."""

# c_init = n_RNTI 2^15 + n_ID, both 1.
_INIT = (1 << 15) + 1


def scrambling_sequence(num_bits: int) -> np.ndarray:
    """The bits that are added to those of a transport block, modulo 2: `float32 [num_bits]`, 0. or 1.

    A longer sequence begins with a shorter one.
    """
    return _sequence(max(num_bits - 1, 1).bit_length())[:num_bits]


@lru_cache(maxsize=4)
def _sequence(log2_length: int) -> np.ndarray:
    # Sionna's loop in Python takes seconds for a large transport block: of every length once, shared by all.
    return np.asarray(generate_prng_seq(1 << log2_length, _INIT), np.float32)
