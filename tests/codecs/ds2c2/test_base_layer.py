"""The base layer: its stream, what is painted from it, and what bad streams meet."""

import numpy as np
import pytest
from codec_kinds import stirred
from keras import ops

from linksim.codecs.conversation import rehearse
from linksim.codecs.ds2c2.rgan import Rgan
from linksim.codecs.ds2c2.stream import check_labels, read_base, write_base
from linksim.errors import LinksimError

RNG = np.random.default_rng(0)
SMALL = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
LABELS = RNG.integers(0, 11, (38, 53), dtype=np.uint8)
SIZES = {"small_size": (5, 7), "size": (38, 53), "classes": 11}


def test_the_stream_loses_nothing():
    small, labels = read_base(write_base(SMALL, LABELS), **SIZES)
    np.testing.assert_array_equal(small, SMALL)
    np.testing.assert_array_equal(labels, LABELS)
    small, labels = read_base(write_base(SMALL, None), **{**SIZES, "classes": 0})
    np.testing.assert_array_equal(small, SMALL)
    assert labels is None


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda s: s[:3], "ends after 3 bytes"),
        (lambda s: s[:60], "ends after 60 bytes"),
        (lambda s: s[:-20], "label map"),
        (lambda s: s[:-20] + bytes(20), "label map|class"),
        (lambda s: s[:4] + bytes(30) + s[34:], "small picture"),
        (lambda s: b"", "ends after 0 bytes"),
        (lambda s: write_base(SMALL[:4], LABELS), "another model"),
        (lambda s: write_base(SMALL, LABELS[:, :-1]), "another model"),
        (lambda s: write_base(SMALL, LABELS + np.uint8(3)), "class 13; this model knows the classes 0 to 10"),
    ],
)
def test_a_bad_stream_is_one_line(spoil, says):
    with pytest.raises(LinksimError, match=says):
        read_base(spoil(write_base(SMALL, LABELS)), **SIZES)


def test_bytes_too_many_are_refused_where_there_are_no_labels():
    with pytest.raises(LinksimError, match="too many"):
        read_base(write_base(SMALL, None) + b"x", **{**SIZES, "classes": 0})


def test_label_maps_are_checked():
    with pytest.raises(LinksimError, match=r"the picture \[38, 54\]"):
        check_labels(LABELS, (38, 54), 11)
    with pytest.raises(LinksimError, match="uint8"):
        check_labels(LABELS.astype(int), (38, 53), 11)


def test_what_arrives_is_what_the_transmitter_expects():
    """The decoder's picture from bytes is the one that the residual is taken from; a fresh model shows c' itself."""
    codec = stirred(Rgan(filters=2, blocks=1, classes=3, boundaries=True))
    x = RNG.random((2, 19, 26, 3)).astype("float32")
    part = codec.base_part(x, (19, 26))
    np.testing.assert_allclose(part.decode(part.values), part.intact, atol=1e-5)
    fresh = Rgan(filters=2, blocks=1, classes=0)
    stages = fresh.paint(fresh.small(x), None, (19, 26))
    assert len(stages) == 3
    np.testing.assert_array_equal(stages[0], stages[2])


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_number_of_steps_is_a_parameter(steps):
    codec = Rgan(filters=2, blocks=0, steps=steps, classes=0)
    _, shown = rehearse(codec, RNG.random((1, 16, 16, 3)).astype("float32"), None)
    assert len(shown) == 1 and len(codec.finenets) == steps


def test_a_receiver_may_stop_after_some_steps():
    """With the same weights: what it then shows is what the first step made."""
    whole = stirred(Rgan(filters=2, blocks=1, classes=3))
    x = RNG.random((1, 16, 24, 3)).astype("float32")
    stages = whole.paint(whole.small(x), whole.labels(x), (16, 24))
    for steps in (0, 1, 2):
        codec = Rgan(filters=2, blocks=1, classes=3, shown_steps=steps)
        codec.set_weights(whole.get_weights())
        np.testing.assert_allclose(rehearse(codec, x, None)[1][-1], np.clip(stages[steps], 0, 1), atol=1e-5)
    with pytest.raises(LinksimError, match="from 0 to 2"):
        Rgan(shown_steps=3)


def test_a_lost_base_is_grey():
    codec = Rgan(filters=2, blocks=0, classes=0)
    np.testing.assert_array_equal(codec.painted([None], (9, 9)), np.full((1, 9, 9, 3), 0.5))


def test_rounding_lets_the_gradient_through():
    import keras

    codec = Rgan(filters=2, blocks=0, classes=0)
    x = RNG.random((1, 16, 16, 3)).astype("float32")
    levels = ops.convert_to_numpy((codec.small(x) + 1.0) * 127.5)
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-3)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(codec.small(x))
        assert np.abs(tape.gradient(loss, codec.compnet.trainable_variables)[0]).max() > 0


def test_boundaries_are_where_the_class_changes():
    codec = Rgan(filters=2, blocks=0, classes=2, boundaries=True)
    labels = np.zeros((1, 8, 8), np.uint8)
    labels[:, :, 4:] = 1
    seen = ops.convert_to_numpy(codec._one_hot(labels))
    assert seen.shape == (1, 8, 8, 3)
    np.testing.assert_array_equal(seen[0, 0, :, 2], [0, 0, 0, 1, 0, 0, 0, 0])


def test_too_large_a_picture_is_refused_before_any_work():
    codec = Rgan(filters=2, blocks=0, classes=0)
    for work in (lambda: codec.painted([None], (4000, 5000)), lambda: codec.base_part(None, (4000, 5000))):
        with pytest.raises(LinksimError, match="5000x4000 has more than"):
            work()


@pytest.mark.parametrize("options", [{"filters": 0}, {"steps": -1}, {"classes": 300}, {"normalization": "batch"}])
def test_impossible_options(options):
    with pytest.raises(LinksimError):
        Rgan(**options)
