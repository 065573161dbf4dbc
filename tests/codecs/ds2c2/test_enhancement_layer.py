"""The enhancement layer: bits, what becomes of a picture when they get lost, and what a second stage leaves alone."""

import keras
import numpy as np
import pytest
from codec_kinds import SMALL, stirred
from keras import ops

from linksim.codecs.conversation import hold, rehearse, told
from linksim.codecs.ds2c2.codec import Ds2c2
from linksim.codecs.layers.binarizer import binarize, from_bits, to_bits
from linksim.codecs.parts import Bits
from linksim.errors import LinksimError

X = np.random.default_rng(3).random((2, 20, 33, 3)).astype("float32")
OPTIONS = SMALL["ds2c2"]


def test_the_binarizer_draws_with_the_right_probability():
    """P(+1) = (1 + x) / 2 in training; the sign of x otherwise."""
    x = np.repeat(np.array([[-1.0, -0.5, 0.0, 0.5, 1.0]], "float32"), 20_000, axis=0)
    drawn = ops.convert_to_numpy(binarize(x, keras.random.SeedGenerator(0)))
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    np.testing.assert_allclose((drawn > 0).mean(axis=0), [0, 0.25, 0.5, 0.75, 1], atol=0.012)
    np.testing.assert_array_equal(ops.convert_to_numpy(binarize(x))[0], [-1, -1, 1, 1, 1])


def test_bits_and_back():
    """An erased bit is 0, between -1 and +1, and so is one of which nothing is known."""
    signs = np.sign(np.random.default_rng(0).standard_normal((2, 3, 4, 5))).astype("float32")
    bits = ops.convert_to_numpy(to_bits(signs))
    assert bits.shape == (2, 60) and set(np.unique(bits)) == {0.0, 1.0}
    np.testing.assert_array_equal(from_bits(bits, (3, 4), 5), signs)
    bits[0, :3] = [-1.0, 0.5, 0.75]
    np.testing.assert_allclose(np.ravel(from_bits(bits, (3, 4), 5))[:3], [0, 0, 0.5])


def test_channels_over_64_bits_for_each_pixel():
    codec = Ds2c2(**OPTIONS)
    sent, shown = rehearse(codec, X, None)
    assert sent[1].shape == (2, 3 * 5 * OPTIONS["channels"])  # 20x33 is 3x5 blocks of 8x8
    assert len(shown) == codec.num_layers == 2


def test_a_fresh_codec_shows_its_base():
    """Decoder and SumNet start at zero: what is not known yet does not spoil what is."""
    _, (base, both) = rehearse(Ds2c2(**OPTIONS), X, None)
    np.testing.assert_allclose(base, both, atol=1e-6)


@pytest.mark.parametrize("fusion", ["sumnet", "sum"])
def test_what_is_lost_is_lost_locally(fusion):
    """Bits of the lower cells change nothing far above them."""
    codec = stirred(Ds2c2(**{**OPTIONS, "fusion": fusion}))
    x = np.random.default_rng(4).random((1, 160, 16, 3)).astype("float32")

    def shown(lose):
        def answer(part):
            values = np.array(part.values) if isinstance(part, Bits) else part.values
            if isinstance(part, Bits) and lose:
                values[:, -2 * OPTIONS["channels"] :] = -1
            return told(part, values)

        return ops.convert_to_numpy(hold(codec.converse(x, None, (160, 16)), answer)[-1])

    whole, damaged = shown(False), shown(True)
    assert np.abs(whole - damaged)[:, -8:].max() > 1e-3
    np.testing.assert_allclose(whole[:, :60], damaged[:, :60], atol=1e-6)


def test_a_block_missing_or_too_many_is_one_line():
    codec = Ds2c2(**OPTIONS)
    for bits in (44, 46):
        with pytest.raises(LinksimError, match=f"{bits} bits arrived, a picture of 33x20 has 45"):
            codec.decode_residual(np.zeros((1, bits), "float32"), (20, 33))


@pytest.mark.parametrize("options", [{"channels": 0}, {"fusion": "max"}, {"sum_block": 3}])
def test_impossible_options(options):
    with pytest.raises(LinksimError):
        Ds2c2(**{**OPTIONS, **options})
