"""The analytic start of BResNet: known answers on residuals whose best bits are known."""

import numpy as np
import pytest
from keras import ops

from linksim.codecs import create
from linksim.codecs.ds2c2.enhancement import residual_decoder, residual_encoder
from linksim.codecs.ds2c2.start import best_bit_code, start_bresnet
from linksim.codecs.layers.blocks import space_to_depth
from linksim.errors import LinksimError

CHANNELS = 3


def in_components(x):
    """Blocks of 8x8 as rows of 192 values, in the order of three halvings."""
    for _ in range(3):
        x = ops.convert_to_numpy(space_to_depth(ops.convert_to_tensor(x), 2))
    return x


@pytest.fixture(scope="module")
def residuals():
    """Blocks that are three Gaussian amplitudes times three fixed patterns, and faint noise."""
    rng = np.random.default_rng(1)
    patterns, _ = np.linalg.qr(rng.standard_normal((192, CHANNELS)))
    amplitudes = rng.standard_normal((40, 4, 6, CHANNELS)) * [0.8, 0.4, 0.2]
    x = amplitudes @ patterns.T
    for _ in range(3):
        n, h, w, c = x.shape
        x = x.reshape(n, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * h, 2 * w, c // 4)
    return (x + 0.001 * rng.standard_normal(x.shape)).astype(np.float32), patterns


def test_bits_are_signs_and_the_estimate_is_what_a_sign_says_of_a_gaussian(residuals):
    shown, patterns = residuals
    code = best_bit_code([shown], CHANNELS)
    assert np.abs(np.diag(code.basis.T @ patterns)) == pytest.approx(np.ones(CHANNELS), abs=0.02)
    assert code.deviations == pytest.approx([0.8, 0.4, 0.2], rel=0.1)
    # E[x | x > 0] = sigma sqrt(2 / pi), from the block's own bits alone
    for k in range(CHANNELS):
        own = code.estimate[1, 1, k] @ code.basis[:, k]
        assert own == pytest.approx(code.deviations[k] * np.sqrt(2 / np.pi), rel=0.05)
    others = np.delete(code.estimate.reshape(9, CHANNELS, 192), 4, axis=0)
    assert np.abs(others).max() < 0.1 * np.abs(code.estimate[1, 1]).max()


def test_the_networks_begin_as_the_code(residuals):
    shown, _ = residuals
    code = best_bit_code([shown], CHANNELS)
    encoder, decoder = residual_encoder(CHANNELS, 24), residual_decoder(CHANNELS, 24)
    start_bresnet(code, encoder, decoder)
    latent = ops.convert_to_numpy(encoder(shown))
    components = in_components(shown) @ code.basis - code.thresholds
    clear = np.abs(components) > 0.05 * code.deviations
    assert ((latent > 0) == (components > 0))[clear].all()
    bits = np.where(latent > 0, 1.0, -1.0).astype(np.float32)
    wide = np.pad(bits, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))  # [n, h, w, C, 3, 3]
    expected = np.einsum("nhwcij,ijcv->nhwv", windows, code.estimate) + code.offset
    made = in_components(ops.convert_to_numpy(decoder(bits)))
    assert np.abs(made - expected).max() < 0.02 * np.abs(expected).max()  # IGDN is nearly linear there


def test_the_codec_starts_above_its_base_layer():
    rng = np.random.default_rng(0)
    i, j, c = np.mgrid[0:64, 0:64, 0:3]
    pictures = [
        np.uint8(127 + 60 * np.sin(a * i + b * j + c) + 40 * np.sin(d * i))
        for a, b, d in rng.uniform(0.2, 0.9, (24, 3))
    ]
    codec = create("ds2c2", {"channels": 8, "residual_filters": 24, "base": {"filters": 4, "blocks": 1, "steps": 1}})
    x = np.stack(pictures[:4]).astype(np.float32) / 255
    codec.learn_statistics(pictures)
    residual = x - np.asarray(codec.rgan.base_part(x, (64, 64)).intact)
    left = residual - np.asarray(codec.decode_residual(codec.encode_residual(residual), (64, 64)))
    assert np.mean(left**2) < 0.8 * np.mean(residual**2)


def test_what_cannot_be_is_one_line(residuals):
    shown, _ = residuals
    with pytest.raises(LinksimError, match="too few for 3 bits each"):
        best_bit_code([shown[:1, :16, :24]], CHANNELS)
    with pytest.raises(LinksimError, match="give at least 24"):
        start_bresnet(best_bit_code([shown], CHANNELS), residual_encoder(CHANNELS, 16), residual_decoder(CHANNELS, 16))
