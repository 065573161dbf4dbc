"""A user's script is imported by its name, and whatever goes wrong in it is one line."""

import sys
from pathlib import Path

import pytest

from linksim.errors import LinksimError
from linksim.scripts import failed, import_script, split_name


@pytest.mark.parametrize(
    "text, file, name",
    [
        ("mine.py", "mine.py", ""),
        ("a/mine.py:first", "a/mine.py", "first"),
        ("mine.py:mine/first", "mine.py", "mine/first"),
        ("mine.py:a:b", None, "mine.py:a:b"),
        ("deepjscc/cifar10-1_6-snr10", None, "deepjscc/cifar10-1_6-snr10"),
    ],
)
def test_file_and_name(text, file, name):
    assert split_name(text) == (file and Path(file), name)


def test_a_script_is_imported_once_and_finds_what_stands_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "beside_it.py").write_text("VALUE = []\n")
    (tmp_path / "imports_it.py").write_text("from beside_it import VALUE\n")
    module = import_script(tmp_path / "imports_it.py")
    assert import_script(tmp_path / "imports_it.py") is module and module.VALUE == []
    assert Path.cwd() != tmp_path


def test_the_place_of_an_error_is_that_of_the_script(tmp_path, monkeypatch):
    """Not that of the library in which it was noticed."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "asks_badly.py").write_text("import json\n\n\ndef ask():\n    return json.loads('{')\n")
    ask = import_script(tmp_path / "asks_badly.py").ask
    try:
        ask()
    except ValueError as error:
        told = str(failed(tmp_path / "asks_badly.py", error))
    assert "asks_badly.py, line 5: JSONDecodeError" in told and "\n" not in told


@pytest.mark.parametrize("ending", ["sys.exit()", "sys.exit(0)", "raise SystemExit('enough')"])
def test_a_script_that_ends_does_not_end_linksim(tmp_path, monkeypatch, ending):
    """In silence, with the exit code of success."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "ends_at_once.py").write_text(f"import sys\n\n{ending}\n")
    with pytest.raises(LinksimError, match="ends_at_once.py, line 3: the script ends here; put .* under") as caught:
        import_script(tmp_path / "ends_at_once.py")
    assert "\n" not in str(caught.value)


def test_a_name_that_python_cannot_import(tmp_path, monkeypatch):
    """The file is renamed, there is nothing in it to be mended."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my.codec.py").write_text("")
    with pytest.raises(LinksimError, match="my.codec.py has a dot in its name, .*; call it my_codec.py"):
        import_script(tmp_path / "my.codec.py")


def test_a_name_that_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "json.py").write_text("")
    with pytest.raises(LinksimError, match="rename the script"):
        import_script(tmp_path / "json.py")
    with pytest.raises(LinksimError, match="there is no file"):
        import_script(tmp_path / "none.py")
