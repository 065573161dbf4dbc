"""The small networks begin as the best linear code of 4x4 blocks."""

import numpy as np
import pytest
from keras import ops
from smooth_pictures import smooth

from linksim.codecs.analytic_start import linear_code
from linksim.codecs.klt import block_statistics
from linksim.codecs.layers.blocks import cut_blocks
from linksim.codecs.registry import create
from linksim.errors import LinksimError

PICTURES = smooth(300)
X = smooth(20, seed=3).astype("float32") / 255


def blocks(pictures):
    return np.stack([cut_blocks(p, 4) for p in pictures])


def code(layers, snr_db=10.0):
    return linear_code(block_statistics(PICTURES, 4), layers, snr_db)


def test_encoder_and_decoder_are_the_transform():
    """Before the sigmoid, to the last digits of float32; the synthesis begins at the mean of each colour."""
    codec = create("deepjscc", {"latent_channels": 12})
    codec.learn_statistics(PICTURES, 10.0)
    theory = code((12,))
    latent = ops.convert_to_numpy(codec.analyze(X)).reshape(len(X), 16, 12)
    np.testing.assert_allclose(latent, (blocks(X) - theory.mean) @ theory.analysis, atol=2e-4)
    shown = ops.convert_to_numpy(codec.synthesize(latent.reshape(len(X), 4, 4, 12)))
    logits = np.log(shown / (1 - shown)) / 4.5 + 0.5
    mean = np.tile(theory.mean.reshape(16, 3).mean(axis=0), 16)
    np.testing.assert_allclose(blocks(logits), latent @ theory.synthesis + mean, atol=2e-3)


def test_latents_have_the_power_that_the_receiver_expects():
    """1/2 per real value, in the mean over pictures, in every layer."""
    theory = code((8, 8))
    latent = (blocks(PICTURES) / 255 - theory.mean) @ theory.analysis
    for layer in (slice(0, 8), slice(8, 16)):
        assert np.mean(latent[..., layer] ** 2) == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize("name", ["multiple-decoders", "single-decoder"])
def test_each_layer_gets_the_next_components(name):
    codec = create(name, {"layer_channels": (4, 8)})
    codec.learn_statistics(PICTURES, 10.0)
    theory = code((4, 8))
    latent = ops.convert_to_numpy(codec.analyze(X)).reshape(len(X), 16, 12)
    np.testing.assert_allclose(latent, (blocks(X) - theory.mean) @ theory.analysis, atol=2e-4)
    errors = [float(np.mean((ops.convert_to_numpy(y) - X) ** 2)) for y in shown_after_each_layer(codec)]
    assert errors[1] < errors[0] < np.var(X)


def shown_after_each_layer(codec):
    from linksim.codecs.conversation import rehearse

    return rehearse(codec, X, 30.0)[1]


def test_the_second_pair_of_the_residual_scheme_sends_what_the_first_does_not():
    codec = create("residual", {"layer_channels": (4, 8)})
    before = [w.copy() for w in codec.get_weights()]
    codec.learn_statistics(PICTURES, 10.0)
    after, half = codec.get_weights(), len(before) // 2
    assert all(np.array_equal(a, b) for a, b in zip(before[:half], after[:half], strict=True))
    theory = code((4, 8))
    difference = (X - X.mean(axis=(1, 2), keepdims=True)) / 2
    latent = ops.convert_to_numpy(codec.pairs[1][0](difference)).reshape(len(X), 16, 8)
    np.testing.assert_allclose(latent, blocks(difference) @ theory.analysis[:, 4:], atol=2e-4)


def test_more_channels_than_the_network_is_wide():
    """The components that do not fit are left to learning."""
    codec = create("multiple-decoders", {"layer_channels": (8,) * 5})
    codec.learn_statistics(PICTURES, 10.0)
    latent = ops.convert_to_numpy(codec.analyze(X)).reshape(len(X), 16, 40)
    theory = code((8,) * 5)
    np.testing.assert_allclose(latent[..., :32], (blocks(X) - theory.mean) @ theory.analysis[:, :32], atol=5e-4)
    with pytest.raises(LinksimError, match="48 components"):
        create("multiple-decoders", {"layer_channels": (48, 8)}).learn_statistics(PICTURES, 10.0)
