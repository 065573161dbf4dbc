"""Every codec of the registry, against the contract of a codec."""

import pickle

import numpy as np
import pytest
from keras import ops

from linksim.codecs.conversation import receive, rehearse
from linksim.codecs.registry import CODECS, create
from linksim.errors import LinksimError

SMALL = {
    "adaptive": {"layer_channels": (2, 4), "filters": 8, "blocks": 1},
    "deepjscc": {"latent_channels": 4},
    "deepjscc-gdn": {"latent_channels": 4, "filters": 8},
    "multiple-decoders": {"layer_channels": (2, 4)},
    "residual": {"layer_channels": (2, 4)},
    "single-decoder": {"layer_channels": (2, 4)},
}


@pytest.fixture(params=sorted(CODECS), scope="module")
def codec(request):
    return create(request.param, SMALL[request.param])


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (32, 32), (31, 33), (7, 2), (1, 500)])
def test_any_size_comes_back_at_its_size(codec, size):
    """Padding is done inside and charged: the symbols are those of the padded picture."""
    x = np.random.default_rng(0).random((2, *size, 3)).astype("float32")
    sent, shown = rehearse(codec, x, 10.0)
    symbols = np.concatenate([ops.convert_to_numpy(part) for part in sent], axis=1)
    cells = -(-size[0] // codec.stride) * -(-size[1] // codec.stride)
    assert symbols.shape == (2, codec.num_symbols(*size), 2)
    assert codec.num_symbols(*size) == cells * codec.latent_channels // 2
    assert sum(codec.layer_symbols(*size)) == codec.num_symbols(*size) and len(codec.layer_symbols(*size)) == codec.num_layers
    for layer in np.split(symbols, np.cumsum(codec.layer_symbols(*size))[:-1], axis=1):
        assert (layer**2).sum(-1).mean(-1) == pytest.approx(1.0, rel=1e-4)
    y = ops.convert_to_numpy(receive(codec, sent, 10.0, size)[-1])
    np.testing.assert_allclose(y, ops.convert_to_numpy(shown[-1]), atol=1e-6)
    assert y.shape == x.shape and y.dtype == np.float32
    assert 0 <= y.min() and y.max() <= 1


def test_a_picture_does_not_depend_on_its_batch(codec):
    x = np.random.default_rng(1).random((5, 16, 16, 3)).astype("float32")
    together = ops.convert_to_numpy(codec(x))
    alone = np.concatenate([ops.convert_to_numpy(codec(x[i : i + 1])) for i in range(5)])
    np.testing.assert_allclose(together, alone, atol=2e-6)


def test_padding_repeats_the_edge():
    """A flat picture padded to a multiple of the stride is the flat picture of that size."""
    codec = create("deepjscc", SMALL["deepjscc"])
    small, large = np.full((1, 5, 6, 3), 0.3, "float32"), np.full((1, 8, 8, 3), 0.3, "float32")
    np.testing.assert_array_equal(codec.encode(small), codec.encode(large))


def test_survives_the_trip_to_a_worker(codec):
    x = np.random.default_rng(2).random((1, 8, 8, 3)).astype("float32")
    twin = pickle.loads(pickle.dumps(codec))
    np.testing.assert_array_equal(twin(x), codec(x))


@pytest.mark.parametrize("channels, ratio", [(8, 1 / 12), (16, 1 / 6), (6, 1 / 16)])
def test_bandwidth_ratio_of_the_papers(channels, ratio):
    """c = 8 real channels are k/n = 1/12 on 32x32 pictures, 16 are 1/6."""
    codec = create("deepjscc", {"latent_channels": channels})
    assert codec.num_symbols(32, 32) / (3 * 32 * 32) == pytest.approx(ratio)


def test_gdn_network_has_the_layers_of_the_paper():
    """256 filters, 9x9/2, 5x5/2, 5x5, 5x5, c and back: the weights of the kernels can be counted by hand."""
    codec = create("deepjscc-gdn", {"latent_channels": 16})
    kernels = [tuple(w.shape) for w in codec.weights if w.path.endswith("kernel")]
    half = [(9, 9, 3, 256), (5, 5, 256, 256), (5, 5, 256, 256), (5, 5, 256, 256)]
    assert sorted(kernels) == sorted([*half, (5, 5, 256, 16), (5, 5, 256, 16), *half[1:], (9, 9, 3, 256)])


def test_unknown_names_and_options_are_one_line():
    with pytest.raises(LinksimError, match="deepjscc"):
        create("jpeg", {})
    with pytest.raises(LinksimError, match="options"):
        create("deepjscc", {"chanels": 8})
