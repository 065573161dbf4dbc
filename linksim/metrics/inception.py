"""The Inception-v3 network whose features FID compares.

C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer vision",
CVPR 2016. FID is defined on the weights of TensorFlow's graph of 2015-12-05; arrays have the names that M. Seitzer,
"pytorch-fid", gave them. That graph differs from torchvision's Inception in its pooling too: averages do not count the
padding, and the last block takes maxima.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from linksim.errors import LinksimError
from linksim.metrics.weights import INCEPTION_FILE, read_weights

SIDE = 299
"""What the network looks at is stretched to this side."""

NUM_FEATURES = 2048

_EPSILON = 0.001
"""Added to the variances of batch normalization."""

_NORMALIZATION = ("weight", "bias", "running_mean", "running_var")

_AT_A_TIME = 8
"""Pictures in one pass, so that memory is bounded."""

Layers = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Kernel `[h, w, in, out]` and bias `[out]` of every convolution by its name, such as `Mixed_5b.branch1x1`."""


class Inception:
    """2048 features of a picture: the mean over the last 8x8 positions, before the classifier.

    Parameters
    ----------
    arrays : mapping of arrays, optional
        By the names of pytorch-fid's state dict; by default read from `LINKSIM_DATA` or the cache.

    Input
    -----
    pictures : [B, H, W, 3], float32
        In [0, 1], of any size.

    Output
    ------
    features : [B, 2048], float32

    Raises
    ------
    LinksimError
        If the weights are not there, damaged, or those of another Inception.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray] | None = None):
        self._layers = folded(read_weights(INCEPTION_FILE) if arrays is None else arrays)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        parts = [self._features(pictures[i : i + _AT_A_TIME]) for i in range(0, len(pictures), _AT_A_TIME)]
        return np.concatenate(parts) if parts else np.empty((0, NUM_FEATURES), np.float32)

    def _features(self, pictures: np.ndarray) -> np.ndarray:
        layers = self._layers
        x = conv(stretched(pictures), "Conv2d_1a_3x3", layers, strides=2)
        x = conv(x, "Conv2d_2a_3x3", layers, padding="valid")
        x = _halved(conv(x, "Conv2d_2b_3x3", layers))
        x = conv(x, "Conv2d_3b_1x1", layers)
        x = _halved(conv(x, "Conv2d_4a_3x3", layers, padding="valid"))
        for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = block_a(x, name, layers)
        x = block_b(x, "Mixed_6a", layers)
        for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            x = block_c(x, name, layers)
        x = block_d(x, "Mixed_7a", layers)
        x = block_e(_mean_pool(x), x, "Mixed_7b", layers)
        x = block_e(_max_pool(x), x, "Mixed_7c", layers)
        return np.asarray(ops.convert_to_numpy(ops.mean(x, axis=(1, 2))), np.float32)


def stretched(pictures: np.ndarray) -> Any:
    """Pictures of 299x299 in [-1, 1], bilinearly between the centres of the given pixels, the outermost repeated."""
    x = ops.image.resize(pictures, (SIDE, SIDE), interpolation="bilinear", antialias=False, data_format="channels_last")
    return 2.0 * x - 1.0


def folded(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Kernels and biases of convolutions that do the batch normalization too.

    Parameters
    ----------
    arrays : mapping of arrays
        Of every convolution `NAME.conv.weight` `[out, in, h, w]` and, `[out]` each, `NAME.bn.weight`, `.bn.bias`,
        `.bn.running_mean` and `.bn.running_var`.

    Raises
    ------
    LinksimError
        If one of these arrays is missing, or they are torchvision's.
    """
    if any(name.startswith("AuxLogits.") for name in arrays):
        raise _not_these("has the weights of torchvision's Inception, which FID is not defined on")
    layers = {}
    for name in (key.removesuffix(".conv.weight") for key in arrays if key.endswith(".conv.weight")):
        weight, bias, mean, variance = (_of(arrays, f"{name}.bn.{what}") for what in _NORMALIZATION)
        scale = weight / np.sqrt(variance + _EPSILON)
        kernel = _of(arrays, f"{name}.conv.weight").transpose(2, 3, 1, 0) * scale
        layers[name] = kernel.astype(np.float32), (bias - mean * scale).astype(np.float32)
    return layers


def _of(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise _not_these(f"has no {name}")
    return arrays[name].astype(np.float64)


def conv(x: Any, name: str, layers: Layers, strides: int = 1, padding: str = "same") -> Any:
    """A convolution, with ReLU; what is halved is not padded.

    Raises
    ------
    LinksimError
        If its weights are missing.
    """
    if name not in layers:
        raise _not_these(f"has no {name}.conv.weight")
    kernel, bias = layers[name]
    padding = padding if strides == 1 else "valid"
    return ops.relu(ops.conv(x, kernel, strides, padding, data_format="channels_last") + bias)


def block_a(x: Any, name: str, layers: Layers) -> Any:
    """Branches of 1x1, 5x5 and twice 3x3, `[B, h, w, c]` in and out."""
    return _joined(
        conv(x, f"{name}.branch1x1", layers),
        _chain(x, f"{name}.branch5x5_", "12", layers),
        _chain(x, f"{name}.branch3x3dbl_", "123", layers),
        conv(_mean_pool(x), f"{name}.branch_pool", layers),
    )


def block_b(x: Any, name: str, layers: Layers) -> Any:
    """Halves the sides, with branches of 3x3 and twice 3x3."""
    return _joined(
        conv(x, f"{name}.branch3x3", layers, strides=2),
        _chain(x, f"{name}.branch3x3dbl_", "123", layers, strides=2),
        _halved(x),
    )


def block_c(x: Any, name: str, layers: Layers) -> Any:
    """Branches of 1x1, 7x7 and twice 7x7, these as 1x7 and 7x1."""
    return _joined(
        conv(x, f"{name}.branch1x1", layers),
        _chain(x, f"{name}.branch7x7_", "123", layers),
        _chain(x, f"{name}.branch7x7dbl_", "12345", layers),
        conv(_mean_pool(x), f"{name}.branch_pool", layers),
    )


def block_d(x: Any, name: str, layers: Layers) -> Any:
    """Halves the sides, with branches of 3x3 and of 7x7 and 3x3."""
    return _joined(
        _chain(x, f"{name}.branch3x3_", "12", layers, strides=2),
        _chain(x, f"{name}.branch7x7x3_", "1234", layers, strides=2),
        _halved(x),
    )


def block_e(pooled: Any, x: Any, name: str, layers: Layers) -> Any:
    """Branches of 1x1, 3x3 and twice 3x3, whose last steps are 1x3 beside 3x1; `pooled` is what the last branch gets:
    means in the first such block, maxima in the second."""
    short = conv(x, f"{name}.branch3x3_1", layers)
    long = _chain(x, f"{name}.branch3x3dbl_", "12", layers)
    return _joined(
        conv(x, f"{name}.branch1x1", layers),
        *(conv(short, f"{name}.branch3x3_{step}", layers) for step in ("2a", "2b")),
        *(conv(long, f"{name}.branch3x3dbl_{step}", layers) for step in ("3a", "3b")),
        conv(pooled, f"{name}.branch_pool", layers),
    )


def _chain(x: Any, branch: str, steps: Sequence[str], layers: Layers, strides: int = 1) -> Any:
    """One convolution after another; the strides are those of the last."""
    for step in steps:
        x = conv(x, branch + step, layers, strides if step == steps[-1] else 1)
    return x


def _joined(*branches: Any) -> Any:
    return ops.concatenate(branches, axis=-1)


def _mean_pool(x: Any) -> Any:
    """Means of 3x3 neighbours; at the edges, of those that there are."""
    return ops.average_pool(x, 3, 1, "same", data_format="channels_last")


def _max_pool(x: Any) -> Any:
    return ops.max_pool(x, 3, 1, "same", data_format="channels_last")


def _halved(x: Any) -> Any:
    return ops.max_pool(x, 3, 2, "valid", data_format="channels_last")


def _not_these(what: str) -> LinksimError:
    return LinksimError(f"{INCEPTION_FILE} {what}; make it from pytorch-fid's file as docs/weights.md says")
