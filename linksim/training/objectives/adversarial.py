"""A generator against discriminators that look at patches."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from linksim.training.objectives.distortion import Distortion


def patch_discriminator(channels: int, filters: int, name: str) -> keras.Model:
    """PatchGAN (Isola et al. 2017): `[B, H, W, channels]` to the features of its five layers, of which the last is the
    verdict on each patch, `[B, H/8, W/8, 1]`."""
    x = given = keras.Input((None, None, channels))
    found = []
    for number, (scale, strides) in enumerate([(1, 2), (2, 2), (4, 2), (8, 1)]):
        x = layers.Conv2D(scale * filters, 4, strides=strides, padding="same", kernel_initializer="he_normal")(x)
        if number:
            x = layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)
        x = layers.LeakyReLU(0.2)(x)
        found.append(x)
    found.append(layers.Activation("linear", dtype="float32")(layers.Conv2D(1, 4, padding="same")(x)))
    return keras.Model(given, found, name=name)


class Discriminators(keras.Model):
    """For each step of a generator, discriminators at several scales (Wang et al. 2018), none shared."""

    def __init__(self, steps: int, scales: int, channels: int, filters: int):
        super().__init__(name="discriminators")
        self.scales = scales
        self.networks = [
            [patch_discriminator(channels, filters, f"step_{i + 1}_scale_{k + 1}") for k in range(scales)]
            for i in range(steps)
        ]
        self.built = True

    def judge(self, step: int, pictures: Any, condition: Any) -> list[list[Any]]:
        """The features of each scale's network, of pictures `[B, H, W, 3]` beside what they are to agree with."""
        x = ops.concatenate([2.0 * ops.cast(pictures, "float32") - 1.0, condition], axis=-1)
        found = []
        for scale in range(self.scales):
            if scale:
                x = ops.average_pool(x, 3, 2, padding="same")
            found.append(self.networks[step][scale](x))
        return found


class Adversarial(Distortion):
    """L_d, and what discriminators say: eq. (1) to (3) of Yetis (2025), least squares (Mao et al. 2017).

    For a codec that has `condition`, what the discriminators see beside the picture, such as `Rgan`.

    Parameters
    ----------
    adversarial, matching : float
        Weights of the verdict and of the L1 between the discriminators' features of true and made pictures, the mean
        over layers; both sums over steps and scales.
    scales : int
        Each sees half of the resolution of the one before.
    filters : int
        Width of the discriminators; 64 in the paper.
    learning_rate, beta_1 : float
        Of the discriminators' Adam.
    **distortion
        As in `Distortion`.
    """

    def __init__(
        self,
        adversarial: float = 1.0,
        matching: float = 10.0,
        scales: int = 3,
        filters: int = 64,
        learning_rate: float = 2e-4,
        beta_1: float = 0.5,
        **distortion: Any,
    ):
        super().__init__(**distortion)
        self.adversarial, self.matching, self.scales, self.filters = adversarial, matching, scales, filters
        self.rival_learning_rate, self.rival_beta_1 = learning_rate, beta_1

    def attach(self, codec: Any) -> None:
        self._condition = codec.condition
        self.rival = Discriminators(codec.steps, self.scales, 3 + codec.condition_channels, self.filters)

    def loss(self, pictures: Any, shown: Any) -> Any:
        condition = self._condition(pictures)
        total = super().loss(pictures, shown)
        for step in range(shown.shape[1]):
            real = self.rival.judge(step, pictures, condition)
            made = self.rival.judge(step, shown[:, step], condition)
            for true, false in zip(real, made, strict=True):
                total = total + self.adversarial * ops.mean(ops.square(false[-1] - 1.0))
                # Where features are equal depends on the discriminator alone: it is no business of this loss.
                apart = [
                    ops.mean(ops.abs(ops.cast(ops.stop_gradient(a), "float32") - ops.cast(b, "float32")))
                    for a, b in zip(true[:-1], false[:-1], strict=True)
                ]
                total = total + self.matching * sum(apart) / len(apart)
        return total

    def rival_loss(self, pictures: Any, shown: Any) -> Any:
        condition = self._condition(pictures)
        total: Any = 0.0
        for step in range(shown.shape[1]):
            for true in self.rival.judge(step, pictures, condition):
                total = total + 0.5 * ops.mean(ops.square(true[-1] - 1.0))
            for false in self.rival.judge(step, shown[:, step], condition):
                total = total + 0.5 * ops.mean(ops.square(false[-1]))
        return total
