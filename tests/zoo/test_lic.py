"""Models for learned image compression as one source codec: ordered by what they spend, sent over a link."""

import json
import shutil
import sys

import numpy as np
import pytest
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim import zoo
from linksim.errors import LinksimError
from linksim.training import Recipe
from linksim.training.run import train
from linksim.zoo import Lic

RECIPE = Recipe(
    "lic/few", "lic", {"filters": 4}, steps=1, batch_size=1, loss="rate-distortion",
    snr_db=None, channel="bsc", error_probability=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A model that hardly learned anything, and the same with a card that says that it spends more."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "STEPS_PER_EPOCH", 1)
        patch.setattr(loop, "load_data", lambda recipe: (smooth(2, side=64), smooth(1, side=64)))
        train(RECIPE, root)
    shutil.copytree(root / "lic/few", root / "lic/many")
    card = json.loads((root / "lic/many/card.json").read_text())
    card |= {"name": "lic/many", "val_bpp": card["val_bpp"] + 1}
    (root / "lic/many/card.json").write_text(json.dumps(card))
    return root


def test_models_stand_by_what_they_spend(runs):
    for entries in (("lic/few", "lic/many"), ("lic/many", "lic/few")):
        ladder = Lic([runs / name for name in entries])
        assert [model.title for model in ladder.models] == ["lic/many", "lic/few"]
        assert list(ladder.qualities) == [0, 1]


def test_models_for_lost_bits_are_no_rungs(runs, monkeypatch):
    """All of the zoo's, but those that send latents in bits."""
    shutil.copytree(runs / "lic/few", runs / "lic/lossy", dirs_exist_ok=True)
    card = json.loads((runs / "lic/lossy/card.json").read_text())
    card["recipe"]["options"]["fixed_bits"] = 8
    (runs / "lic/lossy/card.json").write_text(json.dumps(card))
    module = sys.modules["linksim.zoo.lic"]
    monkeypatch.setattr(module, "find", lambda name: runs / name)
    monkeypatch.setattr(module, "load", lambda name: zoo.load(runs / name))
    for there, ladder in ((["lic/few", "lic/lossy", "lic/many"], ["lic/many", "lic/few"]), (["lic/lossy"], None)):
        monkeypatch.setattr(module, "names", lambda there=there: there)
        if ladder:
            assert [model.title for model in Lic().models] == ladder
        else:
            with pytest.raises(LinksimError, match="no models of lic"):
                Lic()


def test_a_link_sends_the_best_that_fits(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    from linksim import CapacityLink, SeparationLink
    from linksim.images.picture import Picture
    from linksim.phy import Awgn, get_mcs

    source = Lic([runs / "lic/few", runs / "lic/many"])
    picture = smooth(1, side=70)[0][:33]
    streams = [source.encode_at(picture, quality) for quality in source.qualities]
    shown = [source.decode(stream) for stream in streams]
    links = [SeparationLink(source, get_mcs("4-QAM 1/2"), Awgn(), cbr=1.0), CapacityLink(source, Awgn(), cbr=1.0)]
    for link in links:
        assert link.name.startswith("LIC-GMM-AM")
        (outcomes,) = link.transmit([Picture("one", picture)], 20.0, range(1)).layers[0]
        assert any(np.array_equal(outcomes.load_pixels()[0], each) for each in shown)
        assert dict(link.model_weights) == {name: zoo.stored_digest(runs / name) for name in ("lic/few", "lic/many")}


def test_what_is_no_such_model_is_refused(runs):
    with pytest.raises(LinksimError, match="no model of lic"):
        Lic(["deepjscc/cifar10-1_6-snr10"])
    with pytest.raises(LinksimError, match="no weights"):
        Lic(["lic/nothing"])
    with pytest.raises(LinksimError, match="has no models of lic; train some"):
        Lic([])
