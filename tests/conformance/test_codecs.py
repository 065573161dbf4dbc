"""The contract of a codec, for every codec at once."""

import pickle

import numpy as np
import pytest
from codec_kinds import SMALL, stirred
from keras import ops

from linksim.codecs import Shown
from linksim.codecs.conversation import receive, rehearse, told
from linksim.codecs.precision import precision
from linksim.codecs.registry import CODECS, create
from linksim.codecs.symbol_codec import SymbolCodec


@pytest.fixture(params=sorted(CODECS), scope="module")
def codec(request):
    return stirred(create(request.param, SMALL[request.param]))


@pytest.fixture(params=sorted(name for name, kind in CODECS.items() if issubclass(kind, SymbolCodec)), scope="module")
def symbol_codec(request):
    return stirred(create(request.param, SMALL[request.param]))


SIZES = pytest.mark.parametrize("size", [(1, 1), (1, 5), (32, 32), (31, 33), (7, 2), (1, 500)])


@SIZES
def test_any_size_comes_back_at_its_size(codec, size):
    x = np.random.default_rng(0).random((2, *size, 3)).astype("float32")
    sent, shown = rehearse(codec, x, 10.0)
    y = ops.convert_to_numpy(receive(codec, sent, 10.0, size)[-1])
    np.testing.assert_allclose(y, ops.convert_to_numpy(shown[-1]), atol=1e-6)
    assert y.shape == x.shape and y.dtype == np.float32
    assert 0 <= y.min() and y.max() <= 1


@SIZES
def test_padding_is_charged(symbol_codec, size):
    """The symbols are those of the padded picture, of mean power 1 in each layer."""
    codec, x = symbol_codec, np.random.default_rng(0).random((2, *size, 3)).astype("float32")
    sent, _ = rehearse(codec, x, 10.0)
    symbols = np.concatenate([ops.convert_to_numpy(part) for part in sent], axis=1)
    cells = -(-size[0] // codec.stride) * -(-size[1] // codec.stride)
    assert symbols.shape == (2, codec.num_symbols(*size), 2)
    assert codec.num_symbols(*size) == cells * codec.latent_channels // 2
    assert (
        sum(codec.layer_symbols(*size)) == codec.num_symbols(*size)
        and len(codec.layer_symbols(*size)) == codec.num_layers
    )
    for layer in np.split(symbols, np.cumsum(codec.layer_symbols(*size))[:-1], axis=1):
        assert (layer**2).sum(-1).mean(-1) == pytest.approx(1.0, rel=1e-4)


def test_a_picture_does_not_depend_on_its_batch(codec):
    x = np.random.default_rng(1).random((5, 16, 16, 3)).astype("float32")
    together = ops.convert_to_numpy(codec(x))
    alone = np.concatenate([ops.convert_to_numpy(codec(x[i : i + 1])) for i in range(5)])
    np.testing.assert_allclose(together, alone, atol=2e-6)


def test_survives_the_trip_to_a_worker(codec):
    x = np.random.default_rng(2).random((1, 8, 8, 3)).astype("float32")
    twin = pickle.loads(pickle.dumps(codec))
    np.testing.assert_array_equal(twin(x), codec(x))


@pytest.mark.parametrize("name", sorted(CODECS))
def test_can_be_made_in_mixed_precision(name):
    """As recipes on a CPU or GPU have it."""
    x = np.random.default_rng(5).random((1, 16, 16, 3)).astype("float32")
    with precision("mixed_bfloat16"):
        shown = ops.convert_to_numpy(create(name, SMALL[name])(x))
    assert shown.shape == x.shape and np.isfinite(shown).all()


def test_every_codec_is_here():
    assert set(SMALL) == set(CODECS)


def test_a_conversation_is_a_part_and_a_picture_for_each_layer(codec):
    """The part of layer i, and what is shown after it, in turn."""
    x = np.random.default_rng(3).random((2, 9, 10, 3)).astype("float32")
    dialogue, reply, kinds = codec.converse(x, 10.0, (9, 10)), None, []
    while True:
        try:
            part = dialogue.send(reply)
        except StopIteration:
            break
        kinds.append(type(part) is Shown)
        reply = None if kinds[-1] else told(part, part.values)
    assert kinds == [False, True] * codec.num_layers


def test_fingerprint_knows_weights_and_versions_and_no_names(codec, monkeypatch):
    kind = type(codec)
    name = next(name for name, known in CODECS.items() if known is kind)
    twin = create(name, SMALL[name], title="another", training_snr_db=3.0)
    twin.set_weights(codec.get_weights())
    before = codec.fingerprint()
    assert twin.fingerprint() == before
    assert pickle.loads(pickle.dumps(twin)).fingerprint() == before
    assert pickle.loads(pickle.dumps(twin)).title == "another"
    for owner in {kind, *kind.__mro__, *(type(layer) for layer in codec._flatten_layers())}:
        if "VERSION" in vars(owner):
            monkeypatch.setattr(owner, "VERSION", 99)
            assert codec.fingerprint() != before, owner
            monkeypatch.undo()
    twin.set_weights([w + 0.01 for w in codec.get_weights()])
    assert twin.fingerprint() != before


def test_a_codec_of_ones_own_is_known_by_what_it_makes(symbol_codec):
    """Outside linksim VERSION is easily forgotten: another constant in the code is another codec."""
    codec = symbol_codec
    kind, weights = type(codec), codec.get_weights()
    prints = []
    for gain in (1.0, 1.0, 0.5):

        def crop(self, pictures, size, gain=gain):
            return gain * kind.crop(self, pictures, size)

        name = next(name for name, known in CODECS.items() if known is kind)
        own = type("Own", (kind,), {"crop": crop, "__module__": "mine"})(**SMALL[name])
        rehearse(own, np.zeros((1, 16, 16, 3), "float32"), 10.0)
        own.set_weights(weights)
        prints.append(own.fingerprint())
    assert prints[0] == prints[1] != prints[2]
