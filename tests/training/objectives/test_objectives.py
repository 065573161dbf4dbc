"""Objectives of the layered codec: structure, features, classes, and discriminators."""

import numpy as np
import pytest
from codec_kinds import SMALL
from keras import ops

from linksim import metrics
from linksim.errors import LinksimError
from linksim.training import Phase, Recipe, Training, loop
from linksim.training.objectives import make_objective
from linksim.training.objectives.distortion import ssim
from linksim.training.objectives.segmentation import Segmentation

RNG = np.random.default_rng(0)
X = RNG.random((3, 40, 48, 3)).astype("float32")
Y = np.clip(X + 0.1 * RNG.standard_normal(X.shape), 0, 1).astype("float32")


def test_ssim_is_the_metric():
    """Of rounded pictures the loss and the metric agree, picture by picture."""
    a, b = (np.rint(255 * v).astype(np.uint8) for v in (X, Y))
    expected = metrics.get("ssim")(a, b)
    made = ops.convert_to_numpy(ssim(a.astype("float32") / 255, b.astype("float32") / 255))
    np.testing.assert_allclose(made, expected, atol=2e-4)


def test_distortion_adds_up():
    """L1 from -1 to 1, structure and features each with its weight; the mean over what is shown."""
    shown = np.stack([X, Y], axis=1)
    l1 = make_objective("distortion", {"l1": 20.0, "ssim": 0.0, "features": 0.0}).loss(X, shown)
    assert float(l1) == pytest.approx(20 * np.mean(np.abs(2 * (X - Y))) / 2, rel=1e-4)
    structure = make_objective("distortion", {"l1": 0.0, "ssim": 1.0, "features": 0.0}).loss(X, shown)
    assert float(structure) == pytest.approx((1 - np.mean(ops.convert_to_numpy(ssim(X, Y)))) / 2, rel=1e-4)


def test_unknown_features_are_one_line():
    with pytest.raises(LinksimError, match="vgg19"):
        make_objective("distortion", {"network": "vgg"})


def test_segmentation_counts_known_pixels_only():
    """Uniform scores cost ln K; a sure and right score nothing; unknown pixels nothing either."""
    labels = RNG.integers(0, 5, (2, 4, 6, 1)).astype("float32")
    pictures = np.concatenate([np.zeros((2, 4, 6, 3), "float32"), labels], axis=-1)
    assert float(Segmentation().loss(pictures, np.zeros((2, 4, 6, 5), "float32"))) == pytest.approx(np.log(5), rel=1e-5)
    right = 100 * np.eye(5, dtype="float32")[labels[..., 0].astype(int)]
    assert float(Segmentation().loss(pictures, right)) == pytest.approx(0, abs=1e-5)
    pictures[0, ..., 3] = 255
    right[0] = -right[0]
    assert float(Segmentation().loss(pictures, right)) == pytest.approx(0, abs=1e-5)


@pytest.fixture
def labelled_world(monkeypatch):
    rng = np.random.default_rng(1)
    pictures = np.concatenate([rng.integers(0, 256, (12, 32, 32, 3)), rng.integers(0, 3, (12, 32, 32, 1))], axis=-1)
    pictures = pictures.astype(np.uint8)
    monkeypatch.setattr(loop, "STEPS_PER_EPOCH", 2)
    monkeypatch.setattr(loop, "load_data", lambda recipe: (pictures[2:], pictures[:2, ..., :3]))


PHASES = (
    Phase("segmentation", 2, trains=("segnet",)),
    Phase("distortion", 2, {"features": 0.0}, trains=("compnet", "finenets")),
    Phase("adversarial", 2, {"features": 0.0, "filters": 4, "scales": 2}, trains=("compnet", "finenets"), beta_1=0.5),
)
BASE = Recipe("test/rgan", "rgan", SMALL["rgan"], snr_db=None, channel="bsc", error_probability=0.0, batch_size=2)


def test_the_base_layer_learns_in_three_phases(labelled_world, tmp_path):
    """First to see, then to paint, then against discriminators, one for each step and scale; each phase moves what it
    names, and nothing else."""
    moved = []

    def keep(report):
        rgan = training.codec
        parts = [rgan.segnet, rgan.compnet, *rgan.finenets, training.chain.rivals[0]]
        moved.append([np.concatenate([np.ravel(w) for w in part.get_weights()]) for part in parts])

    import dataclasses

    training = Training(dataclasses.replace(BASE, phases=PHASES), tmp_path, report=keep)
    keep(None)
    assert [len(scales) for scales in training.chain.rivals[0].networks] == [2, 2]
    training.run()
    changes = [[not np.array_equal(a, b) for a, b in zip(x, y)] for x, y in zip(moved, moved[1:])]
    see, paint, against = [True, *[False] * 4], [False, True, True, True, False], [False, True, True, True, True]
    assert changes == [see, paint, against]


@pytest.mark.parametrize("channel, probability", [("z", 0.0), ("z", 0.3), ("bec", (0.0, 0.5))])
def test_the_second_stage_leaves_the_first_alone(labelled_world, tmp_path, channel, probability):
    """Residual and sum learn over a channel for bits; of the base layer not one weight moves."""
    phase = Phase("distortion", 4, {"features": 0.0}, ("residual_encoder", "residual_decoder", "sumnet"))
    recipe = Recipe(
        "test/ds2c2", "ds2c2", SMALL["ds2c2"], snr_db=None, channel=channel, error_probability=probability,
        batch_size=2, phases=(phase,),
    )  # fmt: skip
    training = Training(recipe, tmp_path)
    parts = (training.codec.rgan, training.codec.residual_encoder, training.codec.residual_decoder)
    before = [part.get_weights() for part in parts]
    training.run()
    same = [all(np.array_equal(a, b) for a, b in zip(x, part.get_weights())) for x, part in zip(before, parts)]
    assert same == [True, False, False]
    assert len(training.history[-1].layers) == 2  # the base, and the sum


def test_a_set_without_labels_cannot_teach_classes():
    import dataclasses

    from linksim.training.data import load_data

    with pytest.raises(LinksimError, match="photos has no labels; take one of camvid"):
        load_data(dataclasses.replace(BASE, data="photos", phases=PHASES))
