"""Learned image compression: any size, any bytes, the same latents everywhere, bits as estimated; and it learns."""

import keras
import numpy as np
import pytest
from keras import ops
from smooth_pictures import smooth

import linksim.training.loop as loop
from linksim.codecs.conversation import rehearse
from linksim.codecs.layers.gains import Gains
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.size import MAX_PIXELS
from linksim.codecs.lic.streams import parameters, read, write
from linksim.codecs.lic.talk import received
from linksim.errors import LinksimError
from linksim.training import Recipe, Training
from linksim.training.objectives import make_objective
from linksim.training.warm_start import take_common
from linksim.zoo.weights import variable_names


@pytest.fixture(scope="module")
def codec():
    keras.utils.set_random_seed(1)
    return LicGmm(8)


@pytest.fixture(scope="module")
def of_rates():
    """More latents than filters, gains that differ among channels, and latents that differ among rates."""
    keras.utils.set_random_seed(3)
    codec = LicGmm(8, latent_channels=12, rates=3)
    for weights in (codec.gains.gains, codec.gains.inverse, codec.hyper_gains.gains):
        weights.assign(weights + keras.random.normal(weights.shape, stddev=0.1))
    last = codec.analysis.layers[-2]
    last.kernel.assign(100 * last.kernel)
    return codec


def picture(height, width, seed=0):
    return smooth(1, side=max(height, width), seed=seed)[0][:height, :width]


def latents(codec, pixels, rate=None):
    y, _ = codec.latents(pixels[None].astype("float32") / 255, rate)
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


def test_every_rate_comes_back(of_rates):
    assert of_rates.num_qualities == 5
    pixels = picture(65, 130)
    streams = [of_rates.compress(pixels, quality) for quality in range(5)]
    assert of_rates.compress(pixels) == streams[2]
    for quality, stream in enumerate(streams):
        rate = ops.convert_to_tensor(np.array([quality / 2], np.float32))
        np.testing.assert_array_equal(of_rates.latents_of(stream), latents(of_rates, pixels, rate))
        whole, bits = of_rates.shown_and_bits(pixels[None].astype("float32") / 255, training=False, rate=rate)
        whole = np.clip(ops.convert_to_numpy(whole)[0], 0, 1)
        assert np.abs(np.round(whole * 255) - of_rates.decompress(stream)).max() <= 1
        assert 8 * (len(stream) - 7) == pytest.approx(float(bits[0]), rel=0.03, abs=64)
    for quality in (-1, 5, 1.5):
        with pytest.raises(LinksimError, match="give a whole number from 0 to 4"):
            of_rates.compress(pixels, quality)
    with pytest.raises(LinksimError, match="says quality 9, and this model has 0 to 4"):
        of_rates.decompress(streams[0][:2] + bytes([9]) + streams[0][3:])


def test_gains_begin_as_quantiser_steps_and_are_undone():
    """Half an octave finer from rate to rate, 1 in the middle."""
    gains = Gains(5, 3)
    gains.build()
    y, rate = np.ones((5, 1, 1, 3), np.float32), ops.arange(5, dtype="float32")
    scaled = y * ops.convert_to_numpy(gains.gain(rate))
    np.testing.assert_allclose(scaled[:, 0, 0, 0], 2.0 ** np.array([1, 0.5, 0, -0.5, -1]), rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(gains.unscale(scaled, rate)), y, rtol=1e-6)


def test_gains_are_float32_in_mixed_precision_too():
    """Else training would round other latents than an encoder does."""
    gains = Gains(3, 2)
    gains.build()
    gains.gains.assign(gains.gains + 0.0305)  # bfloat16 rounds to another sixteenth
    gains.inverse.assign(gains.inverse + 0.1234567)
    y, rate = np.ones((3, 1, 1, 2), np.float32), ops.arange(3, dtype="float32")

    class Mixed(keras.layers.Layer):
        def call(self, rate):
            return ops.concatenate([gains.gain(ops.cast(rate, "float32")), gains.unscale(y, ops.cast(rate, "float32"))])

    mixed = Mixed(dtype="mixed_bfloat16")(rate)  # 0, 1 and 2 are what they are in any precision
    plain = ops.concatenate([gains.gain(rate), gains.unscale(y, rate)])
    np.testing.assert_array_equal(ops.convert_to_numpy(mixed), ops.convert_to_numpy(plain))


def test_the_first_quality_takes_most_bits():
    keras.utils.set_random_seed(4)
    codec = LicGmm(8, rates=3)
    last = codec.analysis.layers[-2]
    last.kernel.assign(100 * last.kernel)
    lengths = [len(codec.compress(picture(65, 130), quality)) for quality in range(5)]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] < 0.9 * lengths[0]


@pytest.mark.parametrize(
    "bad",
    [{"filters": 3}, {"latent_channels": -2}, {"latent_channels": 5}, {"rates": 0}, {"rates": 65}, {"fixed_bits": 1}],
)
def test_impossible_sizes_are_one_line(bad):
    with pytest.raises(LinksimError, match=f"{next(iter(bad))} is .*; give"):
        LicGmm(**{"filters": 8, **bad})


def test_rates_are_drawn_in_a_graph_of_any_batch(of_rates):
    tf = pytest.importorskip("tensorflow")

    @tf.function(input_signature=[tf.TensorSpec((None, 64, 64, 3), tf.float32)])
    def run(x):
        shown, bits = of_rates.shown_and_bits(x)
        return shown, bits, of_rates.draw_rates(ops.shape(x)[0])

    for count in (1, 3):
        shown, bits, rate = run(np.zeros((count, 64, 64, 3), np.float32))
        assert shown.shape == (count, 64, 64, 3) and bits.shape == rate.shape == (count,)


def test_between_two_rates_gains_are_their_geometric_mean(of_rates):
    low, mean, high = ops.convert_to_numpy(of_rates.gains.gain(ops.convert_to_tensor([1.0, 1.5, 2.0])))
    np.testing.assert_allclose(mean**2, low * high, rtol=2 ** (1.01 / 8) - 1)  # each to the nearest sixteenth
    inverse = of_rates.gains.unscale(np.ones((3, 1, 1, 12), np.float32), ops.convert_to_tensor([1.0, 1.5, 2.0]))
    low, mean, high = ops.convert_to_numpy(inverse)
    np.testing.assert_allclose(mean**2, low * high, rtol=1e-5)


def test_a_decoder_knows_the_gains_exactly(of_rates):
    for quality in range(of_rates.num_qualities):
        rate = quality / 2
        for gains in (of_rates.gains, of_rates.hyper_gains):
            gain = ops.convert_to_numpy(gains.gain(ops.convert_to_tensor(np.array([rate], np.float32))))[0, 0, 0]
            np.testing.assert_allclose(16 * np.log2(gain), gains.sixteenths(rate), atol=1e-4)


def test_a_model_with_more_rates_goes_on_from_one_with_fewer(of_rates):
    """At the rates that both have it does the same; behind them the quantiser grows as it did before."""
    keras.utils.set_random_seed(4)
    more = LicGmm(8, latent_channels=12, rates=5)
    had = dict(zip(variable_names(of_rates), (ops.convert_to_numpy(w) for w in of_rates.weights), strict=True))
    take_common(more, had, "the one with fewer", "test/more")
    x = picture(64, 64)[None].astype("float32") / 255
    for rate in (0.0, 1.5, 2.0):
        for a, b in zip(*(c.shown_and_bits(x, False, rate=np.float32([rate])) for c in (of_rates, more)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)
    for weights in (more.gains.gains, more.gains.inverse, more.hyper_gains.gains):
        steps = np.diff(ops.convert_to_numpy(weights), axis=0)
        np.testing.assert_allclose(steps[2:], steps[[1, 1]], atol=1e-5)
    y = np.float32(np.random.default_rng(0).laplace(size=(4, 4, 12)) * 3).round().astype(np.int64)
    z = np.zeros((1, 1, 8), np.int64)
    last, beyond = (more.mixtures[0].kernel[:, :, rate - 5] for rate in (2, 4))
    np.testing.assert_array_equal(last, beyond)
    assert read(more, write(more, y, z, 4.0), (4, 4), 4.0).shape == y.shape


def test_a_model_with_fewer_rates_keeps_those_that_it_has(of_rates):
    had = dict(zip(variable_names(of_rates), (ops.convert_to_numpy(w) for w in of_rates.weights), strict=True))
    fewer = LicGmm(8, latent_channels=12, rates=2)
    take_common(fewer, had, "the one with more", "test/fewer")
    np.testing.assert_array_equal(fewer.gains.gains, of_rates.gains.gains[:2])


def test_a_batch_has_all_sorts_of_rates(of_rates):
    drawn = np.sort(np.concatenate([ops.convert_to_numpy(of_rates.draw_rates(4)) for _ in range(50)]))
    assert 0 <= drawn[0] < 0.1 and 1.9 < drawn[-1] <= 2
    one = np.sort(ops.convert_to_numpy(of_rates.draw_rates(4)))
    np.testing.assert_allclose(np.diff(one), 0.5, atol=1e-5)


def test_the_context_sees_no_latent_before_it_is_decoded(codec):
    """Another latent on a white field changes nothing of what any field is expected to be."""
    hyper = np.round(20 * np.random.default_rng(0).standard_normal((6, 6, 16)))
    y = np.random.default_rng(1).integers(-3, 4, (6, 6, 8))
    black = (np.arange(6)[:, None] + np.arange(6)) % 2 == 0
    other = np.where(black[..., None], y, y + 5)
    np.testing.assert_array_equal(
        parameters(codec, hyper, y * black[..., None], 0.0), parameters(codec, hyper, other * black[..., None], 0.0)
    )
    assert np.any(parameters(codec, hyper, y, 0.0) != parameters(codec, hyper, other, 0.0))


def test_bytes_are_what_it_estimates(codec):
    pixels = smooth(3, side=192) // 32 + 124  # latents within the reach of mixtures that were not trained
    _, bits = codec.shown_and_bits(pixels.astype("float32") / 255, training=False)
    for one, estimate in zip(pixels, ops.convert_to_numpy(bits), strict=True):
        assert 8 * (len(codec.compress(one)) - 7) == pytest.approx(estimate, rel=0.01, abs=64)


def test_streams_of_others_are_refused(codec):
    stream = codec.compress(picture(20, 30))
    for damaged in (stream[:6], b"", b"\0\0" + stream[2:]):
        with pytest.raises(LinksimError):
            codec.decompress(damaged)
    huge = stream[:3] + b"\xff\xff\xff\xff" + stream[7:]
    with pytest.raises(LinksimError, match="too large"):
        codec.decompress(huge)
    with pytest.raises(LinksimError, match="too large"):
        codec.compress(np.zeros((1, MAX_PIXELS + 1, 3), np.uint8))
    keras.utils.set_random_seed(2)
    with pytest.raises(LinksimError, match="another model"):
        LicGmm(8).decompress(stream)


@pytest.mark.parametrize("kind", ["codec", "of_rates"])
def test_damaged_streams_end(kind, request):
    codec = request.getfixturevalue(kind)
    stream = codec.compress(picture(70, 90))
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(stream)
        for place in rng.integers(7, len(stream), 3):
            damaged[place] = rng.integers(256)
        cut = bytes(damaged[: rng.integers(7, len(stream) + 1)])
        try:
            assert codec.decompress(cut).shape == (70, 90, 3)
        except LinksimError:
            pass


def test_the_conversation(codec):
    pixels = smooth(2, side=40)
    sent, shown = rehearse(codec, pixels.astype("float32") / 255, 10.0)
    assert [len(s) for s in sent[0]] == [len(codec.compress(p)) for p in pixels]
    lost = received(codec, [None, sent[0][1]], (40, 40))
    assert np.all(lost[0] == 0.5)
    assert np.abs(np.asarray(lost[1]) - np.asarray(shown[-1][1])).max() < 2 / 255


def test_rate_and_distortion_are_for_codecs_that_say_bits():
    from linksim.codecs.registry import create

    with pytest.raises(LinksimError, match="says no bits"):
        make_objective("rate-distortion", {}).attach(create("deepjscc", {"latent_channels": 4}))
    with pytest.raises(LinksimError, match="positive"):
        make_objective("rate-distortion", {"weight": 0})
    with pytest.raises(LinksimError, match="2 weights for a codec of 3 rates"):
        make_objective("rate-distortion", {"weight": [0.01, 0.001]}).attach(LicGmm(4, rates=3))


def test_every_picture_counts_with_the_weight_of_its_rate(of_rates, monkeypatch):
    objective = make_objective("rate-distortion", {"weight": [0.04, 0.01, 0.0025]})
    assert objective.rate_weight == 0.01
    monkeypatch.setattr(of_rates, "draw_rates", lambda count: ops.convert_to_tensor(np.array([0.5, 2.0], np.float32)))
    x = smooth(2, side=64).astype("float32") / 255
    shown, bits, weight = objective.look(of_rates, x, None)
    np.testing.assert_allclose(ops.convert_to_numpy(weight), [0.02, 0.0025], rtol=1e-5)
    error = np.mean((ops.convert_to_numpy(shown) - x) ** 2, axis=(1, 2, 3))
    costs = ops.convert_to_numpy(bits) / 64**2 + np.array([0.02, 0.0025]) * 255**2 * error
    alone, _ = of_rates.shown_and_bits(x, rate=ops.convert_to_tensor([0.5, 2.0]))  # what is shown has no noise
    np.testing.assert_allclose(ops.convert_to_numpy(shown), ops.convert_to_numpy(alone), atol=1e-5)
    wanted = np.mean(costs * np.sqrt([0.5, 4]))
    assert float(objective.loss(x, (shown, bits, weight))) == pytest.approx(wanted, rel=1e-4)


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
    assert 8 * sum(len(s) - 7 for s in streams) / run.val_pictures[..., 0].size == pytest.approx(
        last.bpp,
        rel=0.05,
        abs=32 / 64**2,  # the coder writes words of 32 bits
    )
    error = np.mean(
        [(run.codec.decompress(s).astype(float) - p) ** 2 for s, p in zip(streams, run.val_pictures, strict=True)]
    )
    assert 10 * np.log10(255**2 / error) == pytest.approx(last.val_psnr, abs=0.1)
