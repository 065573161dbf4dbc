"""Every notebook runs from top to bottom, and gives what is stored in it."""

import copy
from pathlib import Path

import pytest
from stored_notebooks import MOST_BYTES, differences, keep_small, texts_of

from linksim import metrics

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
STORED_METRICS = {"perceptual": ("lpips", "lpips_squeeze")}
"""Metrics in stored outputs that need files: on a machine without them, tables have other columns."""


@pytest.fixture
def update(request) -> bool:
    return request.config.getoption("--update-notebooks")


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path, tmp_path, update):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    stored = texts_of(copy.deepcopy(notebook))
    nbclient.NotebookClient(notebook, timeout=800, resources={"metadata": {"path": str(tmp_path)}}).execute()
    figures = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(figures) >= 3
    if update:
        nbformat.write(keep_small(notebook), path)
    elif missing := [name for name in STORED_METRICS.get(path.stem, ()) if metrics.get(name).missing()]:
        pytest.skip(f"it ran; its outputs are stored with {', '.join(missing)}, whose weights are not on this machine")
    else:
        assert not differences(stored, texts_of(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_outputs_are_stored_and_small(path):
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < MOST_BYTES
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    kinds = [kind for o in outputs for kind in o.get("data", {}) if kind.startswith("image/")]
    assert len(kinds) >= 3
    assert "LINKSIM" not in str(outputs) and "/tmp/" not in str(outputs)


@pytest.mark.parametrize(
    "stored, run, same",
    [
        ("mean 27.0211 dB", "mean 27.0214 dB", True),
        ("mean   27.02 dB", "mean 27.03 dB", True),
        ("mean 27.02 dB", "mean 27.52 dB", False),
        ("15000 symbols", "15001 symbols", True),
        ("15000 symbols", "15100 symbols", False),
        ("delivered 1.0", "lost 1.0", False),
        ("a 1.0", "a 1.0 2.0", False),
        ("NaN", "3.0", False),
    ],
)
def test_what_counts_as_the_same(stored, run, same):
    assert (not differences([stored], [run])) == same
