"""Measure block-error tables with the chain that sends pictures.

`python -m linksim.phy.bler.measure awgn` measures what is missing in the tables that come with
linksim: the schemes of `PAPER_MCS` at the sizes of the usual pictures. It can be stopped at any time:
every finished table is in the file. Tables measured with fewer errors and blocks than asked for are
continued, not begun again: code blocks are numbered, and each depends on its number only.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.phy.bler.table import CHANNELS, EXACT_BELOW, BlerKey, BlerTable, representative_key
from linksim.phy.bler.store import MEASUREMENT_VERSION, PACKAGED, read_tables, write_tables, write_text
from linksim.phy.capacity import bicm_limit_db, ergodic_bicm_limit_db
from linksim.phy.mcs import PAPER_MCS, Mcs, get_mcs
from linksim.phy.coding.transport import DEFAULT_ITERATIONS, Transport

PACKAGED_CHANNEL_USES = tuple(
    sorted(
        # Kodak (512 x 768) at CBR 1/48, 1/24, 1/16, 1/12 and 1/8
        {round(3 * 512 * 768 * cbr) for cbr in (1 / 48, 1 / 24, 1 / 16, 1 / 12, 1 / 8)}
        # CIFAR-10 (32 x 32) at CBR 1/12 to 5/12
        | {256 * layers for layers in range(1, 6)}
        # Sizes of the built-in photographs at CBR 1/16 and 1/12
        | {
            round(3 * height * width * cbr)
            for height, width in ((512, 512), (400, 600), (300, 451), (427, 640))
            for cbr in (1 / 16, 1 / 12)
        }
    )
)
"""Channel uses whose tables come with linksim."""

MIN_ERRORS = 100
"""A point is done after this many block errors: its standard deviation is then 10 %, which in a
waterfall is about 0.01 dB."""

LONG_STEP_DB, SHORT_STEP_DB = 0.1, 0.25
"""Steps of the SNR for code blocks of at least, or fewer than, `EXACT_BELOW` bits."""

LONG_BLOCKS, SHORT_BLOCKS = 512, 2048
"""At most that many code blocks per point, alike. The tail is told by the line through all points."""

LAST_RATE = 1e-3
"""The first point below this error rate is the last one."""

_SEED = 20250101
_BATCH = 128
_PROBE_BLOCKS = 128
_BITS_STREAM = 0x42495453

Progress = Callable[[float, int, int], None]


class BlockErrors:
    """Send random code blocks over a channel and count those that are decoded wrongly.

    A block leaves the decoder early when it is right, as it does in `Transport` when its CRC passes.

    Parameters
    ----------
    key : BlerKey
        Code and channel.
    """

    def __init__(self, key: BlerKey) -> None:
        from linksim.phy.coding.chain import QamDemapper
        from linksim.phy._tf import tf
        from linksim.phy.channels.flat import get_channel
        from linksim.phy.coding.ldpc import LdpcCode

        from sionna.phy.mapping import Mapper  # isort: skip  (TensorFlow is imported quietly first)

        if key.channel not in CHANNELS:
            raise LinksimError(f"block errors on {key.channel!r} cannot be measured: use {' or '.join(CHANNELS)}")
        self.key = key
        self._code = LdpcCode(key.base_graph, key.info_bits, key.coded_bits, key.bits_per_symbol)
        self._mapper = Mapper("qam", key.bits_per_symbol)
        self._channel = get_channel(key.channel, csi=True)
        self._demap = tf.function(QamDemapper(key.bits_per_symbol).__call__).get_concrete_function(
            tf.TensorSpec([None, None], tf.complex64), tf.TensorSpec([None, None], tf.float32)
        )

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
        from linksim.phy._tf import tf
        from linksim.phy.rng import draw_keys, picture_key, uniform

        point = picture_key(f"bler {self.key.name}", f"{snr_db:.2f} dB", _SEED)
        keys = draw_keys(point, range(start, stop))
        bits = tf.cast(uniform(keys, self.key.info_bits, _BITS_STREAM) < 0.5, tf.float32)
        y, no = self._channel(self._mapper(self._code.encode(bits)), snr_db, keys)
        llr = self._demap(y, tf.broadcast_to(no, y.shape))
        _, right = self._code.decode(
            llr,
            self.key.iterations,
            lambda decoded, rows: tf.reduce_all(decoded == tf.gather(bits, rows), axis=1),
        )
        return stop - start - int(tf.reduce_sum(tf.cast(right, tf.int32)))

    def measure(
        self, snr_db: float, min_errors: int, max_blocks: int, errors: int = 0, blocks: int = 0
    ) -> tuple[int, int]:
        """Errors and blocks at one SNR, from those counted before until there are enough of either."""
        while errors < min_errors and blocks < max_blocks:
            step = min(_BATCH, max_blocks - blocks)
            errors += self.count(snr_db, blocks, blocks + step)
            blocks += step
        return errors, blocks


def measure_table(
    key: BlerKey,
    progress: Progress | None = None,
    before: BlerTable | None = None,
    min_errors: int = MIN_ERRORS,
    max_blocks: int | None = None,
) -> BlerTable:
    """Measure the waterfall of a code, from an error rate of at least 0.98 to one below 0.001.

    Where 0.001 cannot be seen in so few blocks, a point without errors is the last one.

    Parameters
    ----------
    key : BlerKey
        Code and channel.
    progress : function of (snr_db, errors, blocks), or None
        Called after every point.
    before : BlerTable or None
        The same table with fewer blocks, to go on from.
    min_errors, max_blocks : int
        A point is done after that many errors or blocks; by default 100, and 512 or, for code
        blocks of fewer than 2400 bits, 2048.

    Returns
    -------
    BlerTable
        The same for the same key, on any machine but for rounding errors of its float32 arithmetic.
    """
    simulation = BlockErrors(key)
    short = key.info_bits < EXACT_BELOW
    step = SHORT_STEP_DB if short else LONG_STEP_DB
    max_blocks = max_blocks or default_blocks(key)
    points: dict[int, tuple[int, int]] = {}
    known: dict[int, tuple[int, int]] = {}
    if before is not None:
        counts = zip(before.snr_db, before.errors, before.blocks)
        known = {round(snr_db / step): (int(errors), int(blocks)) for snr_db, errors, blocks in counts}

    def rate(index: int) -> float:
        if index not in points:
            points[index] = simulation.measure(index * step, min_errors, max_blocks, *known.get(index, (0, 0)))
            if progress:
                progress(index * step, *points[index])
        errors, blocks = points[index]
        return errors / blocks

    # Half a decibel at a time upwards from the limit of any code, to where some blocks arrive
    limit = bicm_limit_db if key.channel == "awgn" else ergodic_bicm_limit_db
    stride = round(0.5 / step)
    index = math.floor(limit(key.bits_per_symbol, key.info_bits / key.coded_bits) / 0.5) * stride
    while not known and simulation.measure(index * step, _PROBE_BLOCKS, _PROBE_BLOCKS)[0] > 0.9 * _PROBE_BLOCKS:
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
    )


def default_blocks(key: BlerKey) -> int:
    """At most that many code blocks are sent per point."""
    return SHORT_BLOCKS if key.info_bits < EXACT_BELOW else LONG_BLOCKS


def is_complete(table: BlerTable, min_errors: int, max_blocks: int) -> bool:
    """Whether every point has enough errors or blocks."""
    return bool(np.all((table.errors >= min_errors) | (table.blocks >= max_blocks)))


def needed_keys(
    schemes: Iterable[Mcs], channel_uses: Iterable[int], channel: str, iterations: int = DEFAULT_ITERATIONS
) -> list[BlerKey]:
    """Keys of all tables that schemes need at some numbers of channel uses, long code blocks first."""
    keys = {
        representative_key(configuration, mcs.code_rate, channel, iterations)
        for mcs in schemes
        for uses in channel_uses
        for configuration in Transport(mcs, uses, iterations).code_configurations()
    }
    return sorted(keys, key=lambda key: (-key.info_bits, key))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the missing tables of a file; see `python -m linksim.phy.bler.measure --help`."""
    parser = argparse.ArgumentParser(prog="python -m linksim.phy.bler.measure", description=__doc__)
    parser.add_argument("channel", choices=CHANNELS)
    parser.add_argument("--mcs", nargs="+", metavar="NAME", help="schemes (default: those of the papers)")
    parser.add_argument(
        "--channel-uses", nargs="+", type=int, default=PACKAGED_CHANNEL_USES, metavar="N",
        help="sizes of the transport blocks (default: those of Kodak, CIFAR-10 and the built-in photographs)",
    )
    parser.add_argument("--out", type=Path, default=PACKAGED, metavar="CSV", help="default: the packaged tables")
    parser.add_argument("--min-errors", type=int, default=MIN_ERRORS, metavar="E", help="per point (default: %(default)s)")
    parser.add_argument(
        "--effort", type=float, default=1.0, metavar="X",
        help="share of the usual number of blocks per point, for a first, coarse pass (default: 1)",
    )
    options = parser.parse_args(arguments)
    schemes = [get_mcs(name) for name in options.mcs] if options.mcs else PAPER_MCS
    keys = needed_keys(schemes, options.channel_uses, options.channel)
    for number, key in enumerate(keys, 1):
        before = read_tables(options.out).get(key)
        max_blocks = math.ceil(options.effort * default_blocks(key) / _BATCH) * _BATCH
        if before is not None and is_complete(before, options.min_errors, max_blocks):
            continue
        began = time.monotonic()
        table = measure_table(key, before=before, min_errors=options.min_errors, max_blocks=max_blocks)
        # Read again: another channel may have been measured into the same file meanwhile.
        write_tables(options.out, {**read_tables(options.out), key: table})
        _write_provenance(options.out, key, _command(options))
        print(
            f"{number}/{len(keys)} {key.name}: {len(table.snr_db)} points, {table.blocks.sum()} blocks, "
            f"10 % at {table.snr_at(0.1):.2f} dB, {time.monotonic() - began:.0f} s",
            flush=True,
        )


def _command(options: argparse.Namespace) -> str:
    """The command that measures the same table again, wherever it is written to."""
    words = ["python -m linksim.phy.bler.measure", options.channel]
    words += ["--min-errors", str(options.min_errors)] * (options.min_errors != MIN_ERRORS)
    words += ["--effort", f"{options.effort:g}"] * (options.effort != 1)
    words += ["--mcs", *(f'"{name}"' for name in options.mcs)] if options.mcs else []
    if tuple(options.channel_uses) != PACKAGED_CHANNEL_USES:
        words += ["--channel-uses", *(str(uses) for uses in options.channel_uses)]
    return " ".join(words)


def _write_provenance(tables: Path, key: BlerKey, command: str) -> None:
    """Note beside the tables how each was made."""
    path = tables.with_suffix(".json")
    notes = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    notes[key.name] = {
        "command": command,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "measurement_version": MEASUREMENT_VERSION,
        "decoder": f"sum-product, flooding, at most {key.iterations} iterations, leaving when right",
        "seed": _SEED,
        "sionna": _sionna_version(),
        "linksim": version("linksim"),
        "tensorflow": version("tensorflow"),
    }
    write_text(path, json.dumps(dict(sorted(notes.items())), indent=1) + "\n")


def _sionna_version() -> str:
    """Sionna comes as one of two distributions."""
    try:
        return version("sionna")
    except PackageNotFoundError:
        return version("sionna-no-rt")


if __name__ == "__main__":
    try:
        main()
    except LinksimError as error:
        sys.exit(f"linksim: {error}")
