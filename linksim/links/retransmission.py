"""Real bits of a transport block over a channel, until its CRCs pass: once, or with retransmissions (HARQ).

Hybrid automatic repeat request with incremental redundancy, as 5G has it: a transport block whose CRCs do not
all pass is sent again in another redundancy version, and the receiver decodes the sum of all that it has of
it. The whole block is sent again, not its failed code blocks alone (5G can do either; TS 38.214, 5.1.7). That
it arrived, or did not, is known to the transmitter at once, without error and free of charge.

What can change a result here is spoken for by VERSION in `separation.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from numbers import Integral

import numpy as np

from linksim.errors import LinksimError
from linksim.links.arrivals import Arrivals
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.coding.transport import Transport

REDUNDANCY_VERSIONS = (0, 2, 3, 1)
"""In the order in which they are sent (TS 38.214, table 5.1.2.1-2). 0 and 3 begin with information bits, so that
each can be decoded alone; 2 and 1 are mostly parity."""

_HELD_BITS = 1 << 25
"""Soft bits that are held at a time, 4 bytes each: so many draws are sent side by side."""

_BUFFER_SHARE = 5
"""Bits of the circular buffer at most, for each information bit: 3 in base graph 1, 5 in base graph 2."""


def check_harq(harq: int) -> int:
    """The number of transmissions that are allowed.

    Raises
    ------
    LinksimError
        If it is no whole number from 1 to 4.
    """
    most = len(REDUNDANCY_VERSIONS)
    if isinstance(harq, bool) or not isinstance(harq, Integral) or not 1 <= harq <= most:
        raise LinksimError(f"harq is {harq!r}; give the number of transmissions allowed, from 1 to {most}")
    return int(harq)


def noise_identities(channel: Channel, harq: int) -> list[str]:
    """What the keys of each transmission are derived from: the first is that of any link, the others their own.

    So every transmission meets noise of its own, and on slow fading an independent fade (block fading, as in
    Caire and Tuninetti, "The throughput of hybrid-ARQ protocols for the Gaussian collision channel", IEEE
    Trans. IT 2001).
    """
    own = channel.noise_identity
    return [own, *(f"{own} transmission {number}" for number in range(2, harq + 1))]


def send(transport: Transport, channel: Channel, payload: bytes, keys: Sequence[tf.Tensor], snr_db: float) -> Arrivals:
    """Send a payload in every draw, and again where it did not arrive.

    What becomes of a draw depends on its own keys alone.

    Parameters
    ----------
    transport : Transport
        Made for the first `len(keys)` of `REDUNDANCY_VERSIONS`.
    channel : Channel
    payload : bytes
        `transport.payload_bytes` of them.
    keys : sequence of [D, 2], uint32
        Those of the draws, for each transmission that is allowed.
    snr_db : float
        Es/N0 per channel use before fading, in dB.
    """
    expected = np.frombuffer(payload, np.uint8)[None]
    symbols = cache(lambda version: transport.transmit(expected, version))
    num_draws = len(keys[0])
    delivered, transmissions = np.zeros(num_draws, bool), np.zeros(num_draws, np.int64)
    forged: dict[int, bytes] = {}
    held = max(sum(transport.coded_bits), _BUFFER_SHARE * transport.code_block_bits * transport.num_code_blocks)
    step = max(1, _HELD_BITS // held)
    for start in range(0, num_draws, step):
        waiting = np.arange(start, min(start + step, num_draws))
        soft_bits = None
        for version, of_draw in zip(REDUNDANCY_VERSIONS, keys):
            sent = tf.repeat(symbols(version), len(waiting), axis=0)
            heard = transport.soft_bits(*channel(sent, snr_db, tf.gather(of_draw, waiting)), version)
            soft_bits = heard if soft_bits is None else soft_bits + heard
            result = transport.decode(soft_bits)
            transmissions[waiting] += 1
            delivered[waiting] = result.delivered
            wrong = result.delivered & np.any(result.payload != expected, axis=1)
            forged |= {int(waiting[row]): result.payload[row].tobytes() for row in np.flatnonzero(wrong)}
            if result.delivered.all():
                break
            waiting, soft_bits = waiting[~result.delivered], soft_bits[~result.delivered]
    return Arrivals(delivered, transmissions, forged)
