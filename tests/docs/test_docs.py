"""README and docs: links lead somewhere, examples are Python, commands and options exist."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import linksim
from linksim import zoo
from linksim.cli.app import app

ROOT = Path(linksim.__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_examples_are_python(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / target).exists(), target
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(code, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page):
    text = page.read_text(encoding="utf-8")
    used = [line for line in re.findall(r"linksim [a-z]+[^\n`&|]*", text)]
    for line in used:
        name, *words = line.split()[1:]
        of_group = words[:1] if name in ("zoo", "study") else []
        known = CliRunner().invoke(app, [name, *of_group, "--help"])
        if known.exit_code:
            assert name not in ("run", "plot", "show", "list", "train", "bench", "merge", "zoo", "report", "study"), (
                line
            )
            continue  # a sentence that begins with the name of the project
        for option in (word for word in words if word.startswith("--")):
            assert option in known.output, line


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "notebooks").glob("*.ipynb"))], ids=lambda page: page.name)
def test_models_that_are_named_are_in_the_zoo(page):
    text = page.read_text(encoding="utf-8")
    # a codec of the reader's own, whose class is given, is in no zoo
    named = re.findall(r"zoo\.load\(\\?\"([^\"\\]+)\\?\"(?!, codec=)", text)
    assert set(named) <= set(zoo.names())


def test_the_two_commands_of_continuous_integration_are_in_the_readme():
    text = PAGES[0].read_text(encoding="utf-8")
    for name in ("run", "test"):
        assert re.search(rf"^<!-- ci: {name} -->\n```\n[^\n]+\n```$", text, re.MULTILINE), name
