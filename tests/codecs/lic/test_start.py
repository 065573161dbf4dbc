"""Training of learned compression begins at transform coding: what comes out is what the linear transform gives."""

import numpy as np
import pytest
from keras import ops

import linksim.training.loop as loop
from linksim import images
from linksim.codecs.layers.blocks import cut_blocks
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.lic.start import QUANTISER_STEP, learn_pyramid
from linksim.errors import LinksimError
from linksim.training import Recipe, Training
from linksim.training.phase import Phase

FILTERS, LATENTS = 32, 48
CORNERS = np.stack([picture.pixels[:128, :128] for picture in images.load("sample")])
"""Squares of photographs."""


@pytest.fixture(scope="module")
def pictures():
    return [picture.pixels for picture in images.load("sample")]


@pytest.fixture(scope="module")
def started(pictures):
    codec = LicGmm(FILTERS, latent_channels=LATENTS)
    codec.learn_statistics(pictures)
    return codec


def mse(a, b) -> float:
    return float(np.mean(np.square(np.asarray(a, np.float64) - b)))


def by_hand(pyramid):
    """The components of each block of the corners, and the squared error of leaving out the others."""
    x = cut_blocks(CORNERS.reshape(-1, 128, 3), 16).reshape(-1, 16, 16, 3) / 255 - 0.5
    y, energy = x, np.mean(x**2)
    for basis in pyramid.bases:
        side = y.shape[1] // 2
        y = y.reshape(len(y), side, 2, side, 2, -1).swapaxes(2, 3).reshape(len(y), side, side, -1) @ basis
    components = y.reshape(len(y), -1) - pyramid.mean
    # What the mean has beside the kept components is the same in every block, and nearly nothing.
    return components, energy - np.mean(np.sum(y.reshape(len(y), -1) ** 2, axis=1)) / x[0].size


def test_latents_are_components_in_quantiser_steps(started, pictures):
    components, _ = by_hand(learn_pyramid(pictures, (FILTERS,) * 3 + (LATENTS,)))
    y, _ = started.latents(CORNERS.astype("float32") / 255)
    y = ops.convert_to_numpy(y).reshape(components.shape)
    assert np.sqrt(mse(y, components / QUANTISER_STEP)) < 0.05 * np.std(components / QUANTISER_STEP)


def test_what_is_left_out_is_all_that_is_lost(started, pictures):
    """Without rounding: within a tenth of a decibel of the linear transform."""
    _, lost = by_hand(learn_pyramid(pictures, (FILTERS,) * 3 + (LATENTS,)))
    x = CORNERS.astype("float32") / 255
    shown = started.shown(started.latents(x)[0], (128, 128))
    assert 0.95 * lost < mse(shown, x) < lost * 10**0.01


def test_it_begins_far_above_chance(started):
    """Bits per pixel + lambda 255^2 MSE, at the lambda that its quantiser step is for."""
    x = CORNERS.astype("float32") / 255

    def cost(codec) -> float:
        shown, bits = codec.shown_and_bits(x, training=False)
        return float(np.mean(bits)) / 128**2 + 0.0064 * 255**2 * mse(shown, x)

    assert cost(started) < 0.4 * cost(LicGmm(FILTERS, latent_channels=LATENTS))


def test_its_streams_decode(started):
    stream = started.compress(CORNERS[1])
    assert (started.latents_of(stream) == np.rint(ops.convert_to_numpy(started.latents(CORNERS[1:2] / 255.0)[0]))).all()


def test_a_recipe_asks_for_it_without_an_snr(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 2)
    phases = (Phase("rate-distortion", 2, {"weight": 0.0064}),)
    over = {"snr_db": None, "channel": "bsc", "error_probability": 0.0}
    recipe = Recipe("x", "lic", {"filters": 8}, "sample", crop=64, analytic_start=True, phases=phases, **over)
    training = Training(recipe, tmp_path)
    assert training.start is not None and training.start.what == "analytic start" and training.start.report.bpp > 0


def test_too_few_pictures_are_one_line():
    for pictures in ([CORNERS[0, :32, :32]], [CORNERS[0, :10, :40]], []):
        with pytest.raises(LinksimError, match="which takes 128; give more pictures"):
            LicGmm(FILTERS).learn_statistics(pictures)


def test_a_picture_smaller_than_a_block_counts_for_nothing(pictures):
    one, other = (learn_pyramid(given, (4, 4)) for given in (pictures, [*pictures, CORNERS[0, :10, :40]]))
    assert all(np.array_equal(a, b) for a, b in zip(one.bases, other.bases, strict=True))
