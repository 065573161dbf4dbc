"""Every set of weights that ships: whole, as its card says, and as good as its card says."""

import numpy as np
import pytest
from codec_kinds import SMALL, stirred

from linksim import zoo
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.training import RECIPES, Recipe
from linksim.zoo.catalog import merged
from linksim.zoo.export import golden_output
from linksim.zoo.weights import load_weights, save_weights


@pytest.mark.parametrize("name", zoo.names())
def test_entry_is_what_its_card_says(name):
    """Name, recipe, hash and golden output agree; an intended change is a new card."""
    card = zoo.read_card(zoo.find(name))
    assert card.name == name
    # The card says how it was trained; the recipe of today may train longer, or better, but the same model.
    trained, today = Recipe(**card.recipe).to_dict(), RECIPES[name].to_dict()
    same = ("name", "codec", "options", "data", "snr_db", "channel")
    assert {key: trained[key] for key in same} == {key: today[key] for key in same}
    assert card.steps <= trained["steps"]
    np.testing.assert_allclose(zoo.golden_output(zoo.load(name)), card.golden, atol=2e-4)


def test_the_zoo_holds_what_the_scenarios_need():
    needed = {f"deepjscc/cifar10-{r}-snr{s}" for r in ("1_6", "1_12") for s in (1, 4, 7, 10, 13, 19)}
    needed |= {
        f"{codec}/cifar10-awgn-2x1_12-snr{s}"
        for codec in ("multiple-decoders", "single-decoder", "residual")
        for s in (1, 4, 7, 13, 19)
    }
    needed |= {f"multiple-decoders/cifar10-rayleigh-slow-2x1_12-snr{s}" for s in (1, 4, 7, 13, 19)}
    needed |= {f"multiple-decoders/cifar10-awgn-5x1_12-snr{s}" for s in (1, 4, 7, 13, 19)}
    needed |= {f"multiple-decoders/cifar10-awgn-{n}x1_12-snr13" for n in (3, 4)}
    needed |= {"adaptive/cifar10-awgn-6x1_24", "multiple-decoders/photos-awgn-5x1_48-snr13"}
    needed |= {"lic/photos", "lic/photos-z8"}
    assert needed | {"deepjscc/photos-1_16-snr10"} <= set(zoo.names())


@pytest.mark.slow
def test_cifar10_weights_reach_the_weakest_honest_reproduction(data_folder):
    """PSNR of the mean MSE at 10 dB on the first 2000 test pictures, against 28.15 (1/6) and 25.48 (1/12).

    The subset is worth 0.1 dB of slack; the scenario `cifar10_awgn` measures all 10,000.
    """
    from linksim import AnalogLink, images
    from linksim.phy import Awgn

    pictures = images.load("cifar10", 2000)
    for rate, floor in (("1_6", 28.15), ("1_12", 25.48)):
        link = AnalogLink(zoo.load(f"deepjscc/cifar10-{rate}-snr10"), Awgn())
        (outcomes,) = link.transmit(pictures, 10.0, range(1)).layers[0]
        sent = np.stack([p.pixels for p in pictures])[outcomes.picture]
        mse = np.mean((sent.astype(float) - outcomes.load_pixels()) ** 2)
        assert 10 * np.log10(255**2 / mse) > floor - 0.1


def test_one_flipped_byte_is_found(tmp_path):
    source = zoo.find("deepjscc/cifar10-1_6-snr10")
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    data = bytearray((tmp_path / "weights.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "weights.h5").write_bytes(data)
    with pytest.raises(LinksimError, match="not the file its card describes"):
        zoo.load(tmp_path)
    assert (tmp_path / "weights.h5").read_bytes() == bytes(data)


def test_weights_of_another_network_are_refused(tmp_path):
    save_weights(tmp_path / "w.h5", create("deepjscc", {"latent_channels": 4}))
    with pytest.raises(LinksimError, match="shape"):
        load_weights(tmp_path / "w.h5", create("deepjscc", {"latent_channels": 6}))
    with pytest.raises(LinksimError, match="does not belong"):
        load_weights(tmp_path / "w.h5", create("deepjscc-gdn", {"latent_channels": 4, "filters": 4}))


def test_unknown_damaged_and_missing_entries_are_one_line(tmp_path):
    with pytest.raises(LinksimError, match="linksim list zoo"):
        zoo.load("deepjscc/none")
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(LinksimError, match="card.json is damaged"):
        zoo.load(tmp_path)


def test_options_replace_those_of_the_card():
    """Where the weights stay as they are; others are refused, and unknown ones."""
    name = "deepjscc/cifar10-1_6-snr10"
    assert zoo.load(name, {"latent_channels": 16}).fingerprint() == zoo.load(name).fingerprint()
    with pytest.raises(LinksimError, match="shape"):
        zoo.load(name, {"latent_channels": 8})
    with pytest.raises(LinksimError, match="does not take these options"):
        zoo.load(name, {"colour": "blue"})
    inside = merged({"base": {"steps": 2, "classes": 0}, "channels": 16}, {"base": {"shown_steps": 1}})
    assert inside == {"base": {"steps": 2, "classes": 0, "shown_steps": 1}, "channels": 16}


def test_float16_is_all_that_weights_lose(tmp_path):
    codec = create("deepjscc", {"latent_channels": 4})
    save_weights(tmp_path / "w.h5", codec)
    twin = create("deepjscc", {"latent_channels": 4})
    load_weights(tmp_path / "w.h5", twin)
    for a, b in zip(codec.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a.astype(np.float16).astype(np.float32), b)


@pytest.mark.parametrize("kind", ["rgan", "ds2c2", "deepjscc"])
def test_a_golden_output_of_whatever_a_codec_sends(kind):
    """Bytes, bytes and bits, symbols: twelve numbers."""
    codec = stirred(create(kind, SMALL[kind]))
    golden = golden_output(codec)
    assert len(golden) == 12 and np.ptp(golden) > 0
    codec.set_weights([w + 0.05 for w in codec.get_weights()])
    assert golden_output(codec) != golden
