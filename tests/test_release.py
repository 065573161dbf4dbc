"""What is said in several places is the same in all of them."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_one_version_everywhere():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    version = setup["metadata"]["version"]
    assert re.search(rf"^version: {re.escape(version)}$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_types_are_shipped():
    """`py.typed` is in the package and in what a wheel takes along (PEP 561)."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert (ROOT / "linksim" / "py.typed").is_file()
    assert "py.typed" in setup["options.package_data"]["linksim"]


def test_ci_runs_the_checks_that_contributing_names():
    ci, page = ((ROOT / name).read_text(encoding="utf-8") for name in (".ci/run", "CONTRIBUTING.md"))
    for check in ("ruff check", "ruff format", "lint-imports", "mypy"):
        assert check in ci and check in page
