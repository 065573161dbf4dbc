"""Distortion as pix2pixHD and its heirs weigh it: pixels, structure, deep features."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from linksim.errors import LinksimError
from linksim.metrics.lpips import Lpips
from linksim.metrics.similarity import K1, K2, SIGMA, WINDOW
from linksim.training.objectives.base import Objective

FEATURES = ("lpips-alex", "vgg19")


class Distortion(Objective):
    """L_d = weighted L1 + (1 - SSIM) + distance of deep features, the mean over what is shown (Yetis 2025, eq. 4).

    Parameters
    ----------
    l1, ssim, features : float
        Weights. L1 counts pictures from -1 to 1, as in the code that the paper builds on (Akbari et al. 2019).
    network : {"lpips-alex", "vgg19"}
        Whose features: LPIPS 0.1 on AlexNet, from `LINKSIM_DATA/weights`; or VGG19 as pix2pixHD uses it, whose
        weights `keras.applications` downloads.
    mse : float
        Weight of the mean squared error from -1 to 1, beyond the paper: PSNR is what the tables count.

    Raises
    ------
    LinksimError
        If `network` is unknown, or its weights cannot be had.
    """

    def __init__(
        self, l1: float = 20.0, ssim: float = 1.0, features: float = 10.0, network: str = "lpips-alex", mse: float = 0.0
    ):
        if network not in FEATURES:
            raise LinksimError(f"features of {network!r} are unknown; take one of {', '.join(FEATURES)}")
        self.l1, self.ssim, self.features, self.mse = l1, ssim, features, mse
        self.distance: Any = None
        if features:
            self.distance = Lpips("alex") if network == "lpips-alex" else VggDistance()

    def loss(self, pictures: Any, shown: Any) -> Any:
        layers = shown.shape[1]
        reference = None if self.distance is None else self.distance.features(pictures)
        return sum(self._of_one(pictures, reference, ops.cast(shown[:, i], "float32")) for i in range(layers)) / layers

    def _of_one(self, pictures: Any, reference: Any, shown: Any) -> Any:
        total = self.l1 * ops.mean(ops.abs(2.0 * (pictures - shown)))
        if self.mse:
            total = total + self.mse * ops.mean(ops.square(2.0 * (pictures - shown)))
        if self.ssim:
            total = total + self.ssim * (1.0 - ops.mean(ssim(pictures, shown)))
        if self.distance is not None:
            total = total + self.features * ops.mean(self.distance.between(reference, self.distance.features(shown)))
        return total


def ssim(reference: Any, shown: Any) -> Any:
    """SSIM of each picture, `[B]`, of pictures `[B, H, W, 3]` in [0, 1]: the metric of `linksim.metrics`, with a
    gradient."""
    taps = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / SIGMA**2)
    taps = (taps / taps.sum()).astype(np.float32)

    def smooth(x: Any) -> Any:
        channels = x.shape[-1]
        for shape in ((WINDOW, 1, 1, 1), (1, WINDOW, 1, 1)):
            kernel = np.broadcast_to(taps.reshape(shape), (*shape[:2], channels, 1))
            x = ops.depthwise_conv(x, ops.convert_to_tensor(kernel), padding="valid")
        return x

    x, y = ops.cast(reference, "float32"), ops.cast(shown, "float32")
    moments = smooth(ops.concatenate([x, y, x * x, y * y, x * y], axis=-1))
    mean_x, mean_y, xx, yy, xy = (moments[..., 3 * i : 3 * i + 3] for i in range(5))
    product, squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    c1, c2 = K1**2, K2**2
    value = (2 * product + c1) / (squares + c1) * (2 * (xy - product) + c2) / (xx + yy - squares + c2)
    return ops.mean(value, axis=(1, 2, 3))


class VggDistance:
    """The feature distance of pix2pixHD (Wang et al. 2018): L1 between five layers of VGG19, the later the heavier."""

    layers = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")
    weights = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)

    def __init__(self) -> None:
        import keras

        try:
            vgg = keras.applications.VGG19(include_top=False, weights="imagenet")
        except Exception as error:  # keras raises whatever its download met
            raise LinksimError(
                f"the weights of VGG19 could not be downloaded ({error}); take network='lpips-alex'"
            ) from error
        self.network = keras.Model(vgg.input, [vgg.get_layer(name).output for name in self.layers])

    def features(self, pictures: Any) -> Any:
        """Of pictures `[B, H, W, 3]` in [0, 1]."""
        mean = np.array([103.939, 116.779, 123.68], np.float32)
        return self.network(255.0 * ops.cast(pictures, "float32")[..., ::-1] - mean)

    def between(self, reference: Any, shown: Any) -> Any:
        """The distance of features, `[B]`."""
        pairs = zip(self.weights, reference, shown, strict=True)
        return sum(w * ops.mean(ops.abs(ops.stop_gradient(a) - b), axis=(1, 2, 3)) for w, a, b in pairs)
