"""Facts about the layers of learned codecs."""

import keras
import numpy as np
import pytest
from keras import ops

from linksim.codecs import Gdn, PowerNormalization, SnrAttentionBlock, UpsamplingBlock
from linksim.codecs.layers.symbols import to_latent, to_symbols
from linksim.errors import LinksimError


def array(x):
    return ops.convert_to_numpy(x)


def test_gdn_follows_its_equation():
    """y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2), computed in float64 from the layer's own parameters."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 3, 5)).astype("float32")
    layer = Gdn()
    layer(x)
    layer.beta.assign(rng.uniform(0.5, 1.5, 5).astype("float32"))
    layer.gamma.assign(rng.uniform(0.1, 0.5, (5, 5)).astype("float32"))
    beta, gamma = (array(w).astype(np.float64) ** 2 for w in (layer.beta, layer.gamma))
    expected = x / np.sqrt(beta + np.einsum("bhwj,ij->bhwi", x.astype(np.float64) ** 2, gamma))
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-5)


def test_gdn_starts_mild_and_inverse_multiplies():
    """Fresh parameters are beta = 1 and gamma = 0.1 on the diagonal; IGDN multiplies where GDN divides."""
    x = np.full((1, 1, 1, 2), 3.0, "float32")
    np.testing.assert_allclose(array(Gdn()(x)), 3 / np.sqrt(1.9), rtol=1e-5)
    np.testing.assert_allclose(array(Gdn(inverse=True)(x)), 3 * np.sqrt(1.9), rtol=1e-5)


def test_power_is_one_for_each_picture_whatever_its_neighbours():
    """A faint and a strong latent in one batch both leave with mean symbol power exactly 1."""
    z = np.random.default_rng(1).normal(size=(3, 64, 2)).astype("float32") * np.array([1e-3, 1, 50])[:, None, None]
    y = array(PowerNormalization()(z.astype("float32")))
    np.testing.assert_allclose((y**2).sum(-1).mean(-1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(array(PowerNormalization()(z[:1].astype("float32"))), y[:1], rtol=1e-6)


def test_every_real_finds_a_partner():
    """Pairing loses nothing: 4x4 cells of 6 reals are 48 complex symbols, and come back the same."""
    latent = np.random.default_rng(2).normal(size=(2, 4, 4, 6)).astype("float32")
    symbols = to_symbols(latent)
    assert tuple(symbols.shape) == (2, 48, 2)
    np.testing.assert_array_equal(array(to_latent(symbols, 4, 4)), latent)
    with pytest.raises(LinksimError, match="even"):
        to_symbols(latent[..., :5])


def test_blocks_change_resolution_as_they_say():
    x = np.zeros((1, 8, 12, 4), "float32")
    assert tuple(SnrAttentionBlock(4)(x, np.zeros((1, 2), "float32")).shape) == (1, 8, 12, 4)
    assert tuple(UpsamplingBlock(5)(x).shape) == (1, 16, 24, 5)


def test_upsampling_is_depth_to_space():
    """With a kernel that copies its input, each output channel spreads over a 2x2 cell in reading order."""
    block = UpsamplingBlock(1)
    x = np.arange(4, dtype="float32").reshape(1, 1, 1, 4)
    block(x)
    kernel = np.zeros((3, 3, 4, 4), "float32")
    kernel[1, 1] = np.eye(4)
    block.conv.set_weights([kernel, np.zeros(4, "float32")])
    np.testing.assert_array_equal(array(block(x))[0, :, :, 0], [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    "layer", [Gdn(inverse=True), SnrAttentionBlock(4, 8), UpsamplingBlock(3), PowerNormalization()]
)
def test_config_rebuilds_the_layer(layer):
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert twin.get_config() == layer.get_config()


def test_what_lies_at_the_bound_of_gdn_can_still_grow():
    """Channels that normalise each other start next to nothing: what would gain by more gets it, and nothing dies."""
    layer = Gdn()
    layer.build((None, None, None, 3))
    beta, gamma = layer.get_weights()
    layer.set_weights([beta, np.where(np.eye(3), gamma, -1e-3).astype("float32")])
    model = keras.Sequential([keras.Input((1, 1, 3)), layer])
    x = np.full((1, 1, 1, 3), 2.0, "float32")
    for target, grows in ((0.0, True), (9.0, False)):  # smaller outputs take larger weights
        before = layer.get_weights()[1]
        model.compile(optimizer=keras.optimizers.SGD(1e-2), loss="mse")
        model.train_on_batch(x, np.full_like(x, target))
        after = layer.get_weights()[1]
        assert ((after > before) if grows else (after == before))[~np.eye(3, dtype=bool)].all()
        layer.set_weights([beta, np.where(np.eye(3), gamma, -1e-3).astype("float32")])
