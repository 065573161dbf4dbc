"""Facts about the channel that codecs are trained on."""

import keras
import numpy as np
import pytest
from keras import ops

from linksim.errors import LinksimError
from linksim.training.channel import LAWS, TrainingChannel


def array(x):
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
def test_training_noise_is_es_n0(snr_db):
    """Total noise variance 10**(-snr/10), half of it in each dimension."""
    noise = array(TrainingChannel("awgn")(np.zeros((50, 4000, 2), "float32"), snr_db=snr_db))
    expected = 10 ** (-snr_db / 10)
    assert noise[..., 0].var() == pytest.approx(expected / 2, rel=0.02)
    assert noise[..., 1].var() == pytest.approx(expected / 2, rel=0.02)


@pytest.mark.parametrize("channel, distinct", [("rayleigh-slow", 1), ("rayleigh-fast", 100)])
def test_training_fades(channel, distinct):
    """One h per picture when slow, one per symbol when fast; mean gain 1."""
    x = np.zeros((4000, 100, 2), "float32")
    x[..., 0] = 1
    h = array(TrainingChannel(channel)(x, snr_db=200.0))
    h = h[..., 0] + 1j * h[..., 1]
    assert len(np.unique(np.round(h[0], 4))) == distinct
    assert np.mean(np.abs(h) ** 2) == pytest.approx(1.0, rel=0.06)


def test_one_snr_per_picture():
    """A vector of SNRs noises each picture by its own."""
    noise = array(TrainingChannel()(np.zeros((2, 20000, 2), "float32"), snr_db=np.array([0.0, 20.0], "float32")))
    np.testing.assert_allclose((noise**2).sum(-1).mean(-1), [1.0, 0.01], rtol=0.05)


def test_unknown_training_channel_is_named():
    with pytest.raises(LinksimError, match="rayleigh-slow"):
        TrainingChannel("rayleigh")


@pytest.mark.parametrize("num_symbols", [None, 30])
@pytest.mark.parametrize("channel", sorted(LAWS))
def test_the_layers_of_a_transmission_share_a_slow_fade(channel, num_symbols):
    """Two layers of ones at 200 dB: what arrives is h. One h for both where fading is slow; none repeats where
    it is fast; the same whether the length is known beforehand or not."""
    transmission = TrainingChannel(channel).transmission(200.0, num_symbols)
    ones = np.zeros((3, 15, 2), "float32")
    ones[..., 0] = 1
    h = np.concatenate([array(transmission(ones)) for _ in range(2)], axis=1)
    h = np.round(h[..., 0] + 1j * h[..., 1], 4)
    assert [len(np.unique(row)) for row in h] == [{"awgn": 1, "rayleigh-slow": 1, "rayleigh-fast": 30}[channel]] * 3
    assert len(np.unique(h[:, 0])) == (1 if channel == "awgn" else 3)


def test_a_whole_transmission_cut_into_parts_meets_the_same_noise():
    """The noise of 30 symbols is drawn at once, as for one part; each layer takes its own."""
    whole = array(TrainingChannel(seed=4)(np.zeros((2, 30, 2), "float32"), snr_db=3.0))
    transmission = TrainingChannel(seed=4).transmission(3.0, 30)
    parts = [array(transmission(np.zeros((2, k, 2), "float32"))) for k in (10, 20)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_config_rebuilds_the_channel():
    layer = TrainingChannel("rayleigh-slow", 3)
    assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == layer.get_config()
