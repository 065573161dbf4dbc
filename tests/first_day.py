"""How long a newcomer waits: every page of the documentation that has code, from nothing to its last line.

`python -m tests.first_day`, from the project's folder, prints a table in Markdown; with names of pages only those. Each
page runs in a new process and an empty folder, its packages still to be loaded. The cache is empty at first and
shared, as on a first day. Two things that pages tell but do not run come last: `training` is one of one's own that is
stopped by Ctrl-C and goes on, `cluster` a scheduler of Dask with two workers.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from doc_blocks import blocks_of  # noqa: E402

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


LINKSIM = [sys.executable, "-m", "linksim.cli"]
PATIENCE_S = 300
"""For something to happen in another process."""


def page(name: str, environment: dict[str, str]) -> str:
    """All blocks of a page; what of it was left out, since this machine lacks it."""
    said = run([sys.executable, "-c", RUN, str(ROOT / name)], environment)
    return "; ".join(line for line in said.splitlines() if ": needs " in line)


def training(environment: dict[str, str]) -> str:
    """The codec of docs/training.md: stopped at its first checkpoint, gone on with, and beside BPG."""
    files = save_blocks("docs/training.md", "test", environment)
    checkpoint = Path(environment["PWD"], "runs/mine/small/checkpoint.h5")
    stopped = start([*LINKSIM, "train", files[0]], environment, "train.log")
    wait_for(checkpoint, stopped)
    stopped.send_signal(signal.SIGINT)
    if stopped.wait() == 0:
        sys.exit("the training went on to its end; it was to be stopped")
    run([*LINKSIM, "train", files[0]], environment)
    run([sys.executable, files[1]], environment)
    return ""


def cluster(environment: dict[str, str]) -> str:
    """The sweep of docs/howto/machines.md, on two workers that know its file."""
    if importlib.util.find_spec("distributed") is None:
        return "needs distributed"
    (script,) = save_blocks("docs/howto/machines.md", "file", environment)
    where = Path(environment["PWD"], "scheduler.json")
    known = ["--scheduler-file", str(where), "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *known]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", *known]
    begun = [start(scheduler, environment, "scheduler.log")]
    try:
        wait_for(where, begun[0])
        for number in range(2):
            begun.append(start(worker, environment, f"worker{number}.log"))
        address = json.loads(where.read_text())["address"]
        run([*LINKSIM, "run", script, "--cluster", address], environment)
    finally:
        for process in reversed(begun):
            process.terminate()
            process.wait()
    return ""


def save_blocks(name: str, kind: str, environment: dict[str, str]) -> list[str]:
    """The blocks of a page that have a name of this kind, as files; their names."""
    found = {block.said[kind]: block.code for block in blocks_of(ROOT / name) if kind in block.said}
    for file, code in found.items():
        Path(environment["PWD"], file).write_text(code, encoding="utf-8")
    return list(found)


def start(command: list[str], environment: dict[str, str], log: str) -> "subprocess.Popen[bytes]":
    """A command in the folder that `environment` says; what it says is in a file there."""
    folder = environment["PWD"]
    with open(Path(folder, log), "wb") as said:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)


def run(command: list[str], environment: dict[str, str]) -> str:
    """What a command prints; the script ends where it fails."""
    done = subprocess.run(command, cwd=environment["PWD"], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


def wait_for(file: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until a file is there; the script ends where the process does, or it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            sys.exit(f"{process.args} made no {file.name}")
        time.sleep(0.1)


OTHERS = {"training": training, "cluster": cluster}


def seconds(name: str, cache: Path) -> tuple[float, str]:
    """Time of a page, or of one of `OTHERS`, in seconds, and what of it was left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.pathsep.join([str(ROOT / "tests" / "helpers"), str(ROOT), folder])
        environment = {**os.environ, "LINKSIM_CACHE": str(cache), "PYTHONPATH": path, "PWD": folder}
        began = time.monotonic()
        left_out = OTHERS[name](environment) if name in OTHERS else page(name, environment)
        return time.monotonic() - began, left_out


def main() -> None:
    """Print the table, a line as soon as it is known."""
    print("| page | from nothing to its last line | left out |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        for name in sys.argv[1:] or (*PAGES, *OTHERS):
            took, left_out = seconds(name, Path(cache))
            print(f"| {name} | {took:.0f} s | {left_out} |", flush=True)


if __name__ == "__main__":
    main()
