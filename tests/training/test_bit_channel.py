"""Channels for bits in training: the law of the channels that links use, and a gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from linksim.errors import LinksimError
from linksim.training import Recipe
from linksim.training.bit_channel import BIT_LAWS, send_bits

BITS = np.random.default_rng(0).integers(0, 2, (200, 500)).astype("float32")


@pytest.mark.parametrize("law", BIT_LAWS)
def test_the_law_is_that_of_the_channel(law):
    """Of zeros and of ones the same share is hit as by the channel of links."""
    from linksim.phy.channels.bits import get_bit_channel

    drawn = ops.convert_to_numpy(send_bits(BITS, law, 0.16, keras.random.SeedGenerator(1)))
    channel = get_bit_channel(law, 0.16)(BITS).numpy()
    for bit in (0, 1):
        for value in (-1, 0, 1):
            shares = [(made[bit == BITS] == value).mean() for made in (drawn, channel)]
            assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_each_picture_draws_from_a_range():
    shares = (send_bits(BITS, "bec", (0.0, 0.4), keras.random.SeedGenerator(2)).numpy() < 0).mean(axis=1)
    assert shares.min() < 0.03 and 0.35 < shares.max() < 0.45


def test_the_gradient_is_lost_with_the_bit():
    tf = pytest.importorskip("tensorflow")
    for law, of_hit in (("bsc", -1.0), ("z", 0.0), ("bec", 0.0)):
        bits = tf.ones((1, 1000))
        with tf.GradientTape() as tape:
            tape.watch(bits)
            made = send_bits(bits, law, 0.3, keras.random.SeedGenerator(3))
            total = tf.reduce_sum(made)
        gradient = tape.gradient(total, bits).numpy()
        hit = made.numpy() != 1
        assert np.all(gradient[hit] == of_hit) and np.all(gradient[~hit] == 1)


@pytest.mark.parametrize(
    "fields, says",
    [
        ({"channel": "z"}, "snr_db is 10.0, and channel z has none"),
        ({"channel": "z", "snr_db": None}, "error_probability is None"),
        ({"channel": "z", "snr_db": None, "error_probability": 1.5}, "probability from 0 to 1"),
        ({"error_probability": 0.1}, "error_probability is 0.1, and channel awgn has none"),
        ({"snr_db": None}, "snr_db is None"),
    ],
)
def test_a_recipe_has_what_its_channel_has(fields, says):
    with pytest.raises(LinksimError, match=says):
        Recipe("t/t", "deepjscc", **fields)
