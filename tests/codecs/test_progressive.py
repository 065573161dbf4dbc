"""What every codec of several layers promises, and what tells the schemes apart."""

import keras
import numpy as np
import pytest
from keras import ops

from linksim.codecs.progressive import ProgressiveCodec
from linksim.codecs.registry import create
from linksim.errors import LinksimError

OPTIONS = {
    "adaptive": {"layer_channels": (2, 4, 2), "filters": 8, "blocks": 1},
    "multiple-decoders": {"layer_channels": (2, 4, 2)},
    "residual": {"layer_channels": (2, 4, 2)},
    "single-decoder": {"layer_channels": (2, 4, 2)},
}
X = np.random.default_rng(0).random((3, 9, 14, 3)).astype("float32")
SIZE = X.shape[1:3]


def array(x):
    return ops.convert_to_numpy(x)


@pytest.fixture(params=sorted(OPTIONS), scope="module")
def codec(request):
    keras.utils.set_random_seed(1)
    codec = create(request.param, OPTIONS[request.param])
    # Blocks that start as a shortcut would hide what they are told.
    rng = np.random.default_rng(2)
    codec.set_weights([w + 0.05 * rng.standard_normal(w.shape) for w in codec.get_weights()])
    return codec


def test_layers_have_the_bandwidth_of_their_channels(codec):
    """3 x 4 cells of 2, 4 and 2 real channels."""
    assert codec.layer_symbols(*SIZE) == (12, 24, 12)


def test_any_number_of_whole_layers_decodes(codec):
    """What the receiver shows after layer i does not change when more arrives."""
    symbols = array(codec.encode(X, 10.0))
    shown = [array(y) for y in codec.decode_layers(symbols, 10.0, SIZE)]
    assert len(shown) == 3
    for i, end in enumerate((12, 36, 48)):
        np.testing.assert_allclose(array(codec.decode(symbols[:, :end], 10.0, SIZE)), shown[i], atol=1e-6)
        assert shown[i].shape == X.shape and shown[i].dtype == np.float32
    assert np.abs(shown[0] - shown[1]).max() > 1e-3 and np.abs(shown[1] - shown[2]).max() > 1e-3


def test_symbols_that_end_inside_a_layer_are_refused(codec):
    with pytest.raises(LinksimError, match="whole number of layers"):
        codec.decode(np.zeros((1, 13, 2), "float32"), 10.0, SIZE)
    with pytest.raises(LinksimError, match="whole number of layers"):
        codec.decode_layers(np.zeros((1, 13, 2), "float32"), 10.0, SIZE)


@pytest.mark.parametrize("channels", [(), (3,), (2, 0), (2.0, 4), 8, "24"])
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_odd_or_missing_layers_are_refused(name, channels):
    with pytest.raises(LinksimError, match="layer_channels"):
        create(name, {**OPTIONS[name], "layer_channels": channels})


def test_single_decoder_fills_with_zeros():
    """Its decoder, given the zeros, shows the same picture."""
    codec = create("single-decoder", {"layer_channels": (2, 4)})
    symbols = array(codec.encode(X))
    filled = np.concatenate([symbols[:, :12], np.zeros_like(symbols[:, 12:])], axis=1)
    np.testing.assert_allclose(codec.decode(symbols[:, :12], 0.0, SIZE), codec.decode(filled, 0.0, SIZE), atol=1e-6)


def test_single_decoder_learns_every_cut():
    """In training the code ends behind a random layer, one for the batch."""
    codec = create("single-decoder", {"layer_channels": (2, 2)})
    both = [array(y) for y in codec.reconstructions(X, lambda s: s, 10.0)]
    seed = keras.random.SeedGenerator(0)
    cuts = []
    for _ in range(40):
        (shown,) = codec.reconstructions(X, lambda s: s, 10.0, training=True, seed=seed)
        matches = [np.allclose(shown, y, atol=1e-5) for y in both]
        assert sum(matches) == 1
        cuts.append(matches.index(True))
    assert 8 <= sum(cuts) <= 32


def test_single_decoder_does_not_grow_with_its_layers():
    def inner(layers):
        return sum(w.size for w in create("single-decoder", {"layer_channels": (2,) * layers}).get_weights() if 2 * layers not in w.shape)

    assert inner(2) == inner(5)


def test_residual_sends_what_is_left_over():
    """Layer 2 of a picture that layer 1 already shows whole is the code of a black residual."""
    codec = create("residual", {"layer_channels": (2, 2)})
    shown = codec.layer_output(0, codec.encode_layer(0, X), SIZE)
    np.testing.assert_array_equal(codec.encode_layer(1, shown, shown), codec.encode_layer(1, np.zeros_like(X), None))
    symbols = codec.encode(X)
    np.testing.assert_array_equal(symbols[:, 12:], codec.encode_layer(1, X, shown))
    total = array(shown) + array(codec.layer_output(1, symbols[:, 12:], SIZE))
    np.testing.assert_allclose(codec.decode(symbols, 10.0, SIZE), np.clip(total, 0, 1), atol=1e-6)


def test_residual_layers_are_added_without_touching_those_before():
    """Only the last pair is trainable; two layers and three have the weights of the first two in common."""
    two, three = (create("residual", {"layer_channels": (2,) * n}) for n in (2, 3))
    assert len(two.trainable_weights) == len(two.weights) // 2
    assert len(three.trainable_weights) == len(three.weights) // 3
    assert [w.shape for w in three.weights[: len(two.weights)]] == [w.shape for w in two.weights]
    assert all(a is b for a, b in zip(three.trainable_weights, three.weights[-len(three.trainable_weights) :]))


def test_residual_changes_its_transmitter_and_keeps_its_weights():
    codec = create("residual", {"layer_channels": (2, 2)})
    other = codec.with_transmitter(feedback=True)
    assert other.feedback and not codec.feedback
    for a, b in zip(codec.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for m in (0, 2.5):
        with pytest.raises(LinksimError, match="realizations"):
            codec.with_transmitter(realizations=m)
    assert codec.with_transmitter(20).with_transmitter(feedback=True).title.count(",") == 1


def test_a_codec_of_ones_own_is_two_functions_and_a_configuration():
    """Averages of quarters of the picture, a layer each: nothing else is needed."""

    class Thumbnails(ProgressiveCodec):
        def __init__(self, name=None):
            super().__init__((6, 6), stride=4, name=name)

        def analyze(self, pictures, training=False):
            b, h, w, _ = pictures.shape
            blocks = ops.mean(ops.reshape(pictures, (b, h // 4, 2, 2, w // 4, 2, 2, 3)), axis=(3, 6))
            return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (b, h // 4, w // 4, 12)) - 0.5

        def synthesize(self, latent, training=False):
            top = 0.5 + latent[..., :6]
            return ops.clip(ops.repeat(ops.repeat(top[..., :3], 4, axis=1), 4, axis=2), 0.0, 1.0)

        def get_config(self):
            return {"name": self.name}

    codec = Thumbnails()
    symbols = codec.encode(X)
    assert symbols.shape == (3, 12 * 6, 2)
    assert [y.shape for y in codec.decode_layers(symbols, 10.0, SIZE)] == [X.shape] * 2
    with pytest.raises(NotImplementedError, match="Bare must define analyze"):
        type("Bare", (ProgressiveCodec,), {})((2,), 4).encode(X)


def test_the_adaptive_codec_asks_for_the_snr():
    with pytest.raises(LinksimError, match="give snr_db"):
        create("adaptive", OPTIONS["adaptive"]).encode(X)


def test_adaptive_codec_listens_to_the_snr_at_both_ends():
    keras.utils.set_random_seed(3)
    codec = create("adaptive", OPTIONS["adaptive"])
    rng = np.random.default_rng(4)
    codec.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in codec.get_weights()])
    low, high = array(codec.encode(X, 0.0)), array(codec.encode(X, 20.0))
    assert np.abs(low - high).max() > 1e-3
    assert np.abs(array(codec.decode(low, 0.0, SIZE)) - array(codec.decode(low, 20.0, SIZE))).max() > 1e-3
    # one SNR for all pictures, or one each
    np.testing.assert_allclose(array(codec.encode(X, np.full(3, 20.0, "float32"))), high, atol=1e-5)


def test_adaptive_codec_draws_a_number_of_layers_for_every_picture():
    keras.utils.set_random_seed(5)
    codec = create("adaptive", OPTIONS["adaptive"])
    same = np.repeat(X[:1], 30, axis=0)
    (shown,) = codec.reconstructions(same, lambda s: s, 10.0, training=True, seed=keras.random.SeedGenerator(0))
    cuts = [array(y)[0] for y in codec.reconstructions(X[:1], lambda s: s, 10.0)]
    counts = [sum(np.allclose(np.clip(y, 0, 1), cut, atol=1e-3) for y in array(shown)) for cut in cuts]
    assert sum(counts) == 30 and min(counts) >= 3
