"""DISTS: structure and texture in the features of VGG16.

K. Ding, K. Ma, S. Wang, E. P. Simoncelli, "Image quality assessment: unifying structure and texture similarity", IEEE
Trans. Pattern Analysis and Machine Intelligence 44(5), 2022. Keras operations with a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from linksim.metrics import vgg16
from linksim.metrics.weights import DISTS_FILES, Weights, read_weights

_C1 = _C2 = 1e-6
_CHANNELS = (3, 64, 128, 256, 512, 512)
"""Of the picture itself, and of what the five stages make of it."""


class Dists:
    """The distance, 0 for equal pictures (eq. 6 to 8).

    Parameters
    ----------
    arrays : mapping of arrays, optional
        `alpha`, `beta` `[1475]` and VGG16; by default read from `LINKSIM_DATA` or the cache.

    Input
    -----
    reference, shown : [B, H, W, 3], float32
        In [0, 1]; sides of at least 16.

    Output
    ------
    distance : [B], float32

    Raises
    ------
    LinksimError
        If weights are not there or damaged.
    """

    def __init__(self, arrays: dict[str, np.ndarray] | None = None):
        self._arrays = arrays = Weights(read_weights(*DISTS_FILES) if arrays is None else arrays)
        whole = float(arrays["alpha"].sum() + arrays["beta"].sum())
        ends = np.cumsum(_CHANNELS)[:-1]
        self._alpha, self._beta = (np.split(arrays[what].reshape(-1) / whole, ends) for what in ("alpha", "beta"))

    def __call__(self, reference: Any, shown: Any) -> Any:
        return self.between(self.features(reference), self.features(shown))

    def features(self, pictures: Any) -> list[Any]:
        """The pictures and what each stage makes of them; stages are halved by the root of the blurred square (L2
        pooling with a 3x3 Hann window), where VGG16 takes maxima."""
        x = ops.cast(pictures, "float32")
        found = [x]
        x = (x - vgg16.MEAN) / vgg16.DEVIATION
        for number in range(5):
            x = vgg16.stage(_l2_pool(x) if number else x, number, self._arrays)
            found.append(x)
        return found

    def between(self, reference: list[Any], shown: list[Any]) -> Any:
        """The distance of two batches by their `features`, `[B]`."""
        distance: Any = 0.0
        for alpha, beta, x, y in zip(self._alpha, self._beta, reference, shown, strict=True):
            mean_x, mean_y = (ops.mean(z, axis=(1, 2), keepdims=True) for z in (x, y))
            x, y, mean_x, mean_y = x - mean_x, y - mean_y, mean_x[:, 0, 0], mean_y[:, 0, 0]
            var_x, var_y = (ops.mean(ops.square(z), axis=(1, 2)) for z in (x, y))
            # Not the mean of the products less the product of the means: on flat pictures float32 loses it.
            covariance = ops.mean(x * y, axis=(1, 2))
            texture = (2 * mean_x * mean_y + _C1) / (ops.square(mean_x) + ops.square(mean_y) + _C1)
            structure = (2 * covariance + _C2) / (var_x + var_y + _C2)
            distance = distance + ops.sum(alpha * (1 - texture) + beta * (1 - structure), axis=-1)
        return distance


def _l2_pool(x: Any) -> Any:
    taps = np.array([0.25, 0.5, 0.25], np.float32)
    kernel = np.repeat(np.outer(taps, taps)[:, :, None, None], x.shape[-1], axis=2)
    padded = ops.pad(ops.square(x), [[0, 0], [1, 1], [1, 1], [0, 0]])
    return ops.sqrt(ops.depthwise_conv(padded, kernel, strides=2, padding="valid") + 1e-12)
