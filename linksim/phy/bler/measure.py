"""Measure a block-error table, with the chain that sends pictures.

Code blocks are numbered, and each depends on its number only: a table that was measured with fewer errors
and blocks than asked for is continued, not begun again, and a measurement that was stopped goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy import rng
from linksim.phy._tf import tf
from linksim.phy.bler.laws import law_of
from linksim.phy.bler.store import Progress
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.channels.base import Channel
from linksim.phy.coding import chain
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.plan import CodeConfiguration
from linksim.phy.mcs import MAX_CODE_BLOCK_BITS

VERSION = 5
"""Raised whenever the same key would give other counts: stopping rule, grid, seed, channel or decoder. Every table
carries the one that it was measured with."""

MIN_ERRORS = 200
"""A point is done after this many block errors: its standard deviation is then 7 %, which in a
waterfall is less than 0.01 dB."""

LONG_STEP_DB, SHORT_STEP_DB = 0.1, 0.25
"""Steps of the SNR for code blocks of at least, or fewer than, `LONG` bits: cliffs, and gentle slopes."""

LONG = 1200
"""Bits of a code block, its CRC included."""

LAST_RATE = 1e-3
"""The first point below this error rate is the last one."""

MAX_BLOCKS = round(MIN_ERRORS / LAST_RATE)
"""At most that many code blocks per point."""

BATCH = 128
"""Long code blocks that are sent together; of shorter ones as many as have about so many bits."""

SEED = 20250101
_PROBE_BLOCKS = 128
_BITS_STREAM = 0x42495453

Shown = Callable[[float, int, int], None]
"""Called with (snr_db, errors, blocks) after every point."""


def measurement_fingerprint(channel: Channel, decoder: Decoder) -> str:
    """Hex digest of all that can change the counts of a table, beside its key."""
    return identity.fingerprint("block errors", VERSION, channel=channel, chain=chain.fingerprint(decoder))


class BlockErrors:
    """Send random code blocks through the chain and over a channel, and count those that do not arrive.

    A block arrives if it passes its CRC and is right.

    Parameters
    ----------
    key : BlerKey
        Code, channel and decoder.
    channel : Channel or None
        That of the key's name, which is looked up where it is None.
    decoder : Decoder or None
        Likewise.

    Raises
    ------
    LinksimError
        If there is no channel or decoder of that name, or another one is given.
    """

    def __init__(self, key: BlerKey, channel: Channel | None = None, decoder: Decoder | None = None) -> None:
        self.key = key
        self.channel = law_of(channel or key.channel)
        self.decoder = get_decoder(decoder or key.decoder)
        if (self.channel.name, self.decoder.name) != (key.channel, key.decoder):
            raise LinksimError(
                f"{key.name} is not for {self.channel.name} and {self.decoder.name}; give the channel and decoder "
                "that the key names"
            )
        configuration = CodeConfiguration(key.bits_per_symbol, key.base_graph, key.info_bits, key.coded_bits)
        self._chain = chain.CodeBlockChain(configuration, decoder=self.decoder)

    def count(self, snr_db: float, start: int, stop: int) -> int:
        """Code blocks in error among those numbered from `start` to `stop - 1`.

        Each block depends on the key, the SNR and its number only.

        Parameters
        ----------
        snr_db : float
            Es/N0 in dB before fading.
        start, stop : int
            Numbers of the code blocks.
        """
        point = rng.picture_key(f"bler {self.key.name}", f"{snr_db:.2f} dB", SEED)
        keys = rng.draw_keys(point, range(start, stop))
        bits = rng.bits(keys, self._chain.block_bits, _BITS_STREAM)
        y, no = self.channel(self._chain.transmit(bits), snr_db, keys)
        decoded, passed = self._chain.receive(y, tf.broadcast_to(no, y.shape))
        right = passed & tf.reduce_all(decoded == bits, axis=1)
        return stop - start - int(tf.reduce_sum(tf.cast(right, tf.int32)))

    def measure(
        self, snr_db: float, min_errors: int, max_blocks: int, errors: int = 0, blocks: int = 0
    ) -> tuple[int, int]:
        """Errors and blocks at one SNR, from those counted before until there are enough of either."""
        while errors < min_errors and blocks < max_blocks:
            step = min(batch(self.key), max_blocks - blocks)
            errors += self.count(snr_db, blocks, blocks + step)
            blocks += step
        return errors, blocks


def measure_table(
    key: BlerKey,
    shown: Shown | None = None,
    before: BlerTable | None = None,
    min_errors: int = MIN_ERRORS,
    max_blocks: int = MAX_BLOCKS,
    progress: Progress | None = None,
    channel: Channel | None = None,
    decoder: Decoder | None = None,
) -> BlerTable:
    """Measure the waterfall of a code, from an error rate of at least 0.98 to one below 0.001.

    Where 0.001 cannot be seen in so few blocks, a point without errors is the last one.

    Parameters
    ----------
    key : BlerKey
        Code, channel and decoder.
    shown : function of (snr_db, errors, blocks), or None
        Called after every point.
    before : BlerTable or None
        The same table with fewer blocks, to go on from.
    min_errors, max_blocks : int
        A point is done after that many errors or blocks.
    progress : Progress or None
        Points that were finished before a measurement was stopped; new ones are put there.
    channel, decoder
        See `BlockErrors`.

    Returns
    -------
    BlerTable
        The same for the same key, on any machine but for rounding errors of its float32 arithmetic, and
        however often the measurement was stopped.
    """
    simulation = BlockErrors(key, channel, decoder)
    step = SHORT_STEP_DB if key.info_bits < LONG else LONG_STEP_DB
    progress = progress or Progress()
    points = progress.points
    known: dict[int, tuple[int, int]] = {}
    if before is not None:
        counts = zip(before.snr_db, before.errors, before.blocks, strict=True)
        known = {round(snr_db / step): (int(errors), int(blocks)) for snr_db, errors, blocks in counts}

    def rate(index: int) -> float:
        if index not in points:
            points[index] = simulation.measure(index * step, min_errors, max_blocks, *known.get(index, (0, 0)))
            progress.save()
            if shown:
                shown(index * step, *points[index])
        errors, blocks = points[index]
        return errors / blocks

    def hopeless(index: int) -> bool:
        if index not in progress.probes:
            progress.probes[index] = simulation.measure(index * step, _PROBE_BLOCKS, _PROBE_BLOCKS)[0]
            progress.save()
        return progress.probes[index] > 0.9 * _PROBE_BLOCKS

    # Half a decibel at a time upwards from the limit of any code, to where some blocks arrive
    limit_db = simulation.channel.scheme_limit_db(key.bits_per_symbol, key.info_bits / key.coded_bits)
    stride = round(0.5 / step)
    index = math.floor(limit_db / 0.5) * stride
    while not known and hopeless(index):
        index += stride
    # Down to where nearly all are lost, and up to where nearly all arrive
    first = min(known, default=index - stride)
    while rate(first) < 0.98:
        first -= 1
    last = first
    while rate(last) >= LAST_RATE:
        last += 1
    # Of the points at which everything was lost, the last one is enough.
    while rate(first + 1) >= 0.98:
        first += 1
    indices = range(first, last + 1)
    return BlerTable(
        key,
        np.array([round(index * step, 6) for index in indices]),
        np.array([points[index][0] for index in indices]),
        np.array([points[index][1] for index in indices]),
        VERSION,
    )


def batch(key: BlerKey) -> int:
    """Code blocks that are sent together, a multiple of `BATCH`."""
    return BATCH * max(1, round(MAX_CODE_BLOCK_BITS / 2 / max(key.info_bits, key.coded_bits / 4)))
