"""Facts about links whose codec sends several layers."""

import pickle

import numpy as np
import pytest
from link_fakes import lively

from linksim.codecs.conversation import receive, rehearse
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import AnalogLink, transceiver
from linksim.phy import Awgn, RayleighSlow
from linksim.phy.rng import draw_keys, picture_key

SCHEMES = {
    "adaptive": {"filters": 8, "blocks": 1},
    "multiple-decoders": {},
    "residual": {},
    "residual, feedback": {},
    "single-decoder": {},
}


def make(scheme, **options):
    codec = create(scheme.split(",")[0], {"layer_channels": (2, 4), **SCHEMES[scheme], **options})
    return lively(codec, 1.0 if scheme == "adaptive" else 2.0)


def link_of(scheme, channel, **options):
    """A link of that scheme, with three realisations where it estimates."""
    return AnalogLink(make(scheme, **options), channel, feedback="feedback" in scheme, realizations=3)


def pictures(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [Picture(str(i), rng.integers(0, 256, (*s, 3), dtype=np.uint8)) for i, s in enumerate(sizes)]


def shown(reception, layer, picture):
    """Pixels `int [D, H, W, 3]` of one picture after one layer."""
    found = [o.load_pixels()[o.picture == picture] for o in reception.layers[layer]]
    return np.concatenate([pixels for pixels in found if len(pixels)]).astype(int)


@pytest.fixture(params=sorted(SCHEMES), scope="module")
def connect(request):
    """A function from a channel to a link, always of the same weights."""
    codec = make(request.param)
    return lambda channel: AnalogLink(codec, channel, feedback="feedback" in request.param, realizations=3)


@pytest.mark.parametrize("scheme", ["multiple-decoders", "residual", "residual, feedback", "single-decoder"])
def test_bandwidth_adds_up_over_the_layers(scheme):
    """Eight channels each on 32x32: 1/12 after the first layer, 1/6 after the second."""
    link = link_of(scheme, Awgn(), layer_channels=(8, 8))
    reception = link.transmit(pictures([(32, 32)]), 10.0, range(1))
    assert len(reception.layers) == link.num_layers == 2
    uses = [layer[0].channel_uses for layer in reception.bandwidth]
    assert [k / (3 * 32 * 32) for k in uses] == [1 / 12, 1 / 6]
    assert reception.bandwidth[1][0].items == {"layer 1": 256, "layer 2": 256}


@pytest.mark.parametrize("channel", [Awgn(), RayleighSlow(csi=True)], ids=lambda c: c.label)
def test_batches_company_and_splits_change_nothing(connect, channel, monkeypatch):
    """One call, or a picture and a few draws at a time through a network that takes 100 pixels: the same pictures."""
    some = pictures([(8, 12), (5, 7), (8, 12)])
    whole = connect(channel).transmit(some, 5.0, range(4), seed=5)
    monkeypatch.setattr(transceiver, "_batch_pixels", lambda: 100)
    link = connect(channel)
    parts = [link.transmit(some[2:], 5.0, draws, seed=5) for draws in (range(1), range(1, 4))]
    for layer in range(2):
        split = np.concatenate([shown(part, layer, 0) for part in parts])
        assert np.abs(shown(whole, layer, 2) - split).max() <= 1
        assert shown(whole, layer, 1).shape == (4, 5, 7, 3)


def test_a_worker_sees_the_same(connect):
    """A link that went through pickle has the same fingerprint and shows the same pictures."""
    link, some = connect(RayleighSlow()), pictures([(5, 7)])
    before = link.transmit(some, 8.0, range(2))
    there = pickle.loads(pickle.dumps(link))
    assert there.fingerprint() == link.fingerprint() and there.num_layers == 2
    after = there.transmit(some, 8.0, range(2))
    for layer in range(2):
        assert np.array_equal(shown(before, layer, 0), shown(after, layer, 0))


@pytest.mark.parametrize("channel", [Awgn(), RayleighSlow()], ids=lambda c: c.label)
@pytest.mark.parametrize("scheme", ["adaptive", "multiple-decoders", "single-decoder"])
def test_layers_of_a_draw_are_one_transmission(scheme, channel):
    """Both layers are what the codec makes of one received vector: one fade, one stream of noise."""
    codec, (picture,) = make(scheme), pictures([(8, 12)])
    reception = AnalogLink(codec, channel).transmit([picture], 6.0, range(3), seed=2)
    x = picture.pixels[None] / np.float32(255)
    symbols = np.concatenate(rehearse(codec, x, 6.0)[0], axis=1) @ np.array([1, 1j])
    keys = draw_keys(picture_key(channel.noise_identity, picture.sha256, 2), range(3))
    y = channel(np.repeat(symbols, 3, axis=0).astype(np.complex64), 6.0, keys).symbols.numpy()
    y = np.stack([y.real, y.imag], axis=-1)
    # The first layer is decoded from its own symbols alone; the last from all of them.
    for layer, arrived in enumerate(([y[:, :6]], [y[:, :6], y[:, 6:]])):
        by_hand = np.rint(255 * np.clip(receive(codec, arrived, np.float32(6.0), (8, 12))[-1], 0, 1))
        assert np.abs(shown(reception, layer, 0) - by_hand).max() <= 1


def test_feedback_changes_only_later_layers():
    """The first layer is the same with and without feedback, draw by draw; the second is not."""
    guess = make("residual")
    some = pictures([(8, 8)])
    with_feedback, without = (
        AnalogLink(guess, RayleighSlow(), feedback=told).transmit(some, 5.0, range(3)) for told in (True, False)
    )
    assert np.array_equal(shown(with_feedback, 0, 0), shown(without, 0, 0))
    assert not np.array_equal(shown(with_feedback, 1, 0), shown(without, 1, 0))


def test_an_encoder_that_is_told_the_snr_encodes_once_per_snr():
    codec = make("adaptive")
    # Blocks start as a shortcut; stir them, so that the SNR matters.
    rng = np.random.default_rng(0)
    codec.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in codec.get_weights()])
    link, some = AnalogLink(codec, Awgn()), pictures([(8, 8)])
    for snr_db in (0.0, 20.0, 0.0):
        link.transmit(some, snr_db, range(2))
    low, high = (sent.symbols for sent in link._sent.values())
    assert not np.allclose(low, high, atol=1e-3)
    plain = AnalogLink(make("single-decoder"), Awgn())
    for snr_db in (0.0, 20.0):
        plain.transmit(some, snr_db, range(1))
    assert len(plain._sent) == 1


def test_wrong_power_of_a_layer_is_named():
    codec = make("multiple-decoders")
    encode = codec.encode_layers
    codec.encode_layers = lambda *a, **k: [layer * scale for layer, scale in zip(encode(*a, **k), (1.0, 2.0))]
    with pytest.raises(LinksimError, match="layer 2 .*power 4"):
        AnalogLink(codec, Awgn(), name="loud").transmit(pictures([(8, 12)]), 10.0, range(1))


def test_fingerprint_covers_the_transmitter():
    """The number of realisations and feedback matter where later layers depend on what was received, and only there."""
    ways = ({}, {"realizations": 3}, {"feedback": True})
    for scheme, distinct in (("residual", 3), ("multiple-decoders", 1)):
        codec = make(scheme)
        assert len({AnalogLink(codec, Awgn(), **way).fingerprint() for way in ways}) == distinct


def test_numbers_of_realisations_that_are_none_are_refused():
    for m in (0, 2.5):
        with pytest.raises(LinksimError, match="realizations"):
            AnalogLink(make("residual"), Awgn(), realizations=m)
