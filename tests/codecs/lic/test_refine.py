"""Latents that are searched for: fewer bits or less error, for any decoder, the same each time."""

import pickle

import keras
import numpy as np
import pytest
from keras import ops
from smooth_pictures import smooth

from linksim.codecs.lic import estimate
from linksim.codecs.lic.at_rate import AtRate
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.refine import Refiner
from linksim.errors import LinksimError

WEIGHTS = (0.02, 0.005)


@pytest.fixture(scope="module")
def codec():
    """Latents that are not all zero, and a synthesis that shows them."""
    keras.utils.set_random_seed(2)
    codec = LicGmm(16, latent_channels=48, rates=2)
    codec.learn_statistics([smooth(1, side=256, seed=seed)[0] for seed in range(4)])
    return codec


def picture(height, width):
    return smooth(1, side=max(height, width), seed=9)[0][:height, :width]


def cost(codec, pixels, stream, weight):
    shown = codec.decompress(stream).astype(np.float64)
    return 8 * len(stream) / pixels[..., 0].size + weight * np.mean((shown - pixels) ** 2)


@pytest.mark.parametrize("quality", [0, 1, 2])
def test_rate_and_distortion_fall_and_any_decoder_reads_it(codec, quality):
    pixels = picture(128, 192)
    weight = (0.02, 0.01, 0.005)[quality]
    plain = codec.compress(pixels, quality)
    refined = codec.compress(pixels, quality, Refiner(codec, WEIGHTS, steps=15))
    assert cost(codec, pixels, refined, weight) < 0.98 * cost(codec, pixels, plain, weight)
    assert AtRate(codec, quality).size_of(refined) == (128, 192)


@pytest.mark.parametrize("size", [(1, 1), (17, 31)])
def test_any_size(codec, size):
    pixels = picture(*size)
    assert codec.decompress(codec.compress(pixels, 1, Refiner(codec, WEIGHTS, steps=2))).shape == pixels.shape


def test_the_same_latents_each_time(codec):
    """Whatever was searched for before, of another picture or another size; and after pickling."""
    refiner, pixels = Refiner(codec, WEIGHTS, steps=3), picture(64, 64)
    first = codec.compress(pixels, 1, refiner)
    codec.compress(picture(64, 70), 1, refiner)
    codec.compress(pixels[::-1].copy(), 0, refiner)
    assert codec.compress(pixels, 1, refiner) == first
    assert codec.compress(pixels, 1, pickle.loads(pickle.dumps(refiner))) == first


def test_what_is_not_better_is_not_taken(codec, monkeypatch):
    import linksim.codecs.lic.refine as refine

    monkeypatch.setattr(refine, "_RATE", 100.0)  # far away, whatever the gradient
    pixels = picture(64, 64)
    assert codec.compress(pixels, 1, Refiner(codec, WEIGHTS, steps=2)) == codec.compress(pixels, 1)


def test_the_codec_stays_what_it_is(codec):
    before, digest = codec.get_weights(), codec.fingerprint()
    codec.compress(picture(64, 64), 1, Refiner(codec, WEIGHTS, steps=2))
    assert codec.fingerprint() == digest and codec.trainable
    for a, b in zip(before, codec.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_its_estimate_is_that_of_training(codec):
    x = picture(64, 64)[None].astype("float32") / 255
    rate = ops.full((1,), 1.0)
    y, z = (ops.round(v) for v in codec.latents(x, rate))
    _, bits = codec.shown_and_bits(x, training=False, rate=rate)
    np.testing.assert_allclose(estimate.bits_of(codec, (y, z), (y, z), rate), bits, rtol=1e-6)


def test_streams_and_searches_are_told_apart(codec):
    several = [
        Refiner(codec, WEIGHTS, steps=3),
        Refiner(codec, WEIGHTS, steps=4),
        Refiner(codec, (0.02, 0.01), steps=3),
    ]
    several.append(Refiner(codec, WEIGHTS, steps=3, precision="mixed_bfloat16"))
    digests = {AtRate(codec, 1, "codec", refiner).fingerprint() for refiner in (None, *several)}
    assert len(digests) == 5


@pytest.mark.parametrize(
    "bad, message",
    [
        ({"steps": 0}, "0 steps of refinement"),
        ({"weight": 0.01}, "for a codec of 2 rates"),
        ({"weight": (0.01, 0.0)}, "a positive one for each"),
        ({"precision": "half"}, "precision is 'half'"),
    ],
)
def test_bad_searches_are_one_line(codec, bad, message):
    with pytest.raises(LinksimError, match=message):
        Refiner(codec, **{"weight": WEIGHTS, **bad})


def test_latents_of_one_length_are_not_refined():
    with pytest.raises(LinksimError, match="without fixed_bits"):
        Refiner(LicGmm(4, fixed_bits=4), 0.01)
