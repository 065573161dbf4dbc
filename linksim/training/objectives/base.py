"""What a phase of training makes small."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops


class Objective:
    """A loss, and networks of its own where it needs some, such as a discriminator.

    A new objective is a class with `loss`, put into `OBJECTIVES` under its name. One that learns itself
    sets `rival`, a network, and `rival_loss`: after each step of the codec the rival takes a step of
    its own, with an optimiser of its own.
    """

    rival: keras.Model | None = None
    """Network that is trained against the codec; its weights are kept in checkpoints."""

    rival_learning_rate: float = 1e-4
    rival_beta_1: float = 0.9
    """Of its optimiser, Adam."""

    needs_labels: bool = False
    """Whether `loss` is given the class of each pixel as a fourth channel of the pictures; 255 where it is unknown."""

    sees_sent: bool = False
    """Whether `loss` and `rival_loss` are given `(shown, sent)`: beside what was shown the values of every part."""

    def attach(self, codec: Any) -> None:
        """Be told which codec is trained, before the first loss; by default nothing is made of it."""

    judge: Any = None
    """A distance of pictures, `linksim.metrics.lpips.Lpips`, by which and not by PSNR models of this objective are
    compared."""

    rate_weight: float | None = None
    """lambda, where models of this objective are compared by bits per pixel + lambda 255^2 MSE, and not by PSNR; `bits`
    then says what pictures take."""

    def bits(self, codec: Any, pictures: Any) -> Any:
        """Bits that a codec takes for pictures, `[B]`, where there is a `rate_weight`."""
        raise NotImplementedError(f"{type(self).__name__} must define bits")

    def build_rival(self, pictures: Any) -> None:
        """Give the rival its weights, of pictures `[1, H, W, 3]`."""
        self.rival_loss(pictures, pictures[:, None])

    def shares_rival(self, other: Objective) -> bool:
        """Whether the objective of the phase before has a rival that this one goes on with.

        Parameters
        ----------
        other : Objective
            That of the phase before.
        """
        return False

    def look(self, codec: Any, pictures: Any, channel: Callable[[Any], Any]) -> Any:
        """What `loss` sees of a codec in training instead of what it shows; None for what it shows.

        Parameters
        ----------
        codec : Codec
            The one that is trained.
        pictures : [B, H, W, 3], float32 in [0, 1]
        channel : function of [B, n]
            What becomes of bits; of symbols it knows nothing.
        """
        return None

    def loss(self, pictures: Any, shown: Any) -> Any:
        """What the codec makes small: a scalar.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        shown : [B, L, H, W, 3], float32
            After each layer, or after those that this step trains.
        """
        raise NotImplementedError(f"{type(self).__name__} must define loss")

    def rival_loss(self, pictures: Any, shown: Any) -> Any:
        """What the rival makes small, of the same arguments; `shown` has no gradient here.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        shown : [B, H, W, 3], float32
            What the codec shows of them.
        """
        raise NotImplementedError(f"{type(self).__name__} must define rival_loss")


class MeanSquaredError(Objective):
    """The mean over layers of the MSE on [0, 1] (Kurka and Gündüz 2019, eq. 1)."""

    def loss(self, pictures: Any, shown: Any) -> Any:
        return ops.mean(ops.square(ops.expand_dims(pictures, 1) - shown))


class MeanPsnr(Objective):
    """Minus the mean of the PSNR in dB of each picture and layer."""

    def loss(self, pictures: Any, shown: Any) -> Any:
        mse = ops.mean(ops.square(ops.expand_dims(pictures, 1) - shown), axis=(2, 3, 4))
        # A floor of 55 dB: no picture shall rule the gradient because it is nearly perfect.
        return ops.mean(ops.log(mse + 10**-5.5)) * (10 / math.log(10))
