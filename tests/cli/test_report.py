"""`linksim report` and `linksim show --web`."""

import re
import webbrowser

import pytest
from result_folders import keep_pictures, table, write_folder

from linksim.cli.app import main


def command(*arguments):
    """A command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0


def test_all_results_here_become_a_site(tmp_path, monkeypatch, capsys):
    for name in ("one", "two"):
        write_folder(tmp_path / "results" / name, table({"a": 1 / 6}))
    (tmp_path / "results" / "README.md").write_text(
        "| scenario | what came out |\n|---|---|\n| [one](one/README.md) | ![](one/curve.png) As *published*. |\n"
    )
    monkeypatch.chdir(tmp_path)
    command("report")
    assert capsys.readouterr().out == "site/index.html\n"
    index = (tmp_path / "site" / "index.html").read_text()
    assert "As published." in index and (tmp_path / "site" / "two" / "index.html").exists()
    assert (tmp_path / "site" / "assets" / "vendor" / "LICENSES.txt").exists()
    command("report", "results/two", "--out", "site")
    assert not (tmp_path / "site" / "one").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "results holds no finished results"),
        (["nowhere"], "nowhere/curve.csv does not exist"),
        (["s", "--scores", "beauty"], "beauty"),
        (["s", "--scores", "bits_ones"], "no measure|bits_ones"),
        (["s", "--out", "s"], "s exists and is no site of before"),
    ],
)
def test_mistakes_are_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    keep_pictures(write_folder(tmp_path / "s", table({"a": 1 / 6})), {"a": 1})
    with pytest.raises(SystemExit) as stopped:
        main(["report", *arguments])
    said = capsys.readouterr().err.strip().splitlines()
    assert stopped.value.code == 2 and re.search(message, said[-1]) and said[-1].startswith("linksim: ")
    assert not (tmp_path / "site").exists()


def test_a_page_opens_in_the_browser(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    for _ in range(2):  # made anew each time
        command("show", str(folder), "--web")
    page = capsys.readouterr().out.split()[0]
    assert opened == [f"file://{page}"] * 2 and "cache" in page and page.endswith("/s/index.html")
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    command("show", str(folder), "--web")
    assert "no browser here" in capsys.readouterr().err
