"""Wrong invocations of the command, and runs that are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.attack.trial import Outcome

ROOT = Path(__file__).parents[2]
KILLABLE = ROOT / "tests" / "helpers" / "killable.py"

SLOW = ("tensorflow", "keras", "numba", "sionna", "matplotlib.pyplot", "skimage")
"""What takes seconds to load, and what no wrong invocation waits for."""

WRONG: tuple[tuple[str, ...], ...] = (
    ("run", "no-such-scenario"),
    ("run", "quickstart", "--snr=5000"),
    ("run", "quickstart", "--sources", "no-such-codec"),
    ("run", "quickstart", "--snr", "0:1:1e-320"),
    ("run", "quickstart", "--snr", "nan"),
    ("run", "quickstart", "--snr", "5:1"),
    ("run", "quickstart", "--snr", "0", "--values", "0"),
    ("run", "quickstart", "--values", "x"),
    ("run", "quickstart", "--draws", "1"),
    ("run", "quickstart", "--workers", "0"),
    ("run", "quickstart", "--workers", "9" * 5000),
    ("run", "quickstart", "--out", ""),
    ("run", "quickstart", "--pictures", "no-such-set"),
    ("run", "quickstart", "--pictures", "sample:0"),
    ("run", "quickstart", "--pictures", "sample:99999999999999999999"),
    ("run", "quickstart", "--pictures", "sample:" + "9" * 5000),
    ("run", "quickstart", "--keep-pictures=0"),
    ("run", "quickstart", "--cluster", "nowhere"),
    ("run", "slip.py"),
    ("run", "zero.py"),
    ("run", "binary.py"),
    ("run", "deep.py"),
    ("show", "nothing"),
    ("show", "binary"),
    ("show", "binary.py"),
    ("plot", "binary"),
    ("report", "binary"),
    ("score", "nothing", "nothing"),
    ("score", "binary.py", "binary.py"),
    ("merge", "empty", "--into", "target"),
    ("merge", "store", "--into", "binary.py"),
    ("train", "no-such-recipe"),
    ("train",),
    ("train", "--minutes", "3"),
    ("zoo", "adopt", "no-such-recipe"),
    ("bench", "--only", "nothing"),
    ("study", "serve", "nothing"),
)


def prepare(folder: Path) -> None:
    """What the wrong invocations name."""
    noise = random.Random(1).randbytes(3000)
    (folder / "slip.py").write_text("x = 1\ndef f(:\n")
    (folder / "zero.py").write_bytes(b"x = 1\0\n")
    (folder / "deep.py").write_text("x = " + "(" * 5000)
    (folder / "binary.py").write_bytes(noise)
    (folder / "binary").mkdir()
    (folder / "empty").mkdir()
    (folder / "store" / "units").mkdir(parents=True)
    for name in ("curve.csv", "run.json"):
        (folder / "binary" / name).write_bytes(noise)


def said_rightly(code: int, err: str) -> str | None:
    """What is wrong with how a wrong invocation ended, if anything."""
    if code != 2 or not err.startswith("linksim: ") or len(err.strip().splitlines()) != 1:
        return f"exit code {code}: {err[-200:]!r}"
    return None


def wrong(count: int, seed: int) -> Outcome:
    """Each wrong invocation in a process of its own, which must load nothing slow; `count` is not used."""
    outcome, begun = Outcome(), time.monotonic()
    script = (
        "import sys; from linksim.cli.app import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: sys.stdout.write('LOADED ' + ' '.join(m for m in {SLOW!r} if m in sys.modules))"
    )
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        for arguments in WRONG:
            start = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", script, *arguments],
                cwd=name,
                env={**os.environ, "PYTHONPATH": path},
                capture_output=True,
                text=True,
                timeout=120,
            )
            outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - start)
            what = said_rightly(done.returncode, done.stderr)
            loaded = done.stdout.rpartition("LOADED ")[2]
            if what is None and loaded:
                what = f"loaded {loaded}"
            if what is not None:
                outcome.broken.append(f"{' '.join(arguments)[:60]}: {what}")
            outcome.tries += 1
            outcome.refused += 1
    outcome.seconds = time.monotonic() - begun
    return outcome


def kills(count: int, seed: int) -> Outcome:
    """A run killed `count` times and resumed, with one worker or two: the same table to the last byte."""
    outcome, begun, rng = Outcome(), time.monotonic(), random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def start(out: Path, pause_s: float, workers: int) -> subprocess.Popen:
            return subprocess.Popen(
                [sys.executable, str(KILLABLE), str(pause_s), "--out", str(out), "--workers", str(workers)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )

        alone = start(folder / "alone", 0.0, 1)
        alone.communicate()
        for _ in range(count):
            process = start(folder / "killed", 0.03, rng.choice((1, 2)))
            time.sleep(rng.uniform(0.2, 6.0))
            process.kill()
            _, err = process.communicate()
            outcome.tries += 1
            if "Traceback" in err or "damaged" in err:
                outcome.broken.append(err[-300:])
        process = start(folder / "killed", 0.0, 2)
        _, err = process.communicate()
        same = (
            process.returncode == alone.returncode == 0
            and (folder / "killed" / "curve.csv").read_bytes() == (folder / "alone" / "curve.csv").read_bytes()
        )
        outcome.results = 1
        if not same:
            outcome.broken.append(f"another table, or none: {err[-300:]!r}")
    outcome.seconds = time.monotonic() - begun
    return outcome
