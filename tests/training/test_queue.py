"""The queue: the greatest need first, one queue per folder, and nothing lost but the epoch under way."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from smooth_pictures import smooth

import linksim
from linksim import zoo
from linksim.errors import LinksimError
from linksim.files import locked
from linksim.training import RECIPES, loop, queue_worker
from linksim.training.needs import NEEDS
from linksim.training.queue import Wanted, read_queue, standings
from linksim.training.recipe import Recipe
from linksim.training.serve import serve
from linksim.zoo.weights import load_arrays

TINY = {
    "name": "test/tiny",
    "codec": "deepjscc-resnet",
    "options": {"latent_channels": 2, "filters": 4},
    "crop": 8,
    "batch_size": 1,
    "steps": 1500,
    "decay": 0.5,
    "averaging": 0.99,
}


def history(folder: Path, rows):
    folder.mkdir(parents=True)
    lines = [f"{step},0.1,{seconds},{psnr}" for step, seconds, psnr in rows]
    (folder / "history.csv").write_text("\n".join(["step,loss,seconds,val_psnr_1", *lines]) + "\n")


def wanted(name, target, **fields):
    return Wanted(Recipe(**{**TINY, "name": name, **fields}), target)


def test_need_is_distance_per_hour(tmp_path):
    """The slow one is farther from its target, the quick one nearer per hour; speed is that of the last epochs."""
    queue = [wanted("t/slow", 30.0, steps=10_000), wanted("t/quick", 30.0, steps=10_000)]
    history(tmp_path / "t/slow", [(500, 500, 25.0), (1000, 1000, 26.0)])
    history(tmp_path / "t/quick", [(n * 500, 1000 + n * 50, 28.0) for n in range(1, 8)])
    first, second = standings(queue, tmp_path, {})
    assert first.wanted.recipe.name == "t/quick" and first.hours_left == pytest.approx(6500 * 0.1 / 3600)
    assert second.need == pytest.approx(4 / (9000 / 3600))
    assert first.line().startswith("t/quick: 3,500 of 10,000 steps, 28.00 dB, target 30.00 dB, 0.2 h left, ready")


def test_what_starts_from_another_waits_for_it(tmp_path):
    queue = [wanted("t/second", 30.0, warm_start="t/first"), wanted("t/first", 30.0)]
    states = {s.wanted.recipe.name: s.state for s in standings(queue, tmp_path, {})}
    assert states == {"t/first": "ready", "t/second": "waiting"}
    in_zoo = [wanted("t/third", 30.0, warm_start="deepjscc/cifar10-1_6-snr10")]
    assert standings(in_zoo, tmp_path, {})[0].state == "ready"
    assert standings(in_zoo, tmp_path, {"t/third": "no data"})[0].line().endswith("failed (no data)")
    retrained = [*in_zoo, Wanted(RECIPES["deepjscc/cifar10-1_6-snr10"], 30.0)]
    states = {s.wanted.recipe.name: s.state for s in standings(retrained, tmp_path, {})}
    assert states == {"t/third": "waiting", "deepjscc/cifar10-1_6-snr10": "ready"}, (
        "what is in the zoo gets better first"
    )


def test_the_list_of_linksim_names_recipes_and_what_they_start_from():
    assert [w.recipe.name for w in read_queue(None)] == list(NEEDS)
    starts = {RECIPES[name].warm_start for name in NEEDS} - {None}
    assert starts <= set(NEEDS) | set(zoo.names())


@pytest.mark.parametrize(
    "content, says",
    [
        ("[", "is no queue"),
        ("[]", "is empty"),
        ('[{"recipe": "none/such", "target": 30}]', "unknown recipe"),
        ('[{"recipe": "linear/cifar10-1_6"}]', "target"),
        ('[{"recipe": {"name": "x", "codec": "deepjscc", "colour": 3}, "target": 30}]', "colour"),
        ('[{"recipe": "linear/cifar10-1_6", "target": 1}, {"recipe": "linear/cifar10-1_6", "target": 2}]', "twice"),
    ],
)
def test_a_queue_file_that_is_none_is_one_line(tmp_path, content, says):
    (tmp_path / "q.json").write_text(content)
    with pytest.raises(LinksimError, match=says) as caught:
        read_queue(tmp_path / "q.json")
    assert "\n" not in str(caught.value)


def test_a_python_file_is_a_queue(tmp_path, monkeypatch):
    """Its recipes have no targets: the shortest is first. A worker finds the class of a codec by the file."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    script = tmp_path / "queue_of_a_test.py"
    script.write_text(
        "from linksim.training import Recipe\nfrom own_codec import Small\n"
        "LONG, SHORT = (Recipe(f'mine/{n}', Small, {'latent_channels': 2}, steps=n, batch_size=2) for n in (800, 4))\n"
    )
    queue = read_queue(script)
    first, second = standings(queue, tmp_path, {})
    assert [first.wanted.recipe.name, second.wanted.recipe.name] == ["mine/4", "mine/800"]
    assert first.line() == "mine/4: 0 of 4 steps,    -- dB, 0.0 h left, ready"

    pictures = np.stack(smooth(20))
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 4)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[4:], pictures[:4]))
    monkeypatch.setattr(queue_worker, "_step_back", lambda: None)
    arguments = [json.dumps(first.wanted.recipe.to_dict()), str(tmp_path), "inf", str(os.getppid()), str(script)]
    monkeypatch.setattr(sys, "argv", ["queue_worker", *arguments])
    queue_worker.main()
    assert {s.wanted.recipe.name: s.state for s in standings(queue, tmp_path, {})} == {
        "mine/4": "done",
        "mine/800": "ready",
    }
    arguments[0] = json.dumps({**first.wanted.recipe.to_dict(), "seed": 1})
    monkeypatch.setattr(sys, "argv", ["queue_worker", *arguments])
    with pytest.raises(SystemExit) as end:
        queue_worker.main()
    assert end.value.code == 2


def test_two_queues_in_one_folder_refuse_each_other(tmp_path):
    with locked(tmp_path / "queue.lock", "held"), pytest.raises(LinksimError, match="another queue works in"):
        serve([wanted("t/a", 30.0)], tmp_path)
    with pytest.raises(LinksimError, match="minutes"):
        serve([wanted("t/a", 30.0)], tmp_path, minutes=-1)


@pytest.fixture(scope="module")
def queue_file(tmp_path_factory) -> Path:
    """A queue of one tiny recipe on twenty pictures, and one whose data are not there."""
    folder = tmp_path_factory.mktemp("queue")
    (folder / "pictures").mkdir()
    for i, picture in enumerate(smooth(20)):
        Image.fromarray(picture).save(folder / "pictures" / f"{i:02d}.png")
    good = {**TINY, "data": str(folder / "pictures")}
    bad = {**TINY, "name": "test/bad", "data": str(folder / "nowhere")}
    (folder / "q.json").write_text(json.dumps([{"recipe": r, "target": 40} for r in (good, bad)]))
    return folder / "q.json"


def start(queue_file: Path, out: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "linksim.cli", "train", "--queue", str(queue_file), "--out", str(out)],
        env={**os.environ, "PYTHONPATH": str(Path(linksim.__file__).parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_killed_queue_ends_with_the_weights_of_an_undisturbed_one(tmp_path, queue_file):
    """Kills at random moments; its workers end with it. A recipe that fails does not stop the others."""
    rng = random.Random(1)
    checkpoint = tmp_path / "killed" / "test/tiny" / "checkpoint.h5"
    for _ in range(3):
        process = start(queue_file, tmp_path / "killed")
        deadline = time.monotonic() + 120
        seen = checkpoint.stat().st_mtime if checkpoint.exists() else None
        while (checkpoint.stat().st_mtime if checkpoint.exists() else None) == seen and time.monotonic() < deadline:
            time.sleep(0.05)
            if process.poll() is not None:
                break
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(1.5)  # its workers notice
    said, _ = start(queue_file, tmp_path / "killed").communicate(timeout=240)
    assert "test/tiny: 1,500 of 1,500 steps" in said and "done" in said
    assert "test/bad: 0 of 1,500 steps" in said and "failed (" in said and "nowhere" in said
    start(queue_file, tmp_path / "whole").communicate(timeout=240)
    ended = [load_arrays(tmp_path / run / "test/tiny" / "weights.h5") for run in ("killed", "whole")]
    for name, values in ended[0].items():
        np.testing.assert_allclose(values.astype("float32"), ended[1][name].astype("float32"), atol=2e-3)
