"""Models for learned image compression as one source codec: ordered by what they spend, sent over a link."""

import json
import pickle
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim import zoo
from linksim.errors import LinksimError
from linksim.training import Recipe
from linksim.training.phase import Phase
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


def test_one_model_gives_all_of_its_rates(tmp_path, monkeypatch):
    """And is the zoo's by default."""
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 1)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (smooth(2, side=64), smooth(1, side=64)))
    phases = (Phase("rate-distortion", 1, {"weight": [0.02, 0.01, 0.005]}),)
    recipe = replace(RECIPE, name="lic/photos", options={"filters": 4, "rates": 3}, phases=phases)
    train(recipe, tmp_path)
    module = sys.modules["linksim.zoo.lic"]
    monkeypatch.setattr(module, "find", lambda name: tmp_path / name)
    monkeypatch.setattr(module, "load", lambda name: zoo.load(tmp_path / name))
    source = Lic()
    assert list(source.qualities) == list(range(5)) and source.model_names == ("lic/photos",)
    assert len({model.fingerprint() for model in source.models}) == 5
    picture = smooth(1, side=64)[0]
    for quality in (0, 2, 4):
        stream = source.encode_at(picture, quality)
        assert stream[0] == stream[3] == quality
        np.testing.assert_array_equal(source.decode(stream), source.models[0].decompress(stream[1:]))
    with pytest.raises(LinksimError, match="says quality 9"):
        source.decode(stream[:3] + bytes([9]) + stream[4:])
    again = pickle.loads(pickle.dumps(source))
    assert again.fingerprint() == source.fingerprint()
    np.testing.assert_array_equal(again.decode(stream), source.decode(stream))
    with pytest.raises(LinksimError, match="many rates and stands alone"):
        Lic(["lic/photos", "lic/photos"])


def test_latents_are_searched_for_with_the_weights_of_the_cards(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 1)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (smooth(2, side=64), smooth(1, side=64)))
    for name, weight, rates in (("one", 0.013, 1), ("many", [0.02, 0.01], 2)):
        phases = (Phase("rate-distortion", 1, {"weight": weight}),)
        train(replace(RECIPE, name=f"lic/{name}", options={"filters": 4, "rates": rates}, phases=phases), tmp_path)
        plain, source = Lic([tmp_path / "lic" / name]), Lic([tmp_path / "lic" / name], refine_steps=2)
        assert source.models[0].refiner.weights == tuple(np.atleast_1d(weight))
        assert source.name == "LIC-GMM-AM, refined (2 steps)" and source.fingerprint() != plain.fingerprint()
        stream = source.encode_at(smooth(1, side=64)[0], len(source.models) - 1)
        again = pickle.loads(pickle.dumps(source))
        assert again.encode_at(smooth(1, side=64)[0], len(source.models) - 1) == stream
        np.testing.assert_array_equal(plain.decode(stream), again.decode(stream))
    with pytest.raises(LinksimError, match="-1 steps of refinement"):
        Lic([tmp_path / "lic" / "one"], refine_steps=-1)


def test_a_model_without_weights_of_its_rates_on_its_card_is_not_refined(runs):
    with pytest.raises(LinksimError, match="does not name the weight"):
        Lic([runs / "lic/few"], refine_steps=1)


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
    with pytest.raises(LinksimError, match="no models are named"):
        Lic([])
