"""`docs/histories.py`: learning curves beside each other, and where they begin."""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import linksim
from linksim.zoo.card import ROOT

SCRIPT = Path(linksim.__file__).parents[1] / "docs" / "histories.py"


def test_curves_say_what_they_start_from(tmp_path, monkeypatch, capsys):
    entry = next(
        p.parent for p in sorted(ROOT.glob("*/*/card.json")) if json.loads(p.read_text())["recipe"]["warm_start"]
    )
    shutil.copytree(entry, tmp_path / "run")
    card = json.loads((entry / "card.json").read_text())
    start = card["recipe"]["warm_start"]
    (tmp_path / "run" / "card.json").write_text(
        json.dumps({**card, "name": "mine", "history": [[0, 20.25], *card["history"]]})
    )
    monkeypatch.setattr(sys, "argv", ["histories.py", str(entry), str(tmp_path / "run")])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    out = capsys.readouterr().out
    assert re.search(r"^0 +20\.25$", out, re.MULTILINE)
    assert f"{card['name']}: Training started from the weights of {start}" in out
    assert f"mine: The curve begins at what it started from, the weights of {start}: 20.25 dB at step 0." in out
