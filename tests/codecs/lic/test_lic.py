"""Learned image compression: any size, any bytes, the same latents everywhere, bits as estimated; and it learns."""

import keras
import numpy as np
import pytest
from keras import ops
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.codecs.conversation import rehearse
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.size import MAX_PIXELS
from linksim.errors import LinksimError
from linksim.training import Recipe, Training
from linksim.training.objectives import make_objective


@pytest.fixture(scope="module")
def codec():
    keras.utils.set_random_seed(1)
    return LicGmm(8)


def picture(height, width, seed=0):
    return smooth(1, side=max(height, width), seed=seed)[0][:height, :width]


def latents(codec, pixels):
    y, _ = codec._latents(pixels[None].astype("float32") / 255)
    return np.rint(ops.convert_to_numpy(y))[0]


@pytest.mark.parametrize("size", [(1, 1), (17, 31), (64, 64), (65, 130), (2, 300)])
def test_every_size_comes_back(codec, size):
    pixels = picture(*size)
    stream = codec.compress(pixels)
    assert codec.size_of(stream) == size
    np.testing.assert_array_equal(codec.latents_of(stream), latents(codec, pixels))
    shown = codec.decompress(stream)
    assert shown.shape == pixels.shape and shown.dtype == np.uint8
    # What training and a transmitter show is what the receiver decodes.
    whole = ops.convert_to_numpy(codec(pixels[None].astype("float32") / 255))[0]
    assert np.abs(np.round(whole * 255) - shown).max() <= 1


def test_the_context_sees_no_latent_before_it_is_decoded(codec):
    """Another latent on a white field changes nothing of what any field is expected to be."""
    hyper = np.round(20 * np.random.default_rng(0).standard_normal((6, 6, 16)))
    y = np.random.default_rng(1).integers(-3, 4, (6, 6, 8))
    black = (np.arange(6)[:, None] + np.arange(6)) % 2 == 0
    other = np.where(black[..., None], y, y + 5)
    np.testing.assert_array_equal(
        codec._exact_parameters(hyper, y * black[..., None]), codec._exact_parameters(hyper, other * black[..., None])
    )
    assert np.any(codec._exact_parameters(hyper, y) != codec._exact_parameters(hyper, other))


def test_bytes_are_what_it_estimates(codec):
    pixels = smooth(3, side=192) // 32 + 124  # latents within the reach of mixtures that were not trained
    _, bits = codec.shown_and_bits(pixels.astype("float32") / 255, training=False)
    for one, estimate in zip(pixels, ops.convert_to_numpy(bits), strict=True):
        assert 8 * (len(codec.compress(one)) - 6) == pytest.approx(estimate, rel=0.01, abs=64)


def test_streams_of_others_are_refused(codec):
    stream = codec.compress(picture(20, 30))
    for damaged in (stream[:5], b"", b"\0\0" + stream[2:]):
        with pytest.raises(LinksimError):
            codec.decompress(damaged)
    huge = stream[:2] + b"\xff\xff\xff\xff" + stream[6:]
    with pytest.raises(LinksimError, match="too large"):
        codec.decompress(huge)
    with pytest.raises(LinksimError, match="too large"):
        codec.compress(np.zeros((1, MAX_PIXELS + 1, 3), np.uint8))
    keras.utils.set_random_seed(2)
    with pytest.raises(LinksimError, match="another model"):
        LicGmm(8).decompress(stream)


def test_damaged_streams_end(codec):
    stream = codec.compress(picture(70, 90))
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(stream)
        for place in rng.integers(6, len(stream), 3):
            damaged[place] = rng.integers(256)
        cut = bytes(damaged[: rng.integers(6, len(stream) + 1)])
        try:
            assert codec.decompress(cut).shape == (70, 90, 3)
        except LinksimError:
            pass


def test_the_conversation(codec):
    pixels = smooth(2, side=40)
    sent, shown = rehearse(codec, pixels.astype("float32") / 255, 10.0)
    assert [len(s) for s in sent[0]] == [len(codec.compress(p)) for p in pixels]
    lost = codec._received([None, sent[0][1]], (40, 40))
    assert np.all(lost[0] == 0.5)
    assert np.abs(np.asarray(lost[1]) - np.asarray(shown[-1][1])).max() < 2 / 255


def test_rate_and_distortion_are_for_codecs_that_say_bits():
    from linksim.codecs.registry import create

    with pytest.raises(LinksimError, match="says no bits"):
        make_objective("rate-distortion", {}).attach(create("deepjscc", {"latent_channels": 4}))
    with pytest.raises(LinksimError, match="positive"):
        make_objective("rate-distortion", {"weight": 0})


@pytest.mark.slow
def test_it_learns_resumes_and_is_compared_by_rate_and_distortion(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 40)
    pictures = smooth(40, side=64)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[8:], pictures[:8]))
    recipe = Recipe(
        "test/lic", "lic", {"filters": 16}, steps=120, batch_size=4, loss="rate-distortion", optimizer="muon",
        learning_rate=1e-2, snr_db=None, channel="bsc", error_probability=0.0,
    )  # fmt: skip

    def stop(done):
        if done.step == 80:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Training(recipe, tmp_path / "run", report=stop).run()
    run = Training(recipe, tmp_path / "run")
    run.run()
    first, last = run.history[0], run.history[-1]
    assert first.bpp > 0 and last.lpips is None
    cost = [p.bpp + 0.013 * 255**2 * 10 ** (-p.val_psnr / 10) for p in run.history]
    assert cost[-1] < 0.9 * cost[0]
    assert "val_bpp" in (tmp_path / "run" / "history.csv").read_text().splitlines()[0]
    # Real bytes take what the validation says, and show what it says.
    streams = [run.codec.compress(p) for p in run.val_pictures]
    assert 8 * sum(len(s) - 6 for s in streams) / run.val_pictures[..., 0].size == pytest.approx(
        last.bpp,
        rel=0.05,
        abs=32 / 64**2,  # the coder writes words of 32 bits
    )
    error = np.mean(
        [(run.codec.decompress(s).astype(float) - p) ** 2 for s, p in zip(streams, run.val_pictures, strict=True)]
    )
    assert 10 * np.log10(255**2 / error) == pytest.approx(last.val_psnr, abs=0.1)
