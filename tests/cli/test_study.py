"""`linksim study`: the whole way with simulated participants, and mistakes in one line."""

import json
import re

import pytest
from result_folders import keep_pictures, table, write_folder

from linksim.cli.app import main
from linksim.cli.study import _is_loopback


def command(*arguments, code=0):
    with pytest.raises(SystemExit) as stopped:
        main(["study", *map(str, arguments)])
    assert stopped.value.code == code


@pytest.fixture
def run(tmp_path):
    folder = write_folder(tmp_path / "run", table({"ours": 1 / 24, "theirs": 1 / 12}))
    keep_pictures(folder, {"ours": 1, "theirs": 1}, pictures=8)
    return folder


MAKE = ("--ours", "ours", "--theirs", "theirs", "--pairs", "4", "--side", "16", "--checks", "1")


def test_made_answered_and_analysed(run, tmp_path, capsys):
    from linksim.study.make import read_study
    from linksim.study.simulate import answers_of

    command("make", run, *MAKE, "--out", tmp_path / "study")
    assert capsys.readouterr().out == f"{tmp_path / 'study' / 'study.html'}\n"
    study = read_study(tmp_path / "study" / "study.json")
    (tmp_path / "answers").mkdir()
    for n in range(4):
        said = json.loads(answers_of(study, f"{n:016x}", lambda i, k: True, n))
        (tmp_path / "answers" / f"{n}.json").write_text(json.dumps({k: v for k, v in said.items() if k != "simulated"}))
    command("analyse", tmp_path / "study", tmp_path / "answers", "--out", tmp_path / "out")
    said = capsys.readouterr().out
    assert "4 participants" in said and "100.0 %" in said and "simulated" not in said
    assert "in more than half of the answers: up to CBR 1/12 of the other scheme" in said
    assert (tmp_path / "out" / "preference.png").stat().st_size > 1000
    # One who failed the check is left out, and it is said.
    bad = json.loads((tmp_path / "answers" / "0.json").read_text())
    bad["participant"] = "f" * 16
    next(a for a in bad["answers"] if a["pair"] == "check/0")["chosen"] = "theirs"
    (tmp_path / "answers" / "9.json").write_text(json.dumps(bad))
    command("analyse", tmp_path / "study", tmp_path / "answers")
    assert "1 of 5 participants failed attention checks" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("make", "RUN", *MAKE), "study holds a study; name a new folder"),
        (("make", "RUN", *MAKE[2:], "--ours", "nobody", "--out", "other"), "no link 'nobody'"),
        (("analyse", "nowhere", "answers"), "nowhere/study.json cannot be read"),
        (("analyse", "study", "nobody.json"), "nobody.json cannot be read"),
        (("serve", "nowhere"), "nowhere/study.json cannot be read"),
        (("serve", "study", "--host", "203.0.113.7"), "cannot be listened on"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, monkeypatch, capsys, arguments, message):
    if arguments[0] == "serve":
        pytest.importorskip("waitress")
    monkeypatch.chdir(tmp_path)
    command("make", run, *MAKE)
    before = (tmp_path / "study" / "study.html").read_bytes()
    capsys.readouterr()
    command(*(run if a == "RUN" else a for a in arguments), code=2)
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("linksim: ") and re.search(message, said)
    assert (tmp_path / "study" / "study.html").read_bytes() == before


def test_which_addresses_are_of_this_machine():
    assert all(map(_is_loopback, ("127.0.0.1", "::1", "localhost", "127.9.9.9")))
    assert not any(map(_is_loopback, ("0.0.0.0", "::", "192.168.0.2", "example.org")))
