"""LPIPS 0.1: the distance of two pictures in the features of a network.

R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, "The unreasonable effectiveness of deep features as a
perceptual metric", CVPR 2018. Keras operations with a gradient, so that it serves as a loss too.
"""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np
from keras import ops

from linksim.errors import LinksimError
from linksim.places import find

VERSION = 1
"""Raised whenever a value changes."""

_CONVOLUTIONS = {"alex": [(4, 2), (1, 2), (1, 1), (1, 1), (1, 1)]}
"""Stride and padding of each convolution."""

_POOLED_BEFORE = {"alex": (1, 2)}
"""Convolutions before which the maximum of 3x3, every second, is taken."""


class Lpips:
    """The distance, 0 for equal pictures.

    Parameters
    ----------
    network : {"alex"}
        AlexNet, as trained on ImageNet; its weights and LPIPS' own are read from `weights/lpips_alex_v0.1.npz` in
        `LINKSIM_DATA` or the cache.

    Input
    -----
    reference, shown : [B, H, W, 3], float32
        In [0, 1]; sides of at least 31.

    Output
    ------
    distance : [B], float32

    Raises
    ------
    LinksimError
        If the network is unknown, or its weights are not there or damaged.
    """

    def __init__(self, network: str = "alex"):
        if network not in _CONVOLUTIONS:
            raise LinksimError(f"LPIPS on {network!r} is unknown; take one of {', '.join(_CONVOLUTIONS)}")
        self.network = network
        self._arrays = _read(f"weights/lpips_{network}_v0.1.npz")

    def __call__(self, reference: Any, shown: Any) -> Any:
        return self.between(self.features(reference), self.features(shown))

    def between(self, reference: list[Any], shown: list[Any]) -> Any:
        """The distance of two batches by their `features`, `[B]`."""
        total: Any = 0.0
        for number, (a, b) in enumerate(zip(reference, shown, strict=True)):
            weights = self._arrays[f"lin{number}"]
            total = total + ops.mean(ops.sum(ops.square(_unit(a) - _unit(b)) * weights, axis=-1), axis=(1, 2))
        return total

    def features(self, pictures: Any) -> list[Any]:
        """What each convolution makes of pictures `[B, H, W, 3]`, after its ReLU."""
        x = (2.0 * ops.cast(pictures, "float32") - 1.0 - self._arrays["shift"]) / self._arrays["scale"]
        found = []
        for number, (stride, pad) in enumerate(_CONVOLUTIONS[self.network]):
            if number in _POOLED_BEFORE[self.network]:
                x = ops.max_pool(x, 3, 2, padding="valid")
            x = ops.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
            kernel, bias = (self._arrays[f"conv{number + 1}_{what}"] for what in ("kernel", "bias"))
            x = ops.relu(ops.conv(x, kernel, strides=stride, padding="valid") + bias)
            found.append(x)
        return found


def _unit(x: Any) -> Any:
    # The root's gradient is infinite at zero, where ReLUs leave whole pixels.
    return x / (ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-20) + 1e-10)


def _read(relative: str) -> dict[str, np.ndarray]:
    path = find(relative)
    if path is None:
        raise LinksimError(
            f"there is no {relative} in the cache; put it there, or set LINKSIM_DATA to a folder with it"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise LinksimError(f"{path} is damaged ({error}); restore it from a copy") from error
