"""Distances in the features of networks, as metrics: LPIPS and DISTS, picture by picture.

The networks themselves, `linksim.metrics.lpips` and `linksim.metrics.dists`, are loaded when they are first used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np

from linksim.metrics.base import Metric, register
from linksim.metrics.weights import DISTS_FILES, LPIPS_FILES, check_size, missing

VERSION = 1
"""Raised whenever a value of one of these metrics changes."""


class _Distance(Protocol):
    def features(self, pictures: Any) -> Any:
        """Of pictures `[B, H, W, 3]`, float32 in [0, 1]."""

    def between(self, reference: Any, shown: Any) -> Any:
        """The distance of two batches by their features, `[B]`."""


def _compute(name: str, least: int, make: Callable[[], _Distance]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """One picture at a time, so that a value does not depend on what else is in the batch; the features of a reference
    that comes again, as in draws of one picture, are kept."""
    made = cache(make)

    def compute(reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
        from keras import ops

        check_size(name, reference, least)
        distance, values = made(), np.empty(len(reference))
        last: np.ndarray | None = None
        features: Any = None
        for i, (one, other) in enumerate(zip(reference, reconstruction, strict=True)):
            if last is None or not np.array_equal(one, last):
                last, features = one, distance.features(_unit_interval(one))
            found = distance.between(features, distance.features(_unit_interval(other)))
            values[i] = float(ops.convert_to_numpy(found)[0])
        return values

    return compute


def _unit_interval(pixels: np.ndarray) -> np.ndarray:
    return pixels[None].astype(np.float32) / np.float32(255)


def _register(name: str, label: str, least: int, files: Sequence[str], make: Callable[[], _Distance]) -> Metric:
    return register(
        Metric(
            name,
            "",
            version=VERSION,
            higher_is_better=False,
            compute=_compute(name, least, make),
            label=label,
            missing=lambda: missing(*files),
        )
    )


def _lpips(network: str) -> Callable[[], _Distance]:
    def make() -> _Distance:
        from linksim.metrics.lpips import Lpips

        return Lpips(network)

    return make


def _dists() -> _Distance:
    from linksim.metrics.dists import Dists

    return Dists()


lpips = _register("lpips", "LPIPS (AlexNet)", 31, LPIPS_FILES["alex"], _lpips("alex"))
"""LPIPS 0.1 on AlexNet; sides of at least 31."""

lpips_squeeze = _register("lpips_squeeze", "LPIPS (SqueezeNet)", 17, LPIPS_FILES["squeeze"], _lpips("squeeze"))
"""LPIPS 0.1 on SqueezeNet 1.1; sides of at least 17."""

lpips_vgg = _register("lpips_vgg", "LPIPS (VGG16)", 16, LPIPS_FILES["vgg"], _lpips("vgg"))
"""LPIPS 0.1 on VGG16; sides of at least 16."""

dists = _register("dists", "DISTS", 16, DISTS_FILES, _dists)
"""DISTS on VGG16; sides of at least 16."""
