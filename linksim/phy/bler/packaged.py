"""Measure the tables that come with linksim.

`python -m linksim.phy.bler awgn` measures what is missing: the schemes of the papers and of TS 38.214, tables
5.1.3.1-1 and -2, at their longest code blocks and at the sizes of the usual pictures. With `--grid` it is
lengths, rates and modulations from which those of all other codes are predicted. It can be stopped at any time:
every finished table is in the file, and points of one under way are beside it. Tables measured with fewer errors
and blocks than asked for are continued, not begun again.

What was measured waits beside the packaged tables until `python -m linksim.phy.bler --use`: from then on every link
that uses tables has another fingerprint, so that published results with such links are to be run again, all at once.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from linksim.errors import LinksimError
from linksim.phy.bler.laws import law_of
from linksim.phy.bler.measure import MAX_BLOCKS, MIN_ERRORS, VERSION, batch, measure_table
from linksim.phy.bler.provenance import note_measurement, take_measurements
from linksim.phy.bler.store import MEASURED, PACKAGED, Progress, read_tables, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.coding.decoders import DEFAULT_DECODER, get_decoder
from linksim.phy.coding.plan import MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH, plan_transport, select_base_graph
from linksim.phy.mcs import MAX_CODE_RATE, NR_MCS_TABLES, PAPER_MCS, Mcs, get_mcs

PACKAGED_CHANNEL_USES = tuple(
    sorted(
        # Kodak (512 x 768) at CBR 1/48, 1/24, 1/16, 1/12 and 1/8
        {round(3 * 512 * 768 * cbr) for cbr in (1 / 48, 1 / 24, 1 / 16, 1 / 12, 1 / 8)}
        # CIFAR-10 (32 x 32) at CBR 1/12 to 5/12
        | {256 * layers for layers in range(1, 6)}
    )
)
"""Channel uses at which the schemes of the papers have tables of their own."""

GRID_EFFORT = 0.02
"""Share of the usual number of code blocks that tells a threshold within 0.01 dB."""

# Modulations and the lowest rates at which anyone would use them, lengths and rates by base graph. Most lengths are
# no multiples of anything, so that the codes have filler bits, as those of users do. Of base graph 1, short blocks are
# sent at high rates only, and of base graph 2 long ones at low rates only (`select_base_graph`).
_GRID_LOWEST_RATES = {2: 0.0, 4: 0.1, 6: 0.25, 8: 0.45}
_GRID = (
    (1, (3872, 5117, 6650, 8448), (0.26, 0.295, 0.33, 0.41, 0.5, 0.58, 0.66)),
    (1, (325, 640, 1270, 2530, 4600, 8448), (0.69, 0.77, 0.81, 0.85, 0.92)),
    (2, (42, 80, 161, 320, 637, 1275, 2430, 3840), (0.12, 0.2, 0.25, 0.33, 0.43, 0.54, 0.66)),
    (2, (42, 110, 312), (0.76, 0.92)),
    (2, (160, 1275, 3840), (0.035,)),
)


def is_complete(table: BlerTable, min_errors: int, max_blocks: int) -> bool:
    """Whether every point has enough errors or blocks."""
    return bool(np.all((table.errors >= min_errors) | (table.blocks >= max_blocks)))


def holds(table: BlerTable) -> bool:
    """Whether the code of today would measure the same table, within 0.05 dB from the cliff down to 1e-3.

    In version 4 the messages of the layered decoder were not clipped. At the cliffs of 13 codes the same blocks were
    lost, or up to 3 % more of them. Near 1e-3, 16-QAM of rate 0.54 and 64-QAM of rate 2/3 lost up to twice as many,
    which is 0.04 dB; 64-QAM from rate 0.7 and 256-QAM 2 to 14 times as many: they had a floor.
    """
    key = table.key
    rate = key.info_bits / key.coded_bits
    had_a_floor = key.bits_per_symbol >= 8 or (key.bits_per_symbol == 6 and rate > 0.68)
    return table.version == VERSION or (table.version == 4 and not had_a_floor)


def needed_keys(
    schemes: Iterable[Mcs], channel_uses: Iterable[int], channel: str, decoder: str = DEFAULT_DECODER.name
) -> list[BlerKey]:
    """Keys of the codes that schemes have at some numbers of channel uses, long code blocks first."""
    keys = {
        BlerKey.of(configuration, channel, decoder)
        for mcs in schemes
        for uses in channel_uses
        for configuration in plan_transport(mcs, uses).code_configurations()
    }
    return _long_first(keys)


def longest_keys(schemes: Iterable[Mcs], channel: str, decoder: str = DEFAULT_DECODER.name) -> list[BlerKey]:
    """Keys of schemes at their longest code blocks."""
    keys = set()
    for mcs in schemes:
        graph = select_base_graph(8 * MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH[1], mcs.code_rate)
        info_bits = min(MAX_CODE_BLOCK_BITS_OF_BASE_GRAPH[graph], mcs.max_code_block_bits)
        symbols = math.ceil(info_bits / mcs.code_rate / mcs.bits_per_symbol - 1e-9)
        coded_bits = symbols * mcs.bits_per_symbol
        keys.add(BlerKey(channel, mcs.bits_per_symbol, graph, info_bits, coded_bits, decoder))
    return _long_first(keys)


def grid_keys(channel: str, decoder: str = DEFAULT_DECODER.name) -> list[BlerKey]:
    """Keys from which those of all other codes are predicted, long code blocks first."""
    keys = set()
    for graph, lengths, rates in _GRID:
        for order, lowest in _GRID_LOWEST_RATES.items():
            for info_bits in lengths:
                for rate in rates:
                    coded_bits = round(info_bits / rate / order) * order
                    if lowest <= rate and info_bits / coded_bits <= MAX_CODE_RATE:
                        keys.add(BlerKey(channel, order, graph, info_bits, coded_bits, decoder))
    return _long_first(keys)


def _long_first(keys: Iterable[BlerKey]) -> list[BlerKey]:
    return sorted(keys, key=lambda key: (-key.info_bits, key))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the missing tables of a file; see `python -m linksim.phy.bler --help`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.use:
        print(f"{use_measured(options.out)} tables are in use now; run the published results with such links again")
        return
    if options.channel is None:
        parser.error("name a channel, such as awgn, or --use what was measured")
    channel, decoder = law_of(options.channel).name, get_decoder(options.decoder).name
    effort = options.effort or (GRID_EFFORT if options.grid else 1.0)
    if options.grid:
        keys = grid_keys(channel, decoder)
    elif options.mcs:
        keys = needed_keys([get_mcs(name) for name in options.mcs], options.channel_uses, channel, decoder)
    else:
        schemes = [*PAPER_MCS, *NR_MCS_TABLES["nr1"], *NR_MCS_TABLES["nr2"]]
        keys = longest_keys(schemes, channel, decoder)
        keys += [key for key in needed_keys(PAPER_MCS, options.channel_uses, channel, decoder) if key not in keys]
    jobs = list(_jobs(keys, options.out, options.min_errors, effort))
    began, command = time.monotonic(), _command(options)
    for number, (key, table) in enumerate(_measured(jobs, options.workers), 1):
        # Read again: another channel may have been measured into the same file meanwhile.
        with _alone(options.out):
            write_tables(options.out, {**read_tables(options.out), key: table})
            note_measurement(options.out, key, command)
        _progress(options.out, key).remove()
        print(
            f"{number}/{len(jobs)} {key.name}: {len(table.snr_db)} points, {table.blocks.sum()} blocks, "
            f"10 % at {waterfall(table).snr_at(0.1):.2f} dB, {time.monotonic() - began:.0f} s",
            flush=True,
        )


def use_measured(measured: Path = MEASURED, packaged: Path = PACKAGED) -> int:
    """Put the tables that wait among the packaged ones; returns how many there were.

    Raises
    ------
    LinksimError
        If none wait, or a file cannot be read or written.
    """
    with _alone(measured):
        tables = read_tables(measured)
        if not tables:
            raise LinksimError(f"no tables wait in {measured}; measure some, such as `python -m linksim.phy.bler awgn`")
        write_tables(packaged, {**read_tables(packaged), **tables})
        take_measurements(packaged, measured)
        measured.unlink()
    return len(tables)


def _alone(tables: Path) -> AbstractContextManager[Any]:
    """Nobody else reads and writes a file of tables meanwhile: a table that was added in between would be lost."""
    return FileLock(tables.with_suffix(".lock"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m linksim.phy.bler", description=__doc__)
    parser.add_argument("channel", nargs="?", help="such as awgn or rayleigh-fast")
    parser.add_argument("--use", action="store_true", help="put what was measured among the packaged tables")
    parser.add_argument("--grid", action="store_true", help="lengths, rates and modulations from which others follow")
    parser.add_argument("--decoder", default=DEFAULT_DECODER.name, metavar="NAME", help="(default: %(default)s)")
    parser.add_argument("--mcs", nargs="+", metavar="NAME", help="these schemes")
    parser.add_argument(
        "--channel-uses",
        nargs="+",
        type=int,
        default=PACKAGED_CHANNEL_USES,
        metavar="N",
        help="sizes of the transport blocks (default: those of Kodak and CIFAR-10)",
    )
    parser.add_argument("--out", type=Path, default=MEASURED, metavar="CSV", help="default: beside the packaged tables")
    parser.add_argument(
        "--min-errors", type=int, default=MIN_ERRORS, metavar="E", help="per point (default: %(default)s)"
    )
    parser.add_argument(
        "--effort",
        type=float,
        metavar="X",
        help=f"share of the usual number of blocks per point (default: 1, with --grid {GRID_EFFORT:g})",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default: 1)")
    return parser


Job = tuple[BlerKey, "BlerTable | None", int, int, Path]


def _progress(tables: Path, key: BlerKey) -> Progress:
    return Progress.of(tables.parent / f"{key.name}.csv")


def _jobs(keys: Iterable[BlerKey], out: Path, min_errors: int, effort: float) -> Iterator[Job]:
    """What is still to be measured, with what there is of it."""
    there = {**(read_tables(PACKAGED) if out == MEASURED else {}), **read_tables(out)}
    for key in keys:
        before = there.get(key)
        max_blocks = math.ceil(effort * MAX_BLOCKS / batch(key)) * batch(key)
        if before is not None and holds(before) and is_complete(before, min_errors, max_blocks):
            continue
        if before is not None and before.version != VERSION:
            before = None  # counts of two versions are not added up
        yield key, before, min_errors, max_blocks, out


def _measured(jobs: Sequence[Job], workers: int) -> Iterator[tuple[BlerKey, BlerTable]]:
    """Tables, as they are finished."""
    if workers <= 1:
        yield from map(_measure, jobs)
        return
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_measure, job) for job in jobs]):
            yield future.result()


def _measure(job: Job) -> tuple[BlerKey, BlerTable]:
    key, before, min_errors, max_blocks, out = job
    progress = _progress(out, key)
    return key, measure_table(key, before=before, min_errors=min_errors, max_blocks=max_blocks, progress=progress)


def _command(options: argparse.Namespace) -> str:
    """The command that measures the same table again, wherever it is written to."""
    words = ["python -m linksim.phy.bler", options.channel]
    words += ["--grid"] * options.grid
    words += ["--min-errors", str(options.min_errors)] * (options.min_errors != MIN_ERRORS)
    words += ["--effort", f"{options.effort:g}"] if options.effort is not None else []
    words += ["--decoder", options.decoder] * (options.decoder != DEFAULT_DECODER.name)
    words += ["--mcs", *(f'"{name}"' for name in options.mcs)] if options.mcs else []
    if tuple(options.channel_uses) != PACKAGED_CHANNEL_USES:
        words += ["--channel-uses", *(str(uses) for uses in options.channel_uses)]
    return " ".join(words)
