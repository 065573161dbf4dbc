"""Latents as bits of one length: what a lost bit does, and that a model can learn to bear it."""

import numpy as np
import pytest
from codec_kinds import stirred
from keras import ops
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.codecs import Bits
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.fixed_length import from_bits, sent, to_bits
from linksim.errors import LinksimError
from linksim.links import BitBearer, ConversationLink
from linksim.phy import ZChannel
from linksim.training import Recipe, Training


def test_signs_and_magnitudes():
    y = np.array([0, 1, -1, 5, -128, 127, 300, -300], np.float32).reshape(2, 2, 1, 2)
    bits = ops.convert_to_numpy(to_bits(y, 8)).reshape(8, 8).astype(int)
    wanted = ["00000000", "00000001", "10000001", "00000101", "11111111", "01111111", "01111111", "11111111"]
    assert ["".join(map(str, row)) for row in bits] == wanted
    back = ops.convert_to_numpy(from_bits(to_bits(y, 8), (2, 1, 2), 8))
    np.testing.assert_array_equal(back, np.clip(y, -127, 127))


@pytest.mark.parametrize("bits", [2, 5, 12])
def test_every_number_comes_back(bits):
    y = np.arange(1 - 2 ** (bits - 1), 2 ** (bits - 1), dtype=np.float32).reshape(1, -1, 1, 1)
    received = to_bits(y, bits)
    assert received.shape == (1, y.size * bits)
    np.testing.assert_array_equal(ops.convert_to_numpy(from_bits(received, y.shape[1:], bits)), y)


def test_what_the_channel_does():
    """Lost ones make a number smaller; an erased bit counts as 0, an uncertain one as its mean."""
    three = to_bits(np.full((1, 1, 1, 1), 3.0, np.float32), 4)
    assert float(from_bits(three * 0, (1, 1, 1), 4)[0, 0, 0, 0]) == 0
    assert float(from_bits(np.array([[0, 0, -1, 1]]), (1, 1, 1), 4)[0, 0, 0, 0]) == 1
    assert float(from_bits(np.array([[0, 0, 0.5, 1]]), (1, 1, 1), 4)[0, 0, 0, 0]) == 2
    assert float(from_bits(np.array([[0.25, 0, 1, 0]]), (1, 1, 1), 4)[0, 0, 0, 0]) == 1
    import tensorflow as tf

    y = tf.Variable(np.array([[[[3.0, -2.0]]]], np.float32))
    with tf.GradientTape() as tape:
        arrived = sent(y, 4, lambda bits: bits * np.array([[1, 1, 1, 0, 0, 1, 1, 1]], np.float32))
    np.testing.assert_array_equal(arrived, [[[[2.0, 2.0]]]])  # -2 is 1010, and has lost its sign
    np.testing.assert_array_equal(tape.gradient(arrived, y), np.ones((1, 1, 1, 2)))


def test_without_errors_it_shows_what_the_bytes_show():
    codec, bits = stirred(LicGmm(8)), LicGmm(8, fixed_bits=8)
    bits.set_weights(codec.get_weights())
    pixels = smooth(1, side=100)[0][:70]
    link = ConversationLink(bits, {Bits: BitBearer(ZChannel, "bit_error_probability")}, axis="bit_error_probability")
    from linksim.images import Picture

    picture = Picture("p", np.ascontiguousarray(pixels))
    intact = link.transmit([picture], 0.0, range(1))
    shown = intact.layers[0][0].load_pixels()[0].astype(int)
    assert np.abs(shown - codec.decompress(codec.compress(picture.pixels))).max() <= 1
    assert intact.bandwidth[0][0].channel_uses == 8 * 8 * 8 * 8  # 8x8 latents of 8 channels, 8 bits each
    worse = link.transmit([picture], 0.16, range(1)).layers[0][0].load_pixels()[0].astype(int)
    assert np.ptp(shown) > 20 and np.mean((worse - shown) ** 2) > 20


@pytest.mark.parametrize("bits", [1, 13, -1])
def test_lengths_that_make_no_sense(bits):
    with pytest.raises(LinksimError, match="fixed_bits"):
        LicGmm(8, fixed_bits=bits)


def test_training_meets_the_channel(tmp_path, monkeypatch):
    """The same recipe with errors has another loss, validates with errors, and gets better; in the precision of the
    recipes of the zoo."""
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 10)
    pictures = smooth(24, side=64)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[4:], pictures[:4]))

    def trained(probability):
        recipe = Recipe(
            f"lic/z{probability}", "lic", {"filters": 4, "fixed_bits": 8}, crop=64, batch_size=4, steps=30,
            snr_db=None, channel="z", error_probability=probability, loss="rate-distortion", learning_rate=2e-3,
            precision="mixed_bfloat16", analytic_start=True,
        )  # fmt: skip
        training = Training(recipe, tmp_path / recipe.name)
        training.run()
        return training.history

    without, with_errors = trained(0.0), trained(0.3)
    assert with_errors[0].loss != without[0].loss and with_errors[-1].loss < with_errors[0].loss
    assert with_errors[0].val_psnr < without[0].val_psnr
