"""Latents that are searched for: fewer bits or less error, for any decoder, the same each time."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from smooth_pictures import smooth

import linksim
from linksim.codecs.lic import estimate
from linksim.codecs.lic.at_rate import AtRate
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.header import BYTES as HEADER_BYTES
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
    at_rate = AtRate(codec, quality, refiner=Refiner(codec, WEIGHTS, steps=15))
    assert at_rate.compress(pixels) == refined and at_rate.size_of(refined) == (128, 192)


@pytest.mark.parametrize("size", [(1, 1), (17, 31)])
def test_any_size(codec, size):
    pixels = picture(*size)
    assert codec.decompress(codec.compress(pixels, 1, Refiner(codec, WEIGHTS, steps=2))).shape == pixels.shape


def test_the_same_latents_each_time(codec):
    """Whatever was searched for before, of another picture or another size; and after pickling."""
    refiner, pixels = Refiner(codec, WEIGHTS, steps=3), picture(64, 64)
    first = codec.compress(pixels, 1, refiner)
    assert first != codec.compress(pixels, 1)
    for other, quality in ((picture(64, 70), 1), (pixels[::-1].copy(), 0)):
        assert codec.compress(other, quality, refiner) != codec.compress(other, quality)
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


def test_what_jax_searches_and_writes_is_read_here(codec, tmp_path):
    pytest.importorskip("jax")
    pixels = picture(64, 128)
    np.savez(tmp_path / "given.npz", *codec.get_weights(), pixels)
    env = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(Path(linksim.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", IN_JAX], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    plain, refined = ((tmp_path / name).read_bytes() for name in ("plain", "refined"))
    assert np.array_equal(codec.latents_of(refined), np.load(tmp_path / "latents.npy"))
    assert cost(codec, pixels, refined, 0.005) < 0.98 * cost(codec, pixels, plain, 0.005)


IN_JAX = f"""
import numpy as np
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.refine import Refiner
*weights, pixels = np.load("given.npz").values()
codec = LicGmm(16, latent_channels=48, rates=2)
codec.set_weights(weights)
refined = codec.compress(pixels, 2, Refiner(codec, {WEIGHTS}, steps=15))
np.save("latents.npy", codec.latents_of(refined))
open("plain", "wb").write(codec.compress(pixels, 2))
open("refined", "wb").write(refined)
"""


def test_the_bits_that_it_counts_are_those_that_are_sent(codec):
    pixels = picture(128, 192)
    y, z = (v[None] for v in Refiner(codec, WEIGHTS, steps=5).latents(pixels, 1.0))
    bits = float(estimate.bits_of(codec, (y, z), (y, z), ops.full((1,), 1.0))[0])
    sent = 8 * (len(codec.compress(pixels, 2, Refiner(codec, WEIGHTS, steps=5))) - HEADER_BYTES)
    assert bits <= sent < 1.02 * bits + 64


def test_in_bfloat16_networks_are_and_nothing_else(codec):
    refiner = Refiner(codec, WEIGHTS, steps=15, precision="mixed_bfloat16")
    pixels = picture(128, 192)
    refined, plain = codec.compress(pixels, 2, refiner), codec.compress(pixels, 2)
    assert cost(codec, pixels, refined, 0.005) < 0.98 * cost(codec, pixels, plain, 0.005)
    (search,) = refiner._searches.values()
    assert search.codec.synthesis.layers[-1].compute_dtype == "bfloat16"
    floats = {v.dtype for v in search.variables if "float" in v.dtype}
    assert floats == {"float32"} and keras.config.dtype_policy().name == "float32"


def test_a_refiner_of_other_weights_is_refused(codec):
    refiner = Refiner(codec, WEIGHTS, steps=1)
    other = LicGmm(16, latent_channels=48, rates=2)
    with pytest.raises(LinksimError, match="of another codec"):
        other.compress(picture(64, 64), 1, refiner)
    refiner = Refiner(other, WEIGHTS, steps=1)
    other.prior.assign(other.prior + 1)
    with pytest.raises(LinksimError, match="of weights of before"):
        other.compress(picture(64, 64), 1, refiner)


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
        ({"steps": 2.5}, "2.5 steps of refinement"),
        ({"weight": (0.01, float("nan"))}, "a positive one for each"),
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
        Refiner(LicGmm(4, fixed_bits=4, rates=2), 0.01)
