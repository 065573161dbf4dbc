"""Received pictures are kept, and a panel needs no link."""

import json

import numpy as np
import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set
from PIL import Image

from linksim.montecarlo import Sweep


def sweep(folder, links=None, **change):
    links = links or [Best([CliffLink("a", 2), CliffLink("b", 6)]), NoisyLink()]
    return Sweep("s", links, picture_set(), **{"snr_db": [0, 8], "max_draws": 4, "out": folder, **change})


def index(folder):
    return json.loads((folder / "received" / "index.json").read_text())


class Silent(NoisyLink):
    silent = False

    def transmit(self, *arguments):
        assert not self.silent, "transmitted again"
        return super().transmit(*arguments)

    def fingerprint(self):
        return "silent"


def test_what_the_panel_shows_is_kept(tmp_path):
    result = sweep(tmp_path).run()
    result.save()
    entries = index(tmp_path)
    assert [(e["link"], e["layer"], e["picture"], e["value"]) for e in entries] == [
        ("", 0, "p0", None),
        ("best", 0, "p0", 8.0),
        ("noisy", 0, "p0", 8.0),
    ]
    assert [e["note"] for e in entries] == ["", result.chosen["best"][8.0][0], ""]
    files = {p.name for p in (tmp_path / "received").iterdir()}
    assert files == {"index.json", *(e["file"] for e in entries)}
    received = NoisyLink().transmit(picture_set()[:1], 8.0, range(1)).layers[0][0].load_pixels()[0]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "received" / entries[2]["file"])), received)


def test_a_panel_is_drawn_again_without_a_transmission(tmp_path):
    link = Silent()
    sweep(tmp_path, [link]).run().save()
    link.silent = True
    again = sweep(tmp_path, [link]).run()
    again.save()
    with pytest.raises(AssertionError, match="transmitted again"):
        again.panel(0.0)
    link.silent = False
    again.panel(0.0)
    link.silent = True
    again.panel(0.0)
    assert {e["value"] for e in index(tmp_path)} == {None, 0.0, 8.0}


def test_pictures_are_kept_at_every_value_where_that_is_asked(tmp_path):
    sweep(tmp_path, keep_pictures=2).run().save()
    entries = index(tmp_path)
    assert {(e["link"], e["picture"], e["value"]) for e in entries if e["link"]} == {
        (link, picture, value) for link in ("best", "a", "b", "noisy") for picture in ("p0", "p1") for value in (0, 8)
    }
    assert not next(e for e in entries if (e["link"], e["value"]) == ("b", 0.0))["delivered"]
    sweep(tmp_path).run().save()
    assert index(tmp_path) == entries, "a later run without it throws nothing away"


def test_another_version_of_a_link_is_received_anew(tmp_path):
    sweep(tmp_path, [NoisyLink()]).run().save()
    before = index(tmp_path)[1]
    sweep(tmp_path, [NoisyLink(spread=0.9)]).run().save()
    after = index(tmp_path)[1]
    assert before["file"] != after["file"] and len(index(tmp_path)) == 2


class Learned(NoisyLink):
    """A link of two models, one of which says which weights it has; no other link says a word of any."""

    models = ("a/first", "a/second")
    model_weights = {"a/first": "0" * 64}  # noqa: RUF012


def test_a_run_says_which_weights_ran(tmp_path):
    links = [Best([CliffLink("a", 2), Learned()])]
    sweep(tmp_path, links).run()
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["links"]["noisy"]["models"] == ["a/first", "a/second"]
    assert run["links"]["noisy"]["weights"] == {"a/first": "0" * 64}
    assert not any("weights" in run["links"][name] for name in ("best", "a"))


def test_a_run_leaves_table_and_provenance_without_save(tmp_path):
    links = [Best([CliffLink("a", 2), CliffLink("b", 6)]), NoisyLink()]
    links[1].tags = {"scheme": "noise", "cbr": 1 / 12}
    sweep(tmp_path, links).run()
    assert {p.name for p in tmp_path.iterdir()} == {"curve.csv", "pictures.csv", "run.json", "units"}
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["axis"] == {"name": "snr_db", "label": "SNR, Es/N0 (dB)", "values": [0.0, 8.0]}
    assert list(run["links"]) == ["best", "a", "b", "noisy"]
    assert run["links"]["noisy"]["tags"] == {"scheme": "noise", "cbr": 1 / 12}
    assert run["links"]["best"] == {"fingerprint": None, "layers": 1, "tags": {}}
    assert [f["kind"] for f in run["figures"]] == ["curves", "panel"] and run["reference"] is None
    assert len(run["runs"]) == 1
