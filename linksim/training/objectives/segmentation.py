"""The class of each pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from linksim.training.objectives.base import Objective


class Segmentation(Objective):
    """The mean cross-entropy of the class of each pixel, for a codec that has `scores`, such as `Rgan`.

    Pixels whose class is unknown do not count.
    """

    needs_labels = True

    def look(self, codec: Any, pictures: Any, channel: Callable[[Any], Any]) -> Any:
        return codec.scores(pictures, training=True)

    def loss(self, pictures: Any, shown: Any) -> Any:
        """`pictures` `[B, H, W, 4]`, the class last; `shown` the scores, `[B, H, W, classes]`."""
        classes = shown.shape[-1]
        labels = ops.cast(ops.round(pictures[..., 3]), "int32")
        known = ops.cast(labels < classes, "float32")
        chances = ops.log_softmax(ops.cast(shown, "float32"), axis=-1)
        hit = ops.sum(ops.one_hot(labels, classes, dtype="float32") * chances, axis=-1)
        return -ops.sum(hit * known) / ops.maximum(ops.sum(known), 1.0)
