"""The best linear analog code: what it sends is what theory says, and what arrives is as good as theory says."""

import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize
from smooth_pictures import smooth

from linksim.codecs import LinearAnalog
from linksim.codecs.klt import block_statistics, power_allocation
from linksim.codecs.layers.blocks import cut_blocks, depth_to_space, space_to_depth
from linksim.errors import LinksimError

DEVIATIONS = np.array([1.0, 0.5, 0.25, 0.1, 0.02], "float32")


@pytest.mark.parametrize("noise", [0.001, 0.05, 1.0])
def test_no_other_sharing_of_the_power_does_better(noise):
    """Against a numerical minimum of the sum of s^2 / (1 + p / n)."""
    power = 2.5
    found = ops.convert_to_numpy(power_allocation(DEVIATIONS, np.float32([power]), np.float32([noise])))

    def left(p):
        return np.sum(DEVIATIONS**2 / (1 + p / noise))

    start = np.full(len(DEVIATIONS), power / len(DEVIATIONS))
    budget = {"type": "eq", "fun": lambda p: p.sum() - power}
    best = minimize(left, start, bounds=[(0, None)] * len(start), constraints=budget, tol=1e-12)
    assert found.sum() == pytest.approx(power, rel=1e-5) and np.all(found >= 0)
    assert left(found) <= best.fun * (1 + 1e-4)


def test_statistics_are_those_of_the_blocks():
    pictures = smooth(60)
    statistics = block_statistics(pictures, 4)
    blocks = np.concatenate([cut_blocks(p, 4) for p in pictures]) / 255
    np.testing.assert_allclose(statistics.mean, blocks.mean(axis=0), atol=1e-5)
    centred = (blocks - statistics.mean) @ statistics.basis
    np.testing.assert_allclose(centred.T @ centred / len(blocks), np.diag(statistics.variances), atol=1e-5)
    assert np.all(np.diff(statistics.variances) <= 0)


def test_blocks_lie_as_the_codec_cuts_them():
    """Rows, columns, colours: the statistics and the codec speak of the same order."""
    picture = np.random.default_rng(0).random((1, 8, 12, 3)).astype("float32")
    blocks = space_to_depth(picture, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(blocks)[0].reshape(6, 48), cut_blocks(picture[0], 4))
    np.testing.assert_array_equal(ops.convert_to_numpy(depth_to_space(blocks, 4)), picture)


def test_too_few_blocks_are_refused():
    with pytest.raises(LinksimError, match="give more pictures"):
        block_statistics(smooth(2), 8)


def learned(**options):
    codec = LinearAnalog(**options)
    codec.learn_statistics(smooth(300))
    return codec


def received(codec, pictures, snr_db, seed=0):
    """PSNR of the mean MSE over AWGN, in dB."""
    x = pictures.astype("float32") / 255
    symbols = ops.convert_to_numpy(codec.encode(x, snr_db))
    noise = np.random.default_rng(seed).normal(0, 10 ** (-snr_db / 20) / 2**0.5, symbols.shape)
    shown = ops.convert_to_numpy(codec.decode((symbols + noise).astype("float32"), snr_db, x.shape[1:3]))
    return -10 * np.log10(np.mean((shown - x) ** 2))


def test_every_picture_has_power_1_and_the_receiver_learns_its_scale():
    """At next to no noise nothing is lost but the components that are not sent."""
    codec, pictures = learned(latent_channels=16, block=4), smooth(40, seed=1)
    symbols = ops.convert_to_numpy(codec.encode(pictures.astype("float32") / 255, 60.0))
    np.testing.assert_allclose(np.mean(np.sum(symbols**2, -1), -1), 1, rtol=1e-4)
    basis, mean = ops.convert_to_numpy(codec.basis), ops.convert_to_numpy(codec.mean)
    blocks = np.concatenate([cut_blocks(p, 4) for p in pictures]) / 255
    lost = -10 * np.log10(np.mean((blocks - mean - (blocks - mean) @ basis @ basis.T) ** 2))
    assert received(codec, pictures, 60.0) == pytest.approx(lost, abs=0.1)


def test_more_snr_is_more_psnr_and_noise_costs_what_theory_says():
    """Within 1 dB of the sum of s^2 / (1 + p/n): the pilot takes a part, and pictures differ from their mean."""
    codec, pictures = learned(latent_channels=16, block=4), smooth(200, seed=1)
    psnr = [received(codec, pictures, snr) for snr in (0.0, 10.0, 20.0)]
    assert psnr == sorted(psnr) and psnr[2] > psnr[0] + 5
    powers, _ = codec._powers(10.0, 16)
    deviations = ops.convert_to_numpy(codec.deviations)
    sent = deviations**2 / (1 + ops.convert_to_numpy(powers)[0] / 0.05)
    dropped = block_statistics(smooth(300), 4).variances[16:]
    theory = -10 * np.log10((sent.sum() + dropped.sum()) / 48)
    assert psnr[1] == pytest.approx(theory, abs=1)


def test_powers_made_for_one_snr_stay():
    codec = learned(latent_channels=16, block=4, snr_db=10.0)
    pictures = smooth(10).astype("float32") / 255
    assert not codec.encodes_for_snr
    np.testing.assert_array_equal(
        ops.convert_to_numpy(codec.encode(pictures, None)), ops.convert_to_numpy(codec.encode(pictures, 3.0))
    )
    assert received(codec, smooth(50, seed=2), 10.0) > received(codec, smooth(50, seed=2), 0.0)
