"""Rate and distortion of a codec that makes bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from linksim.codecs.layers.gains import weight_at
from linksim.errors import LinksimError
from linksim.training.objectives.base import Objective


class RateDistortion(Objective):
    """Bits per pixel + weight * 255^2 * MSE on [0, 1] (Ballé et al. 2018, eq. 3; weights as CompressAI counts them).

    For codecs with `shown_and_bits`, such as `linksim.codecs.lic.codec.LicGmm`. Of a codec with several rates each
    picture is sent at a rate drawn at random, with the weight that belongs to it (Cui et al. 2021).

    Parameters
    ----------
    weight : float or sequence of float
        lambda: 0.0018 to 0.0483 are the usual qualities, about 0.1 to 0.9 bits per pixel. Of a codec with several rates
        one for each, from most bits to fewest; runs are compared by the middle one.

    Raises
    ------
    LinksimError
        If a weight is not positive, there are not as many as the codec has rates, or it makes no bytes of its own.
    """

    def __init__(self, weight: float | Sequence[float] = 0.013):
        self.weights = tuple(weight) if isinstance(weight, Sequence) else (weight,)
        if not self.weights or not all(w > 0 for w in self.weights):
            raise LinksimError(f"weight is {weight}; give a positive number, such as 0.013, or one for each rate")
        self.rate_weight: float = self.weights[len(self.weights) // 2]

    def attach(self, codec: Any) -> None:
        if not hasattr(codec, "shown_and_bits"):
            raise LinksimError(f"{type(codec).__name__} says no bits; rate-distortion is for codecs such as lic")
        rates = getattr(codec, "rates", 1)
        if len(self.weights) > 1 and rates != len(self.weights):
            raise LinksimError(f"{len(self.weights)} weights for a codec of {rates} rates; give as many, or one")

    def look(self, codec: Any, pictures: Any, channel: Callable[[Any], Any]) -> Any:
        if len(self.weights) == 1:  # of a codec with several rates, that in the middle
            return *codec.shown_and_bits(pictures, channel=channel), self.rate_weight
        rate = codec.draw_rates(ops.shape(pictures)[0])
        return *codec.shown_and_bits(pictures, channel=channel, rate=rate), weight_at(self.weights, rate)

    def loss(self, pictures: Any, shown: Any) -> Any:
        """Of what `look` gives: pictures `[B, H, W, 3]`, bits `[B]`, and the weight of each, `[B]`, or of all."""
        seen, bits, weight = shown
        pixels = pictures.shape[1] * pictures.shape[2]
        error = ops.mean(ops.square(pictures - seen), axis=(1, 2, 3))
        # Bits and weighted errors grow about as the root of the weight: without it the high rates would drown the low.
        return ops.mean((bits / pixels + weight * 255**2 * error) * ops.sqrt(self.rate_weight / weight))

    def bits(self, codec: Any, pictures: Any) -> Any:
        return codec.shown_and_bits(pictures, training=False)[1]
