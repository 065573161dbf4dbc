"""Published results stay valid: their fingerprints are those of the links of today."""

import json
from importlib import metadata
from pathlib import Path

import pytest

from linksim import report
from linksim.cli import scenario_files
from linksim.errors import LinksimError
from linksim.links import AnalogLink

RESULTS = Path(__file__).resolve().parents[2] / "results"
PUBLISHED = sorted(path.parent.name for path in RESULTS.glob("*/run.json"))
_LIBRARIES = ("sionna", "tensorflow", "keras", "av", "Pillow")


def describe(name: str) -> dict:
    return json.loads((RESULTS / name / "run.json").read_text())


@pytest.mark.parametrize("name", PUBLISHED)
def test_fingerprints_are_those_of_today(name):
    """If this fails, a VERSION was raised that speaks for these numbers: run the scenario again and publish that."""
    run = describe(name)
    try:
        links = scenario_files.load(name).simulated_links()
    except LinksimError as error:
        pytest.skip(f"pictures or weights of {name} are not on this machine ({error})")
    assert set(links) == set(run["fingerprints"])
    changed = {name for name, (fingerprint, _) in links.items() if fingerprint != run["fingerprints"][name]}
    # What is to be run again says so, link by link, here and on its page.
    superseded = set(run.get("superseded", {}).get("links", ()))
    assert superseded <= changed, "these are valid: take them out of superseded"
    changed -= superseded
    here = {library: metadata.version(library) for library in _LIBRARIES}
    others = {library: version for library, version in here.items() if run["versions"].get(library) != version}
    # Learned links are the same with any library; image codecs and the real chain name the versions of theirs.
    assert not {name for name in changed if isinstance(links[name][1], AnalogLink)}
    if changed and others:
        pytest.skip(f"digital links of {name} were published with other libraries than {others}")
    assert not changed


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_page_says_what_is_to_be_run_again(name):
    said = describe(name).get("superseded")
    page = (RESULTS / name / "README.md").read_text()
    assert ("to be run again" in page) == (said is not None)
    assert said is None or (said["why"] in page and said["links"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_command_is_one_that_others_can_give(name):
    """Nothing that only one machine has: the scenario by its name, no folder, published points beside the results."""
    run = describe(name)
    commands = [run["command"], *(part["command"] for part in run.get("runs", ()))]
    for command in commands:
        assert command.startswith(f"linksim run {name}") and "--out" not in command
    assert not Path(run.get("reference") or "").is_absolute()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_folder_says_all_that_figures_need(name):
    found = report.read(RESULTS / name)
    assert found.figures and found.rows.axis.name == describe(name).get("axis", {}).get("name", "snr_db")
    shown = [figure for figure in found.figures if isinstance(figure, report.Curves)]
    assert all(report.curves(found.rows, figure).axes for figure in shown)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_was_not_simulated_again_says_so(name):
    """Numbers of before the present rule of fingerprints say which comparison they stand on."""
    said = describe(name).get("equivalence")
    if said is not None:
        assert said["compared"] and set(said["fingerprints_before"]) == set(describe(name)["fingerprints"])
