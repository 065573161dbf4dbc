"""LPIPS 0.1: the distance of two pictures in the features of a network.

R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, "The unreasonable effectiveness of deep features as a
perceptual metric", CVPR 2018. Keras operations with a gradient, so that it serves as a loss too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from keras import ops

from linksim.errors import LinksimError
from linksim.metrics import vgg16
from linksim.metrics.weights import LPIPS_FILES, Weights, read_weights

_Arrays = Mapping[str, np.ndarray]


def _alex(x: Any, arrays: _Arrays) -> list[Any]:
    """After each of the five convolutions of AlexNet."""
    found = []
    for number, (stride, pad) in enumerate([(4, 2), (1, 2), (1, 1), (1, 1), (1, 1)]):
        if number in (1, 2):
            x = ops.max_pool(x, 3, 2, padding="valid")
        x = ops.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
        kernel, bias = (arrays[f"conv{number + 1}_{what}"] for what in ("kernel", "bias"))
        x = ops.relu(ops.conv(x, kernel, strides=stride, padding="valid") + bias)
        found.append(x)
    return found


def _squeeze(x: Any, arrays: _Arrays) -> list[Any]:
    """After the first convolution of SqueezeNet 1.1, before its second and third pooling, and after its last four
    fire modules."""

    def conv(x: Any, name: str, padding: str = "valid", strides: int = 1) -> Any:
        kernel, bias = (arrays[f"features.{name}.{what}"] for what in ("kernel", "bias"))
        return ops.relu(ops.conv(x, kernel, strides=strides, padding=padding) + bias)

    x = conv(x, "0", strides=2)
    found = [x]
    for number in (3, 4, 6, 7, 9, 10, 11, 12):
        if number in (3, 6, 9):  # torch's ceil_mode: what hangs over the edge counts
            rows, columns = ((n - 3) % 2 for n in x.shape[1:3])
            x = ops.max_pool(ops.pad(x, [[0, 0], [0, rows], [0, columns], [0, 0]]), 3, 2, padding="valid")
        small = conv(x, f"{number}.squeeze")
        both = [conv(small, f"{number}.expand1x1"), conv(small, f"{number}.expand3x3", "same")]
        x = ops.concatenate(both, axis=-1)
        if number not in (3, 6):
            found.append(x)
    return found


def _vgg(x: Any, arrays: _Arrays) -> list[Any]:
    """After each of the five stages of VGG16."""
    found = []
    for number in range(5):
        x = vgg16.stage(ops.max_pool(x, 2, 2) if number else x, number, arrays)
        found.append(x)
    return found


_NETWORKS: dict[str, Callable[[Any, _Arrays], list[Any]]] = {"alex": _alex, "squeeze": _squeeze, "vgg": _vgg}


class Lpips:
    """The distance, 0 for equal pictures.

    Parameters
    ----------
    network : {"alex", "squeeze", "vgg"}
        AlexNet, SqueezeNet 1.1 or VGG16, as trained on ImageNet; weights and LPIPS' own are read from
        `weights/lpips_NETWORK_v0.1.npz` in `LINKSIM_DATA` or the cache, VGG16 from `weights/vgg16_torchvision.npz`.

    Input
    -----
    reference, shown : [B, H, W, 3], float32
        In [0, 1]; sides of at least 31 (alex), 17 (squeeze), 16 (vgg).

    Output
    ------
    distance : [B], float32

    Raises
    ------
    LinksimError
        If the network is unknown, or its weights are not there or damaged.
    """

    def __init__(self, network: str = "alex"):
        if network not in _NETWORKS:
            raise LinksimError(f"LPIPS on {network!r} is unknown; take one of {', '.join(_NETWORKS)}")
        self.network = network
        self._arrays = Weights(shift=_SHIFT, scale=_SCALE)
        self._arrays |= read_weights(*LPIPS_FILES[network])

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
        """What the layers make of pictures `[B, H, W, 3]` that are looked at."""
        x = (2.0 * ops.cast(pictures, "float32") - 1.0 - self._arrays["shift"]) / self._arrays["scale"]
        return _NETWORKS[self.network](x, self._arrays)


_SHIFT = np.array([-0.030, -0.088, -0.188], np.float32)
_SCALE = np.array([0.458, 0.448, 0.450], np.float32)
"""Of the input, from -1 to 1, in LPIPS' own code, where a file of weights does not say them."""


def _unit(x: Any) -> Any:
    # The root's gradient is infinite at zero, where ReLUs leave whole pixels.
    return x / (ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-20) + 1e-10)
