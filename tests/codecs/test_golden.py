"""What layers and codecs of fixed weights give, pinned to their VERSION."""

import numpy as np
import pytest
from codec_kinds import SMALL, stirred
from keras import ops

from linksim.codecs import Gdn, PowerNormalization, SnrAttention, SnrAttentionBlock, SnrScale, UpsamplingBlock
from linksim.codecs.conversation import rehearse
from linksim.codecs.registry import CODECS, create

X = np.random.default_rng(1).standard_normal((2, 3, 4, 4)).astype("float32")
X[..., 0] *= 1e-3  # where the floor of GDN's beta decides
X[1, ..., 3] *= 100  # where gamma alone does
FAINT = X.reshape(2, -1, 2) * np.array([1e-5, 1.0], "float32")[:, None, None]
CONDITION = np.array([[0.2, 1.0], [-0.7, 0.0]], "float32")
LAYERS = {
    "gdn": (lambda: Gdn(), (X,), "gdn"),
    "igdn": (lambda: Gdn(inverse=True), (X,), "gdn"),
    "power-normalization": (lambda: PowerNormalization(), (FAINT,), "symbols"),
    "snr-attention": (lambda: SnrAttention(4), (X, np.array([3.0, 40.0], "float32")), "attention"),
    "snr-attention-block": (lambda: SnrAttentionBlock(4, 3), (X, CONDITION), "attention"),
    "snr-scale": (lambda: SnrScale(4), (X, np.array([3.0, 40.0], "float32")), "snr_scale"),
    "upsampling-block": (lambda: UpsamplingBlock(2), (X,), "upsampling"),
}
PICTURES = np.random.default_rng(2).random((1, 6, 9, 3)).astype("float32")
# Instance norm over the one or two values that an eighth of a small picture has makes rounding errors large.
LARGER = {"rgan": np.random.default_rng(2).random((1, 22, 33, 3)).astype("float32")}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(golden, name):
    make, inputs, file = LAYERS[name]
    layer = make()
    layer(*inputs)
    stirred(layer)
    if isinstance(layer, Gdn):
        layer.beta.assign(layer.beta * np.array([0, 1, 1, 1], "float32"))
    golden.check(
        f"layer-{name}", layer.VERSION, ops.convert_to_numpy(layer(*inputs)), f"linksim/codecs/layers/{file}.py"
    )


@pytest.mark.parametrize("name", sorted(CODECS))
def test_codec(golden, name):
    """What is sent and shown of a picture that needs padding, over a perfect channel. The version is the sum of
    those of the codec, its base classes and its layers: raising any of them raises it. Bytes are another library's."""
    codec = stirred(create(name, SMALL[name]))
    sent, shown = rehearse(codec, LARGER.get(name, PICTURES), 7.0)
    numbers = [v for v in (*sent, *shown) if not isinstance(v, list)]
    made = np.concatenate([ops.convert_to_numpy(v).ravel() for v in numbers])
    where = type(codec).__module__.replace(".", "/") + ".py"
    golden.check(f"codec-{name}", sum(codec.versions().values()), made, where)
