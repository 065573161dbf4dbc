"""How good a codec is on pictures that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from linksim.pixels import psnr_of_mse
from linksim.training.chain import Chain

AT_ONCE = 250
"""Pictures that are validated together."""

NOISE = 1 << 30
"""Second half of the state of the noise generator at a validation: training does not come to it."""


def score(layers: Sequence[float]) -> float:
    """By what one set of weights counts as better than another: the mean over layers of the PSNR in dB."""
    return float(np.mean(layers))


def validation_psnr(chain: Chain, pictures: np.ndarray, seed: int) -> tuple[float, ...]:
    """PSNR of the mean MSE after each layer, in dB; pictures are rounded to 8 bits first.

    The noise is the same at each validation, and what training draws afterwards does not depend on it.

    Parameters
    ----------
    chain : Chain
    pictures : uint8 [N, S, S, 3]
    seed : int
        Of the recipe.
    """
    noise = chain.channel.seed_generator.state
    before = ops.convert_to_numpy(noise)
    noise.assign(np.array([seed, NOISE], before.dtype))
    error: Any = 0.0
    for start in range(0, len(pictures), AT_ONCE):
        x = pictures[start : start + AT_ONCE]
        y = ops.convert_to_numpy(chain(x.astype("float32") / np.float32(255)))
        error += np.sum((np.round(y * 255).astype(np.float64) - x[:, None]) ** 2, axis=(0, 2, 3, 4))
    noise.assign(before)
    return tuple(psnr_of_mse(error / pictures.size).tolist())
