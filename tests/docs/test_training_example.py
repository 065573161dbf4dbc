"""The example of docs/training.md, as it is written: trained, stopped, gone on with, and compared with BPG."""

import dataclasses
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from smooth_pictures import smooth

import linksim
import linksim.training.loop as loop
from linksim import zoo
from linksim.scripts import import_script

PAGE = Path(linksim.__file__).parents[1] / "docs" / "training.md"


def block(name: str) -> str:
    (code,) = re.findall(rf"<!-- test: {name} -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return code


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("mine", None)


def test_the_example_of_a_codec_of_ones_own(here, monkeypatch, capsys):
    """All of it but its length: epochs of 30 steps, a small picture to compare on."""
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 30)
    Path("mine.py").write_text(block("mine.py"))
    mine = import_script(Path("mine.py"))
    recipe = dataclasses.replace(mine.RECIPE, steps=60)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        linksim.train(mine.Small, recipe, report=stop)
    assert "it goes on from the checkpoint in runs/mine/small" in capsys.readouterr().err
    codec = linksim.train(mine.Small, recipe)
    card = zoo.read_card(here / "runs/mine/small")
    assert [step for step, _ in card.history] == [30, 60] and card.history[1][1] > card.history[0][1]
    assert codec.num_symbols(48, 64) * 16 == 3 * 48 * 64  # 1/16, as the example says

    Path("pictures").mkdir()
    Image.fromarray(np.tile(smooth(1)[0], (2, 2, 1))).save("pictures/one.png")
    code = block("compare.py")
    assert 'pictures="sample", snr_db=range(0, 21, 5)' in code
    exec(compile(code.replace('"sample", snr_db=range(0, 21, 5)', '"pictures", snr_db=[10]'), "compare.py", "exec"), {})
    table = (here / "results/mine/curve.csv").read_text()
    assert "mine/small" in table and "BPG" in table and Path("mine.png").stat().st_size > 1000
