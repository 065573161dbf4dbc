"""What every codec of several layers promises, and what tells the schemes apart."""

import keras
import numpy as np
import pytest
from keras import ops

from linksim.codecs.conversation import hold, receive, rehearse, told
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


def shown_in_training(codec, x, seed=None):
    """What a training step over a perfect channel shows."""
    return hold(codec.converse(x, 10.0, x.shape[1:3], True, seed), lambda part: told(part, part.values))


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
    sent, shown = rehearse(codec, X, 10.0)
    assert len(sent) == len(shown) == 3
    for i in range(3):
        some = receive(codec, sent[: i + 1], 10.0, SIZE)
        assert len(some) == i + 1
        np.testing.assert_allclose(array(some[-1]), array(shown[i]), atol=1e-6)
        assert shown[i].shape == X.shape and shown[i].dtype == np.float32
    assert np.abs(array(shown[0]) - shown[1]).max() > 1e-3 and np.abs(array(shown[1]) - shown[2]).max() > 1e-3


def test_a_receiver_without_anything_is_refused(codec):
    with pytest.raises(LinksimError, match="at least the first part"):
        receive(codec, [], 10.0, SIZE)


@pytest.mark.parametrize("channels", [(), (3,), (2, 0), (2.0, 4), 8, "24"])
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_odd_or_missing_layers_are_refused(name, channels):
    with pytest.raises(LinksimError, match="layer_channels"):
        create(name, {**OPTIONS[name], "layer_channels": channels})


def test_single_decoder_fills_with_zeros():
    """Its decoder, given the zeros, shows the same picture."""
    codec = create("single-decoder", {"layer_channels": (2, 4)})
    first, second = rehearse(codec, X, 0.0)[0]
    alone = receive(codec, [first], 0.0, SIZE)[-1]
    np.testing.assert_allclose(alone, receive(codec, [first, np.zeros_like(second)], 0.0, SIZE)[-1], atol=1e-6)


def test_single_decoder_learns_every_cut():
    """In training the code ends behind a random layer, one for the batch."""
    codec = create("single-decoder", {"layer_channels": (2, 2)})
    both = [array(y) for y in rehearse(codec, X, 10.0)[1]]
    seed = keras.random.SeedGenerator(0)
    cuts = []
    for _ in range(40):
        (shown,) = shown_in_training(codec, X, seed)
        matches = [np.allclose(shown, y, atol=1e-5) for y in both]
        assert sum(matches) == 1
        cuts.append(matches.index(True))
    assert 8 <= sum(cuts) <= 32


def test_single_decoder_does_not_grow_with_its_layers():
    def inner(layers):
        return sum(
            w.size
            for w in create("single-decoder", {"layer_channels": (2,) * layers}).get_weights()
            if 2 * layers not in w.shape
        )

    assert inner(2) == inner(5)


def test_residual_sends_what_is_left_over():
    """Layer 2 of a picture that layer 1 already shows whole is the code of a black residual."""
    codec = create("residual", {"layer_channels": (2, 2)})
    shown = codec.layer_output(0, codec.encode_layer(0, X), SIZE)
    np.testing.assert_array_equal(codec.encode_layer(1, shown, shown), codec.encode_layer(1, np.zeros_like(X), None))
    (_, second), pictures = rehearse(codec, X, 10.0)
    np.testing.assert_array_equal(second, codec.encode_layer(1, X, shown))
    total = array(shown) + array(codec.layer_output(1, second, SIZE))
    np.testing.assert_allclose(pictures[-1], np.clip(total, 0, 1), atol=1e-6)


def test_residual_layers_are_added_without_touching_those_before():
    """Only the last pair is trainable; two layers and three have the weights of the first two in common."""
    two, three = (create("residual", {"layer_channels": (2,) * n}) for n in (2, 3))
    assert len(two.trainable_weights) == len(two.weights) // 2
    assert len(three.trainable_weights) == len(three.weights) // 3
    assert [w.shape for w in three.weights[: len(two.weights)]] == [w.shape for w in two.weights]
    assert all(a is b for a, b in zip(three.trainable_weights, three.weights[-len(three.trainable_weights) :]))


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
    sent, shown = rehearse(codec, X, 10.0)
    assert [tuple(symbols.shape) for symbols in sent] == [(3, 12 * 3, 2)] * 2
    assert [tuple(y.shape) for y in shown] == [X.shape] * 2
    with pytest.raises(NotImplementedError, match="Bare must define analyze"):
        rehearse(type("Bare", (ProgressiveCodec,), {})((2,), 4), X, 10.0)


def test_the_adaptive_codec_asks_for_the_snr():
    with pytest.raises(LinksimError, match="give snr_db"):
        rehearse(create("adaptive", OPTIONS["adaptive"]), X, None)


def test_adaptive_codec_listens_to_the_snr_at_both_ends():
    keras.utils.set_random_seed(3)
    codec = create("adaptive", OPTIONS["adaptive"])
    rng = np.random.default_rng(4)
    codec.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in codec.get_weights()])
    low, high = (rehearse(codec, X, snr_db)[0] for snr_db in (0.0, 20.0))
    assert np.abs(array(low[0]) - high[0]).max() > 1e-3
    told_low, told_high = (array(receive(codec, low, snr_db, SIZE)[-1]) for snr_db in (0.0, 20.0))
    assert np.abs(told_low - told_high).max() > 1e-3
    # one SNR for all pictures, or one each
    each = rehearse(codec, X, np.full(3, 20.0, "float32"))[0]
    np.testing.assert_allclose(array(each[0]), high[0], atol=1e-5)


def test_adaptive_codec_draws_a_number_of_layers_for_every_picture():
    keras.utils.set_random_seed(5)
    codec = create("adaptive", OPTIONS["adaptive"])
    same = np.repeat(X[:1], 30, axis=0)
    (shown,) = shown_in_training(codec, same, keras.random.SeedGenerator(0))
    cuts = [array(y)[0] for y in rehearse(codec, X[:1], 10.0)[1]]
    counts = [sum(np.allclose(np.clip(y, 0, 1), cut, atol=1e-3) for y in array(shown)) for cut in cuts]
    assert sum(counts) == 30 and min(counts) >= 3
