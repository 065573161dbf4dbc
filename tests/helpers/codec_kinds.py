"""One small codec of every kind; a codec that is added here has all of its contract tested, and its output pinned."""

SMALL = {
    "adaptive": {"layer_channels": (2, 4), "filters": 8, "blocks": 1},
    "deepjscc": {"latent_channels": 4},
    "deepjscc-attention": {"latent_channels": 2, "filters": 4},
    "deepjscc-gdn": {"latent_channels": 4, "filters": 8},
    "deepjscc-resnet": {"latent_channels": 4, "filters": 8, "adaptive": True},
    "ds2c2": {
        "channels": 3,
        "residual_filters": 4,
        "sum_filters": 4,
        "base": {"filters": 2, "blocks": 1, "classes": 3},
    },
    "lic": {"filters": 4, "latent_channels": 6, "rates": 3},
    "linear": {"latent_channels": 8, "block": 4},
    "multiple-decoders": {"layer_channels": (2, 4)},
    "residual": {"layer_channels": (2, 4)},
    "rgan": {"filters": 2, "blocks": 1, "classes": 3, "boundaries": True, "normalization": "instance"},
    "single-decoder": {"layer_channels": (2, 4)},
}


def stirred(codec, scale=0.05):
    """A codec whose weights are fixed, and far from where layers start as a shortcut: equal on every backend."""
    import numpy as np

    rng = np.random.default_rng(7)
    fans = [max(int(np.prod(w.shape[:-1])), 1) for w in codec.weights]
    # Normalisation keeps its positive parameters; kernels get a spread by their fan-in.
    values = [
        np.abs(w) + scale * rng.random(w.shape)
        if "gamma" in v.path or "beta" in v.path
        else rng.standard_normal(w.shape) / np.sqrt(fan)
        if w.ndim > 1 and min(w.shape[:2]) > 1
        else 0.1 * rng.standard_normal(w.shape)
        for v, w, fan in zip(codec.weights, codec.get_weights(), fans, strict=True)
    ]
    codec.set_weights([v.astype("float32") for v in values])
    return codec
