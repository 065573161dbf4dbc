"""Recipes in Python files, as the command meets them: what is wrong is one line and exit code 2."""

import itertools
import re
import sys

import pytest
from typer.testing import CliRunner

import linksim.training.run as run
from linksim.cli import app as cli
from linksim.errors import LinksimError
from linksim.training import get_recipe
from linksim.training.recipe_files import find_recipe, recipes_in

_numbers = itertools.count()

GOOD = """
from dataclasses import replace
from linksim.training import RECIPES, Recipe, get_recipe
from own_codec import Small
ONE = Recipe("mine/one", Small, {"latent_channels": 2}, data="sample", crop=32, steps=500)
MORE = [replace(ONE, name=f"mine/{n}") for n in ("two", "three")]
ZOO = replace(get_recipe("deepjscc/cifar10-1_6-snr10"), name="mine/zoo", steps=500)
NOT_ONE = {"name": "mine/one"}
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Writes a Python file of a name of its own: scripts are imported."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(text):
        path = tmp_path / f"recipes_of_a_test_{next(_numbers)}.py"
        path.write_text(text)
        return path

    return write


def test_recipes_of_a_file(script):
    """Those that it makes, alone, in lists and mappings; not those that it imports."""
    path = script(GOOD)
    assert list(recipes_in(path)) == ["mine/one", "mine/two", "mine/three", "mine/zoo"]
    assert find_recipe(f"{path}:ONE") is find_recipe(f"{path}:mine/one") is recipes_in(path)["mine/one"]
    assert find_recipe("deepjscc/cifar10-1_6-snr10") is get_recipe("deepjscc/cifar10-1_6-snr10")
    only = script(GOOD.partition("MORE")[0])
    assert find_recipe(str(only)).name == "mine/one"
    with pytest.raises(LinksimError, match="has 4 recipes; name one"):
        find_recipe(str(path))


def test_a_recipe_that_cannot_be_trained_is_in_nobody_elses_way(script):
    """A script may give its codec to `linksim.train`; whoever wants all recipes of the file hears of it."""
    path = script(GOOD + "LATER = Recipe('mine/later')\nNAMELESS = [Recipe('', Small), Recipe('', Small)]\n")
    assert find_recipe(f"{path}:ONE").name == "mine/one" and find_recipe(f"{path}:mine/two").name == "mine/two"
    with pytest.raises(LinksimError, match="has 7 recipes; name one, such as .*:mine/one"):
        find_recipe(str(path))
    with pytest.raises(LinksimError, match="has no recipe 'mine/four'; it has mine/one, .*, mine/later$"):
        find_recipe(f"{path}:mine/four")
    with pytest.raises(LinksimError, match="recipe 'mine/later' of .* has no codec"):
        recipes_in(path)


def test_they_are_listed(script):
    listed = CliRunner().invoke(cli.app, ["list", "recipes", str(script(GOOD))])
    assert listed.exit_code == 0, listed.output
    assert "own_codec:Small" in listed.output and "mine/three" in listed.output and "linear/" not in listed.output


@pytest.mark.parametrize(
    "text, name, says",
    [
        ("", "", "has no recipes; write RECIPE ="),
        ("VALUE = 3\n", ":VALUE", "has no recipes"),
        ("def f(:\n", "", "line 1: invalid syntax; mend the script"),
        ("import os\n\n1 / 0\n", "", "line 3: ZeroDivisionError: division by zero; mend the script"),
        ("import sys\nsys.exit()\n", "", "line 2: the script ends here"),
        ("import no_such_module\n", "", "line 1: ModuleNotFoundError"),
        (GOOD, ":mine/four", "has no recipe 'mine/four'; it has mine/one"),
        (GOOD, ":NOT_ONE", "NOT_ONE in .* is a value of type dict, no recipe"),
        (GOOD, ":Small", "Small in .* is the class Small, no recipe"),
        (GOOD + "TWICE = replace(ONE, steps=1000)\n", "", "two recipes called 'mine/one'"),
        (GOOD + "NONE = Recipe('mine/none')\n", ":mine/none", "recipe 'mine/none' of .* has no codec; give it one"),
        (GOOD + "NONE = Recipe('')\n", ":NONE", "a recipe of .* has no name; give it one"),
        (GOOD + "class Mine:\n    pass\nX = Recipe('mine/x', Mine)\n", "", "class Mine is no codec"),
        (GOOD + "X = Recipe('mine/x', Small, steps='many')\n", "", "line 9: TypeError"),
        (GOOD + "X = Recipe('mine/x', Small, colour=3)\n", "", "line 9: TypeError: .*colour"),
        (GOOD, ":ONE --steps 7", "multiple of 500"),
        (GOOD + "ONE = replace(ONE, options={'colour': 3})\n", ":ONE", "does not take these options"),
        (GOOD + "class Bad(Small):\n    def analyze(self, x, training=False):\n        return x.no_such\n"
                "BAD = replace(ONE, name='mine/bad', codec=Bad)\n", ":BAD", "line 11: AttributeError"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(script, tmp_path, capfd, text, name, says):
    name, *options = name.split() or [""]
    with pytest.raises(SystemExit) as end:
        cli.main(["train", f"{script(text)}{name}", "--out", str(tmp_path / "runs"), *options])
    said = capfd.readouterr().err
    assert end.value.code == 2 and said.startswith("linksim: ") and said.strip().count("\n") == 0, said
    assert re.search(says, said), said
    assert not list(tmp_path.rglob("checkpoint.h5"))


def test_a_file_that_is_not_there_or_not_wanted(tmp_path, script, capfd):
    for arguments, says in (
        (["train", f"{tmp_path}/none.py:ONE"], "there is no file"),
        (["list", "recipes", f"{tmp_path}/none.py"], "there is no file"),
        (["list", "zoo", str(script(GOOD))], "takes no file"),
        (["train", "--bundle", str(tmp_path / "kit"), f"{script(GOOD)}:ONE"], "a kit has the codecs of linksim only"),
    ):
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        said = capfd.readouterr().err
        assert end.value.code == 2 and says in said and said.strip().count("\n") == 0, said


def test_options_are_those_of_other_recipes(script, tmp_path, monkeypatch, capsys):
    """The recipe reaches the training with its class, its folder and its steps."""
    seen = []

    def training(recipe, folder, *others):
        seen.append((recipe.name, recipe.codec.__name__, recipe.steps, folder))
        raise LinksimError("seen; enough")

    monkeypatch.setattr(run, "Training", training)
    with pytest.raises(SystemExit):
        cli.main(["train", f"{script(GOOD)}:mine/two", "--out", str(tmp_path / "here"), "--steps", "1500"])
    assert seen == [("mine/two", "Small", 1500, tmp_path / "here" / "mine/two")]
