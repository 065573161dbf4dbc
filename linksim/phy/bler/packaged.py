"""Measure the tables that come with linksim.

`python -m linksim.phy.bler awgn` measures what is missing: the schemes of `PAPER_MCS` at the sizes of the
usual pictures. It can be stopped at any time: every finished table is in the file. Tables measured with fewer
errors and blocks than asked for are continued, not begun again.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from linksim.files import write_atomically
from linksim.phy.bler.laws import law_of
from linksim.phy.bler.measure import BATCH, MIN_ERRORS, SEED, VERSION, default_blocks, measure_table
from linksim.phy.bler.probability import waterfall
from linksim.phy.bler.store import PACKAGED, read_tables, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable, representative_key
from linksim.phy.coding.decoders import DEFAULT_DECODER, get_decoder
from linksim.phy.coding.plan import plan_transport
from linksim.phy.mcs import PAPER_MCS, Mcs, get_mcs

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


def is_complete(table: BlerTable, min_errors: int, max_blocks: int) -> bool:
    """Whether every point has enough errors or blocks."""
    return bool(np.all((table.errors >= min_errors) | (table.blocks >= max_blocks)))


def needed_keys(
    schemes: Iterable[Mcs], channel_uses: Iterable[int], channel: str, decoder: str = DEFAULT_DECODER.name
) -> list[BlerKey]:
    """Keys of all tables that schemes need at some numbers of channel uses, long code blocks first."""
    keys = {
        representative_key(configuration, mcs.code_rate, channel, decoder)
        for mcs in schemes
        for uses in channel_uses
        for configuration in plan_transport(mcs, uses).code_configurations()
    }
    return sorted(keys, key=lambda key: (-key.info_bits, key))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the missing tables of a file; see `python -m linksim.phy.bler --help`."""
    parser = argparse.ArgumentParser(prog="python -m linksim.phy.bler", description=__doc__)
    parser.add_argument("channel", help="such as awgn or rayleigh-fast")
    parser.add_argument("--decoder", default=DEFAULT_DECODER.name, metavar="NAME", help="(default: %(default)s)")
    parser.add_argument("--mcs", nargs="+", metavar="NAME", help="schemes (default: those of the papers)")
    parser.add_argument(
        "--channel-uses",
        nargs="+",
        type=int,
        default=PACKAGED_CHANNEL_USES,
        metavar="N",
        help="sizes of the transport blocks (default: those of Kodak, CIFAR-10 and the built-in photographs)",
    )
    parser.add_argument("--out", type=Path, default=PACKAGED, metavar="CSV", help="default: the packaged tables")
    parser.add_argument(
        "--min-errors", type=int, default=MIN_ERRORS, metavar="E", help="per point (default: %(default)s)"
    )
    parser.add_argument(
        "--effort",
        type=float,
        default=1.0,
        metavar="X",
        help="share of the usual number of blocks per point, for a first, coarse pass (default: 1)",
    )
    options = parser.parse_args(arguments)
    schemes = [get_mcs(name) for name in options.mcs] if options.mcs else PAPER_MCS
    keys = needed_keys(schemes, options.channel_uses, law_of(options.channel).name, get_decoder(options.decoder).name)
    for number, key in enumerate(keys, 1):
        before = read_tables(options.out).get(key)
        max_blocks = math.ceil(options.effort * default_blocks(key) / BATCH) * BATCH
        if before is not None and is_complete(before, options.min_errors, max_blocks):
            continue
        if before is not None and before.version != VERSION:
            before = None  # counts of two versions are not added up
        began = time.monotonic()
        table = measure_table(key, before=before, min_errors=options.min_errors, max_blocks=max_blocks)
        # Read again: another channel may have been measured into the same file meanwhile.
        write_tables(options.out, {**read_tables(options.out), key: table})
        _write_provenance(options.out, key, _command(options))
        print(
            f"{number}/{len(keys)} {key.name}: {len(table.snr_db)} points, {table.blocks.sum()} blocks, "
            f"10 % at {waterfall(table).snr_at(0.1):.2f} dB, {time.monotonic() - began:.0f} s",
            flush=True,
        )


def _command(options: argparse.Namespace) -> str:
    """The command that measures the same table again, wherever it is written to."""
    words = ["python -m linksim.phy.bler", options.channel]
    words += ["--min-errors", str(options.min_errors)] * (options.min_errors != MIN_ERRORS)
    words += ["--effort", f"{options.effort:g}"] * (options.effort != 1)
    words += ["--decoder", options.decoder] * (options.decoder != DEFAULT_DECODER.name)
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
        "measurement_version": VERSION,
        "decoder": key.decoder,
        "seed": SEED,
        "sionna": _sionna_version(),
        "linksim": version("linksim"),
        "tensorflow": version("tensorflow"),
    }
    write_atomically(path, json.dumps(dict(sorted(notes.items())), indent=1) + "\n")


def _sionna_version() -> str:
    """Sionna comes as one of two distributions."""
    try:
        return version("sionna")
    except PackageNotFoundError:
        return version("sionna-no-rt")
