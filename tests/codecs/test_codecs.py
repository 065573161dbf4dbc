"""Facts about single codecs and the registry."""

import numpy as np
import pytest
from codec_kinds import SMALL

from linksim.codecs import deepjscc_attention
from linksim.codecs.registry import create
from linksim.errors import LinksimError


def test_padding_repeats_the_edge():
    """A flat picture padded to a multiple of the stride is the flat picture of that size."""
    codec = create("deepjscc", SMALL["deepjscc"])
    small, large = np.full((1, 5, 6, 3), 0.3, "float32"), np.full((1, 8, 8, 3), 0.3, "float32")
    np.testing.assert_array_equal(codec.encode(small), codec.encode(large))


@pytest.mark.parametrize("channels, ratio", [(8, 1 / 12), (16, 1 / 6), (6, 1 / 16)])
def test_bandwidth_ratio_of_the_papers(channels, ratio):
    """c = 8 real channels are k/n = 1/12 on 32x32 pictures, 16 are 1/6."""
    codec = create("deepjscc", {"latent_channels": channels})
    assert codec.num_symbols(32, 32) / (3 * 32 * 32) == pytest.approx(ratio)


def test_gdn_network_has_the_layers_of_the_paper():
    """256 filters, 9x9/2, 5x5/2, 5x5, 5x5, c and back: the weights of the kernels can be counted by hand."""
    codec = create("deepjscc-gdn", {"latent_channels": 16})
    kernels = [tuple(w.shape) for w in codec.weights if w.path.endswith("kernel")]
    half = [(9, 9, 3, 256), (5, 5, 256, 256), (5, 5, 256, 256), (5, 5, 256, 256)]
    assert sorted(kernels) == sorted([*half, (5, 5, 256, 16), (5, 5, 256, 16), *half[1:], (9, 9, 3, 256)])


def test_unknown_names_and_options_are_one_line():
    with pytest.raises(LinksimError, match="deepjscc"):
        create("jpeg", {})
    with pytest.raises(LinksimError, match="options"):
        create("deepjscc", {"chanels": 8})


def test_a_residual_network_over_larger_blocks():
    """Eight channels for 8x8 pixels are 1/48; the default is as it was before there was a choice."""
    codec = create("deepjscc-resnet", {"latent_channels": 8, "filters": 4, "block": 8})
    assert codec.num_symbols(512, 768) / (3 * 512 * 768) == 1 / 48
    assert codec(np.zeros((1, 19, 30, 3), "float32")).shape == (1, 19, 30, 3)
    assert codec.get_config()["block"] == 8 and "block" not in create("deepjscc-resnet", {"filters": 4}).get_config()


def test_a_picture_that_would_not_fit_into_memory_is_refused(monkeypatch):
    codec = create("deepjscc-attention", {"latent_channels": 2, "filters": 4})
    monkeypatch.setattr(deepjscc_attention, "MAX_PIXELS", 63)
    with pytest.raises(LinksimError, match="a picture of 8x8 has more than 63 pixels; cut or shrink it"):
        codec.encode(np.zeros((1, 8, 8, 3), "float32"), 10.0)
    with pytest.raises(LinksimError, match="needs the SNR at both ends"):
        codec.encode(np.zeros((1, 4, 8, 3), "float32"))
