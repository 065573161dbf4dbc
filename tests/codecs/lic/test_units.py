"""The entropy model's units: what training computes with gradients is what a decoder computes exactly."""

import numpy as np
import pytest
from keras import ops

from linksim.codecs.layers.gains import LARGEST_EXPONENT, Gains
from linksim.codecs.lic import units

SIXTEENTHS = np.array([-127, -40, -7, 0, 3, 24, 127])
GAINS = (2.0 ** (SIXTEENTHS / 16)).astype(np.float32)


def test_no_entry_of_a_table_lies_near_a_half():
    """So that every machine rounds it alike."""
    for values in (units.exact_powers(), units.exact_octaves()):
        assert np.abs(values - np.floor(values) - 0.5).min() > 1e-7 * max(1, 1e-5 * np.median(values))


@pytest.mark.parametrize("gain", [True, False])
def test_latents_without_gain(gain):
    whole = np.random.default_rng(0).integers(-2000, 2001, (50, 40, len(GAINS)))
    exact = units.without_gain_exactly(whole, SIXTEENTHS if gain else None)
    trained = ops.convert_to_numpy(units.without_gain(whole.astype(np.float32), GAINS if gain else None))
    assert np.abs(exact).max() == 32767 if gain else np.array_equal(exact, 16 * whole)
    apart = np.abs(16 * trained - exact)
    assert apart.max() <= 1 and (apart > 0).mean() < 0.01
    both = units.with_octaves_exactly(exact)
    assert both.shape == (50, 40, 2 * len(GAINS)) and np.array_equal(both, np.floor(both))
    trained = ops.convert_to_numpy(units.with_octaves((exact / 16).astype(np.float32)))
    apart = np.abs(16 * trained - both)
    assert apart.max() <= 1 and (apart > 0).mean() < 0.001


def test_known_octaves():
    assert units.octave_table()[[0, 8, 24, 16 * 7 + 8]].tolist() == [0, 16, 32, 64]
    both = ops.convert_to_numpy(units.signed_octaves(np.array([[-1.5, 0.5]], np.float32)))
    np.testing.assert_allclose(both, [[-2, 1, 2, 1]])


def test_mixtures_at_a_gain():
    """A Gaussian of twice the gain has twice the mean and is an octave wider; weights stay."""
    parameters = np.random.default_rng(0).integers(-500, 500, (30, len(GAINS), 9))
    exact = units.at_gain_exactly(parameters, SIXTEENTHS)
    trained = 16 * ops.convert_to_numpy(units.at_gain((parameters / 16).astype(np.float32), GAINS))
    np.testing.assert_allclose(trained, exact, atol=1.001, rtol=0)
    assert np.mean(np.abs(trained - exact) > 0.01) < 0.01
    np.testing.assert_array_equal(exact[..., :3], parameters[..., :3])
    np.testing.assert_array_equal(exact[..., 6:], parameters[..., 6:] + SIXTEENTHS[:, None])
    np.testing.assert_array_equal(
        units.at_gain_exactly(parameters, np.full(len(GAINS), 16))[..., 3:6], 2 * parameters[..., 3:6]
    )
    assert units.at_gain_exactly(parameters, None) is parameters


def test_gains_pass_gradients():
    tf = pytest.importorskip("tensorflow")
    gain, whole = tf.constant(GAINS), tf.constant(np.arange(7, dtype=np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([gain, whole])
        given = tf.reduce_sum(units.with_octaves(units.without_gain(whole, gain)))
        said = tf.reduce_sum(units.at_gain(tf.ones((7, 9)), gain))
    for slope in (*tape.gradient(given, [gain, whole]), tape.gradient(said, gain)):
        assert np.all(np.isfinite(slope)) and np.any(slope != 0)
    gains = Gains(3, 2)
    gains.build()
    with tf.GradientTape() as tape:
        used = tf.reduce_sum(gains.gain(tf.constant([0.0, 1.0, 2.0])))
    wanted = np.log(2) * 2.0 ** np.repeat([[0.5], [0.0], [-0.5]], 2, axis=1)  # as if they were not rounded
    np.testing.assert_allclose(tape.gradient(used, gains.gains), wanted, rtol=1e-5)


def test_gains_stay_within_the_table():
    gains = Gains(2, 2)
    gains.build()
    gains.gains.assign([[50.0, 3.0], [-50.0, 3.0]])
    assert gains.sixteenths(0).tolist() == [LARGEST_EXPONENT, 48] and gains.sixteenths(1)[0] == -LARGEST_EXPONENT
    np.testing.assert_allclose(np.log2(gains.gain(np.array([0.0], np.float32)))[0, 0, 0], [LARGEST_EXPONENT / 16, 3])
