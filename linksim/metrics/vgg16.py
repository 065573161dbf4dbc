"""The convolutions of VGG16, as LPIPS and DISTS look through them: torchvision's weights, not Keras' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Numbers of the convolutions in torchvision's `features`, stage by stage; between stages the picture is halved."""

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""Of the pictures that the network was trained on."""


def stage(x: Any, number: int, arrays: Mapping[str, np.ndarray]) -> Any:
    """Stage 0 to 4: 3x3 convolutions, each with ReLU, `[B, h, w, c]` in and out."""
    for layer in STAGES[number]:
        kernel = np.ascontiguousarray(arrays[f"features.{layer}.weight"].transpose(2, 3, 1, 0))
        x = ops.relu(ops.conv(x, kernel, padding="same") + arrays[f"features.{layer}.bias"])
    return x
