"""The house has floors, and the tool that guards them sees a step up."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter needs Python 3.11")
import grimp

ROOT = Path(__file__).resolve().parents[1]


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """`lint-imports` as CI runs it, on the copy of linksim in a folder."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache", "setup.cfg"]  # -c: the folder is where modules are found first
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path) -> Path:
    """A copy of the package and of its rules, without weights and tables."""
    shutil.copytree(
        ROOT / "linksim",
        tmp_path / "linksim",
        ignore=lambda _, names: [name for name in names if Path(name).suffix not in ("", ".py")],
    )
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def test_imports_run_downwards_only(house):
    run = lint_imports(house)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    "file, line, told",
    [
        ("pixels.py", "import linksim.images.picture", "linksim.pixels -> linksim.images.picture"),
        ("images/picture.py", "import linksim.source.rd", "linksim.images.picture -> linksim.source.rd"),
        ("source/rd.py", "import linksim.phy.mcs", "linksim.source.rd -> linksim.phy.mcs"),
        ("codecs/base.py", "import tensorflow", "linksim.codecs.base -> tensorflow"),
        ("phy/mcs.py", "import linksim.links.base", "linksim.phy.mcs -> linksim.links.base"),
        ("report/styles.py", "import linksim.montecarlo.table", "linksim.report.styles -> linksim.montecarlo.table"),
        ("links/base.py", "def f():\n    import linksim.cli.app", "linksim.links.base -> linksim.cli.app"),
        ("training/recipe.py", "def f():\n    import linksim.links.base", "training.recipe -> linksim.links.base"),
        ("source/points.py", "def f():\n    import linksim.source.tiled", "No cycles are allowed in linksim.source."),
    ],
)
def test_an_arrow_that_runs_up_is_refused(house, file, line, told):
    """At module level or inside a function, to another floor or around in a circle."""
    path = house / "linksim" / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    run = lint_imports(house)
    assert run.returncode == 1 and told in run.stdout, run.stdout


def test_no_two_modules_import_each_other():
    """Packages and what is in them included, which the contract of siblings does not look at."""
    assert circles(grimp.build_graph("linksim", cache_dir=None, exclude_type_checking_imports=True)) == []


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Groups of modules of which each imports, by way of others, every other of its group.

    A package does not count where it is the way to a module: Python runs `linksim.phy` before
    `linksim.phy.mcs`, and what is meant is the module.
    """
    reach = {module: graph.find_upstream_modules(module) for module in sorted(graph.modules)}
    groups = {
        tuple(sorted({module} | {other for other in up if module in reach[other]})) for module, up in reach.items()
    }
    return [list(group) for group in sorted(groups) if len(group) > 1]
