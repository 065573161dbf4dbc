"""The whole attack, with counts, and a table of what held: `python -m tests.attack`, from the project's folder.

Each attack runs in a process of its own, so that one that brings its process down is counted as well.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.attack import commands, stored, streams
from tests.attack.trial import Outcome

ATTACKS = {
    "lic": (streams.lic, 20_000),
    "bpg": (streams.bpg, 20_000),
    "jpeg": (streams.jpeg, 20_000),
    "jpeg2000": (streams.jpeg2000, 20_000),
    "files": (streams.files, 20_000),
    "stores": (stored.stores, 5_000),
    "weights": (stored.weights, 5_000),
    "wrong": (commands.wrong, len(commands.WRONG)),
    "kills": (commands.kills, 50),
}
"""Name, attack, and how many tries it has."""


def in_its_own_process(name: str, count: int, seed: int) -> Outcome:
    """Run an attack; what brings the process down is what broke."""
    command = [sys.executable, "-m", "tests.attack", name, "--count", str(count), "--seed", str(seed), "--json"]
    # Without a graph to build, tiny networks are quick.
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    done = subprocess.run(command, cwd=commands.ROOT, capture_output=True, text=True, env=environment)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return Outcome(tries=count, broken=[f"exit code {done.returncode}: {done.stderr[-300:]!r}"])
    return Outcome(**json.loads(lines[-1]))


def main() -> int:
    """Exit code 0 where everything held, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ATTACKS)}; all by default")
    parser.add_argument("--count", type=int, metavar="N", help="tries of each, instead of its own number")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true", help="one attack, in this process; prints its outcome")
    options = parser.parse_args()
    chosen = options.names or list(ATTACKS)
    for name in chosen:
        if name not in ATTACKS:
            parser.error(f"there is no attack {name!r}; take some of {', '.join(ATTACKS)}")
    if options.json:
        attack, count = ATTACKS[chosen[0]]
        print(json.dumps(dataclasses.asdict(attack(options.count or count, options.seed))))
        return 0
    print("attack       tries  results  refused  broken       s  slowest s  grown MiB")
    held = True
    for name in chosen:
        got = in_its_own_process(name, options.count or ATTACKS[name][1], options.seed)
        held = held and got.held
        counts = f"{got.tries:7d} {got.results:8d} {got.refused:8d} {len(got.broken):7d}"
        print(f"{name:10} {counts} {got.seconds:7.0f} {got.slowest_s:10.2f} {got.grown_mib:10.0f}", flush=True)
        for line in got.broken:
            print(f"  {line}", flush=True)
    print("everything held" if held else f"not everything held; {Path(__file__).parent} says what was tried")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
