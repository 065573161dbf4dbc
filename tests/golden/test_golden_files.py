"""A changed output is noticed unless its VERSION was raised, and no one can hide it by writing it down."""

import numpy as np
import pytest
from golden_files import GoldenFiles

WHERE = "linksim/phy/example.py"
OUTPUT = np.linspace(-1, 1, 7, dtype=np.float32)


@pytest.fixture
def written(tmp_path) -> GoldenFiles:
    GoldenFiles(tmp_path, update=True).check("example", 3, OUTPUT, WHERE)
    return GoldenFiles(tmp_path)


def failure(golden: GoldenFiles, *args, **kwargs) -> str:
    with pytest.raises(pytest.fail.Exception) as error:
        golden.check(*args, **kwargs)
    return str(error.value)


def test_the_same_output_passes(written):
    written.check("example", 3, OUTPUT, WHERE)
    written.check("example", 3, OUTPUT * (1 + 1e-6), WHERE)  # what another processor may round


def test_a_changed_output_names_the_version_to_raise(written):
    message = failure(written, "example", 3, OUTPUT * 1.01, WHERE)
    assert "example" in message and f"VERSION in {WHERE}" in message and "--update-golden" in message


@pytest.mark.parametrize("changed", [OUTPUT[:-1], OUTPUT.astype(int), OUTPUT.astype(complex), OUTPUT.reshape(1, 7)])
def test_another_shape_or_kind_is_a_change(written, changed):
    assert "has changed" in failure(written, "example", 3, changed, WHERE)


def test_a_raised_version_asks_for_the_new_output(written):
    message = failure(written, "example", 4, OUTPUT * 2, WHERE)
    assert "was raised" in message and "--update-golden" in message


def test_update_writes_where_the_version_was_raised(written):
    GoldenFiles(written.folder, update=True).check("example", 4, OUTPUT * 2, WHERE)
    written.check("example", 4, OUTPUT * 2, WHERE)


def test_update_does_not_hide_a_change_under_the_same_version(written):
    before = (written.folder / "example.json").read_bytes()
    assert "has changed" in failure(GoldenFiles(written.folder, update=True), "example", 3, OUTPUT * 2, WHERE)
    assert (written.folder / "example.json").read_bytes() == before


def test_update_leaves_what_has_not_changed(written):
    before = (written.folder / "example.json").read_bytes()
    GoldenFiles(written.folder, update=True).check("example", 3, OUTPUT * (1 + 1e-6), WHERE)
    assert (written.folder / "example.json").read_bytes() == before


@pytest.mark.parametrize("update", [False, True])
def test_a_version_never_goes_down(written, update):
    assert "only goes up" in failure(GoldenFiles(written.folder, update), "example", 2, OUTPUT, WHERE)


def test_a_missing_file_fails(tmp_path):
    """Otherwise a file that was never committed would check nothing."""
    assert "--update-golden" in failure(GoldenFiles(tmp_path), "example", 1, OUTPUT, WHERE)


@pytest.mark.parametrize("output", [[1, 2, 3], ["ab", "cd"], [True, False], np.arange(3, dtype=np.uint8)])
def test_integers_and_strings_are_exact(tmp_path, output):
    GoldenFiles(tmp_path, update=True).check("exact", 1, output, WHERE)
    GoldenFiles(tmp_path).check("exact", 1, output, WHERE)
    changed = list(output)
    changed[0] = "ac" if isinstance(changed[0], str) else not changed[0] if isinstance(changed[0], bool) else 1000
    assert "1 of" in failure(GoldenFiles(tmp_path), "exact", 1, changed, WHERE)


def test_complex_and_not_a_number(tmp_path):
    output = np.array([1 + 2j, np.nan, 3 - 1e-7j])
    GoldenFiles(tmp_path, update=True).check("complex", 1, output, WHERE)
    GoldenFiles(tmp_path).check("complex", 1, output, WHERE)
    assert "has changed" in failure(GoldenFiles(tmp_path), "complex", 1, output.conj(), WHERE)


def test_large_outputs_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at most 4096"):
        GoldenFiles(tmp_path).check("large", 1, np.zeros(5000), WHERE)
