"""Facts about what the transmitter of residual transmission subtracts."""

import pickle

import keras
import numpy as np
import pytest
from link_fakes import lively

from linksim.codecs.conversation import rehearse
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import AnalogLink, transceiver
from linksim.phy import Awgn, RayleighSlow
from linksim.phy._tf import tf
from linksim.phy.rng import draw_keys, picture_key

SIZE = (5, 7)
PICTURE = Picture("one", np.random.default_rng(3).integers(0, 256, (*SIZE, 3), dtype=np.uint8))
X = PICTURE.pixels[None] / np.float32(255)


@pytest.fixture(scope="module")
def codec():
    keras.utils.set_random_seed(4)
    return lively(create("residual", {"layer_channels": (2, 4, 2)}))


def pairs(symbols):
    return np.stack([symbols.real, symbols.imag], axis=-1).astype(np.float32)


def complex_of(symbols):
    symbols = np.array(symbols)
    return (symbols[..., 0] + 1j * symbols[..., 1]).astype(np.complex64)


def outputs(codec, channel, layer, symbols, m, seed, snr_db):
    """What layer adds in each of m realisations of the transmitter's own, `float64 [m, H, W, 3]`."""
    identity = f"estimate {layer + 1}/{channel.noise_identity}"
    keys = draw_keys(picture_key(identity, PICTURE.sha256, seed), range(m))
    y = channel(np.repeat(symbols, m, axis=0), snr_db, keys).symbols.numpy()
    return np.array(codec.layer_output(layer, pairs(y), SIZE), np.float64)


@pytest.mark.parametrize("channel", [Awgn(), RayleighSlow()], ids=lambda c: c.label)
@pytest.mark.parametrize("m", [1, 10, 200])
def test_the_residual_is_the_picture_minus_mean_outputs(codec, channel, m):
    """Layer by layer by hand, in float64, over the first m of 200 realisations: the same symbols."""
    link = AnalogLink(codec, channel, realizations=m)
    sent = link._encode([PICTURE], 4.0, seed=7)
    estimate, symbols = 0.0, [complex_of(codec.encode_layer(0, X))]
    for layer in (1, 2):
        estimate = estimate + outputs(codec, channel, layer - 1, symbols[-1], 200, 7, 4.0)[:m].mean(axis=0)
        symbols.append(complex_of(codec.encode_layer(layer, X, np.float32(estimate)[None])))
    np.testing.assert_allclose(sent.symbols, np.concatenate(symbols, axis=1), atol=2e-4)


def test_more_realisations_come_closer_to_the_mean(codec):
    """The distance to the mean of 4000 others falls about as 1 / sqrt(m)."""
    symbols = complex_of(codec.encode_layer(0, X))
    truth = outputs(codec, Awgn(), 0, symbols, 4000, 99, 4.0).mean(axis=0)
    spread = outputs(codec, Awgn(), 0, symbols, 4000, 99, 4.0).std(axis=0).mean()
    root = picture_key("estimate 1/awgn", PICTURE.sha256, 0)[None]
    for m in (1, 10, 200):
        estimating = AnalogLink(codec, Awgn(), realizations=m).transceiver
        mean = estimating.mean_answer(0, symbols, root, 4.0, SIZE)[0]
        assert 0.3 < np.abs(mean - truth).mean() * np.sqrt(m) / spread < 2.0


def test_an_estimate_depends_neither_on_company_nor_on_memory(codec, monkeypatch):
    """One picture among others, or alone in batches of 100 pixels: the same estimate."""
    others = [Picture(str(i), np.random.default_rng(i).integers(0, 256, (*SIZE, 3), dtype=np.uint8)) for i in range(3)]
    together = AnalogLink(codec, Awgn(), realizations=50)._encode([*others, PICTURE], 4.0, seed=1).symbols[-1]
    monkeypatch.setattr(transceiver, "_batch_pixels", lambda: 100)
    alone = AnalogLink(codec, Awgn(), realizations=50)._encode([PICTURE], 4.0, seed=1).symbols[0]
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_the_estimate_is_made_once_per_snr_and_seed(codec):
    """All draws of one SNR and seed get the same symbols; another SNR or seed has others."""
    link = AnalogLink(codec, Awgn(), realizations=1)
    once = link._encode([PICTURE], 4.0, 1)
    assert link._encode([PICTURE], 4.0, 1) is once
    for snr_db, seed in ((5.0, 1), (4.0, 2)):
        assert not np.allclose(link._encode([PICTURE], snr_db, seed).symbols, once.symbols, atol=1e-4)


def test_feedback_over_a_perfect_channel_is_what_the_codec_does(codec):
    """At 100 dB the receiver has what a transmitter over a perfect channel thinks it has."""
    reception = AnalogLink(codec, Awgn(), feedback=True).transmit([PICTURE], 100.0, range(2))
    by_hand = rehearse(codec, X, 100.0)[1]
    for outcomes, expected in zip(reception.layers, by_hand, strict=True):
        difference = outcomes[0].load_pixels() - np.rint(255.0 * np.array(expected))
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("channel", [Awgn(), RayleighSlow()], ids=lambda c: c.label)
def test_feedback_subtracts_what_this_draw_has(codec, channel):
    """By hand: the noise and fade of a draw, symbol by symbol, are those of the link without feedback."""
    reception = AnalogLink(codec, channel, feedback=True).transmit([PICTURE], 6.0, range(3), seed=2)
    keys = draw_keys(picture_key(channel.noise_identity, PICTURE.sha256, 2), range(3))
    ends = np.cumsum([0, *codec.layer_symbols(*SIZE)])
    noise = channel(np.zeros((3, ends[-1]), np.complex64), 6.0, keys).symbols.numpy()
    h, total = np.array(channel.fading(keys, int(ends[-1]))), None
    for layer, outcomes in enumerate(reception.layers):
        symbols = complex_of(codec.encode_layer(layer, np.repeat(X, 3, axis=0), total))
        y = h * symbols + noise[:, ends[layer] : ends[layer + 1]]
        output = np.array(codec.layer_output(layer, pairs(y), SIZE))
        total = output if total is None else total + output
        assert np.abs(outcomes[0].load_pixels() - np.rint(255 * np.clip(total, 0, 1))).max() <= 1


@pytest.mark.parametrize("feedback", [False, True])
def test_every_layer_is_sent_at_power_one(codec, feedback):
    """What the channel is given, draw by draw: power 1 in every layer, also where it is made for what this
    draw's receiver has; with feedback each layer starts where the one before ended."""
    seen, ends = [], np.cumsum([0, *codec.layer_symbols(*SIZE)])

    class Spied(Awgn):
        def call(self, x, no, keys, start):
            def see(x):
                seen.append((int(start), x))
                return x

            x = tf.ensure_shape(tf.numpy_function(see, [x], tf.complex64), x.shape)
            return super().call(x, no, keys, start)

    AnalogLink(codec, Spied(), feedback=feedback, realizations=2).transmit([PICTURE], 6.0, range(5))
    # Estimates of the transmitter's own meet two realisations, not five draws.
    sent = sorted(((start, x) for start, x in seen if len(x) == 5), key=lambda item: item[0])
    whole = np.concatenate([x for _, x in sent], axis=1)
    assert [start for start, _ in sent] == (list(ends[:-1]) if feedback else [0])
    for layer in np.split(whole, ends[1:-1], axis=1):
        np.testing.assert_allclose(np.mean(np.abs(layer) ** 2, axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize("feedback", [False, True])
def test_layers_of_wrong_shapes_and_values_are_refused(codec, feedback):
    for method, wrong in {
        "encode_layer": lambda symbols: symbols[:, 1:],
        "layer_output": lambda pictures: pictures[:, :, :, :2],
    }.items():
        twin = pickle.loads(pickle.dumps(codec))
        own = getattr(twin, method)
        setattr(twin, method, lambda *a, own=own, wrong=wrong, **k: wrong(own(*a, **k)))
        with pytest.raises((LinksimError, ValueError)):
            AnalogLink(twin, Awgn(), feedback=feedback).transmit([PICTURE], 6.0, range(1))
    twin = pickle.loads(pickle.dumps(codec))
    twin.pairs[-1][1].set_weights([np.nan * w for w in twin.pairs[-1][1].get_weights()])
    with pytest.raises(LinksimError, match="not finite"):
        AnalogLink(twin, Awgn(), feedback=True).transmit([PICTURE], 6.0, range(1))


def test_only_an_estimate_asks_for_ten_draws_at_first(codec):
    one_layer = create("residual", {"layer_channels": (2,)})
    links = [AnalogLink(codec, Awgn()), AnalogLink(codec, Awgn(), feedback=True), AnalogLink(one_layer, Awgn())]
    assert [link.first_draws for link in links] == [10, 2, 2]


def test_a_full_cache_makes_room_for_the_snr_that_is_running(codec):
    """Room for two: those of an SNR that is over go, those of the running one stay."""
    link = AnalogLink(codec, Awgn())
    some = [Picture(str(i), np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)) for i in range(3)]
    first = link._encode(some[:1], 4.0, 0)
    link.transceiver.cache_bytes = 2 * first.nbytes
    link._encode(some[1:2], 4.0, 0)
    assert link._encode(some[:1], 4.0, 0) is first
    later = [link._encode([p], 5.0, 0) for p in some[:2]]
    assert all(link._encode([p], 5.0, 0) is sent for p, sent in zip(some, later, strict=False))
    link._encode(some[2:], 5.0, 0)
    assert link._encode(some[:1], 5.0, 0) is later[0]
    assert len(link._sent) == 2
