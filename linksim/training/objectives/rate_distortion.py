"""Rate and distortion of a codec that makes bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from linksim.errors import LinksimError
from linksim.training.objectives.base import Objective


class RateDistortion(Objective):
    """Bits per pixel + weight * 255^2 * MSE on [0, 1] (Ballé et al. 2018, eq. 3; weights as CompressAI counts them).

    For codecs with `shown_and_bits`, such as `linksim.codecs.lic.codec.LicGmm`.

    Parameters
    ----------
    weight : float
        lambda: 0.0018 to 0.0483 are the eight usual qualities, about 0.1 to 0.9 bits per pixel.

    Raises
    ------
    LinksimError
        If `weight` is not positive, or the codec makes no bytes of its own.
    """

    def __init__(self, weight: float = 0.013):
        if not weight > 0:
            raise LinksimError(f"weight is {weight}; give a positive number, such as 0.013")
        self.rate_weight: float = weight

    def attach(self, codec: Any) -> None:
        if not hasattr(codec, "shown_and_bits"):
            raise LinksimError(f"{type(codec).__name__} says no bits; rate-distortion is for codecs such as lic")

    def look(self, codec: Any, pictures: Any, channel: Callable[[Any], Any]) -> Any:
        return codec.shown_and_bits(pictures, channel=channel)

    def loss(self, pictures: Any, shown: Any) -> Any:
        """Of what `look` gives: `shown` is a pair of pictures `[B, H, W, 3]` and bits `[B]`."""
        seen, bits = shown
        pixels = pictures.shape[1] * pictures.shape[2]
        return ops.mean(bits) / pixels + self.rate_weight * 255**2 * ops.mean(ops.square(pictures - seen))

    def bits(self, codec: Any, pictures: Any) -> Any:
        return codec.shown_and_bits(pictures, training=False)[1]
