"""Networks whose results decide a decoder's symbols are whole-number arithmetic."""

import numpy as np
import pytest
from keras import ops

from linksim.codecs.lic.exact import STEP, ExactConv, rounded


def layer_and_input(size, channels, filters, scale, leaky=True):
    rng = np.random.default_rng(size)
    layer = ExactConv(filters, size, leaky)
    layer.build((None, None, None, channels))
    layer.set_weights([scale * rng.standard_normal(w.shape).astype("float32") for w in layer.get_weights()])
    return layer, np.round(40 * rng.standard_normal((9, 7, channels)))


def by_definition(layer, x):
    """In Python's own whole numbers."""
    kernel, bias = ([[int(np.floor(v * 256 + 0.5)) for v in w.ravel()] for w in layer.get_weights()][i] for i in (0, 1))
    height, width, channels = x.shape
    n, edge, made = layer.size, layer.size // 2, np.zeros((height, width, layer.filters))
    for i in range(height):
        for j in range(width):
            for f in range(layer.filters):
                total = bias[f] * STEP
                for a in range(n):
                    for b in range(n):
                        y, z = i + a - edge, j + b - edge
                        if 0 <= y < height and 0 <= z < width:
                            for c in range(channels):
                                place = ((a * n + b) * channels + c) * layer.filters + f
                                total += int(x[y, z, c]) * kernel[place]
                value = (total + 128) // 256
                if layer.leaky and value < 0:
                    value //= 8
                made[i, j, f] = max(-(2**15 - 1), min(2**15 - 1, value))
    return made


@pytest.mark.parametrize("size, leaky", [(1, True), (3, True), (5, False)])
def test_it_is_whole_number_arithmetic(size, leaky):
    layer, x = layer_and_input(size, 3, 2, 0.3, leaky)
    np.testing.assert_array_equal(layer.exactly(x), by_definition(layer, x))


def test_training_runs_the_same_but_for_a_step_now_and_then():
    layer, x = layer_and_input(3, 32, 16, 0.1)
    exact = layer.exactly(x)
    trained = ops.convert_to_numpy(layer(ops.convert_to_tensor((x / STEP)[None].astype("float32"))))[0] * STEP
    assert np.abs(trained - exact).max() <= 1 and np.mean(trained != exact) < 1e-3


def test_order_does_not_matter():
    """Channels in another order are other sums in floating point; here they are the same."""
    layer, x = layer_and_input(3, 64, 8, 4.0)
    order = np.random.default_rng(0).permutation(64)
    other = ExactConv(8, 3)
    other.build((None, None, None, 64))
    kernel, bias = layer.get_weights()
    other.set_weights([kernel[:, :, order], bias])
    np.testing.assert_array_equal(layer.exactly(x), other.exactly(x[..., order]))


def test_sums_stay_exact_at_the_largest_weights_and_activations():
    layer, x = layer_and_input(5, 400, 2, 1e6)
    x = np.full_like(x, 2**15 - 1)
    total = np.abs(layer.exactly(x))
    assert np.isfinite(total).all() and 25 * 400 * (2**15) ** 2 < 2**53


def test_rounding():
    values = ops.convert_to_tensor(np.array([0.03, 0.032, -0.032, -0.03125, 0.03125], "float32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(rounded(values, 1 / 16)), [0, 1 / 16, -1 / 16, 0, 1 / 16])
