"""How long a newcomer waits: every page of the documentation that has code, from nothing to its last line.

`python -m tests.first_day`, from the project's folder, prints a table in Markdown; with names of pages only those. Each
page runs in a new process and an empty folder, its packages still to be loaded. The cache is empty at first and
shared, as on a first day.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/start.md",
    "docs/own-codec.md",
    "docs/howto/pytorch.md",
    "docs/howto/keras.md",
    "docs/howto/source-codec.md",
    "docs/howto/channel.md",
    "docs/howto/decoder.md",
    "docs/howto/metric.md",
    "docs/howto/scenario.md",
    "docs/howto/pictures.md",
    "docs/howto/machines.md",
    "docs/howto/paper.md",
    "docs/howto/compare.md",
    "docs/howto/questions.md",
    "docs/layers.md",
    "docs/bits.md",
    "docs/perceptual.md",
    "docs/training.md",
)
RUN = "import sys, pathlib, doc_blocks; print(*doc_blocks.run_page(pathlib.Path(sys.argv[1])), sep='\\n')"


def seconds(page: Path, cache: Path) -> tuple[float, str]:
    """Time of a page in seconds, and what of it was left out, since this machine lacks it."""
    path = os.pathsep.join([str(ROOT / "tests" / "helpers"), str(ROOT)])
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LINKSIM_CACHE": str(cache), "PYTHONPATH": f"{path}{os.pathsep}{folder}"}
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(page)], cwd=folder, env=environment, capture_output=True, text=True
        )
    if done.returncode:
        sys.exit(f"{page}: {done.stderr[-2000:]}")
    return time.monotonic() - began, "; ".join(line for line in done.stdout.splitlines() if ": needs " in line)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    print("| page | from nothing to its last line | left out |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        for name in sys.argv[1:] or PAGES:
            took, left_out = seconds(ROOT / name, Path(cache))
            print(f"| {name} | {took:.0f} s | {left_out} |", flush=True)


if __name__ == "__main__":
    main()
