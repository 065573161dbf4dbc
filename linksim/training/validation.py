"""How good a codec is on pictures that it was not trained on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from linksim.pixels import psnr_of_mse
from linksim.training.chain import Chain
from linksim.training.objectives import Objective, make_objective
from linksim.training.recipe import Recipe

AT_ONCE = 250
"""Pictures that are validated together."""

NOISE = 1 << 30
"""Second half of the state of the noise generator at a validation: training does not come to it."""


class Validation(NamedTuple):
    """What a codec reaches on pictures that it was not trained on.

    Parameters
    ----------
    layers : sequence of float
        PSNR of the mean MSE after each layer, in dB.
    lpips : float or None
        Mean LPIPS after the last layer, where the objective is perceptual.
    bpp : float or None
        Bits per pixel, where the objective weighs them.
    """

    layers: tuple[float, ...]
    lpips: float | None = None
    bpp: float | None = None


def score(
    layers: Sequence[float], lpips: float | None = None, bpp: float | None = None, rate_weight: float | None = None
) -> float:
    """By what one set of weights counts as better than another: the mean over layers of the PSNR in dB; minus the
    LPIPS where that was validated; minus rate and weighted distortion where bits were."""
    if bpp is not None and rate_weight is not None:
        return -(bpp + rate_weight * 255**2 * 10 ** (-layers[-1] / 10))
    return float(np.mean(layers)) if lpips is None else -lpips


def rate_weight_of(recipe: Recipe) -> float | None:
    """lambda of a recipe whose models are compared by rate and distortion."""
    phases = recipe.schedule
    return make_objective(phases[-1].objective, dict(phases[-1].options)).rate_weight if phases else None


def validate(chain: Chain, pictures: np.ndarray, seed: int, objective: Objective | None = None) -> Validation:
    """What a codec reaches, of pictures rounded to 8 bits.

    Parameters
    ----------
    chain : Chain
    pictures : uint8 [N, S, S, 3]
    seed : int
        Of the recipe.
    objective : Objective, optional
        Whose judge, and whose bits, are asked too.
    """
    error: Any = 0.0
    apart: list[np.ndarray] = []
    spent: list[np.ndarray] = []
    with _same_noise(chain, seed):
        for start in range(0, len(pictures), AT_ONCE):
            x = pictures[start : start + AT_ONCE]
            y = _received(chain, x)
            error += np.sum((y.astype(np.float64) - x[:, None]) ** 2, axis=(0, 2, 3, 4))
            if objective is not None and objective.judge is not None:
                one, other = (p.astype(np.float32) / np.float32(255) for p in (x, y[:, -1]))
                apart.append(ops.convert_to_numpy(objective.judge(one, other)))
            if objective is not None and objective.rate_weight is not None:
                bits = objective.bits(chain.codec, x.astype(np.float32) / np.float32(255))
                spent.append(ops.convert_to_numpy(bits))
    return Validation(
        tuple(psnr_of_mse(error / pictures.size).tolist()),
        float(np.concatenate(apart).mean()) if apart else None,
        float(np.concatenate(spent).sum(dtype=np.float64) / np.prod(pictures.shape[:3])) if spent else None,
    )


def samples(chain: Chain, pictures: np.ndarray, seed: int) -> np.ndarray:
    """Pictures side by side, uint8 `[(1 + L) S, N S, 3]`: above as they are, below after each layer."""
    with _same_noise(chain, seed):
        y = _received(chain, pictures)
    rows = [pictures, *np.moveaxis(y, 1, 0)]
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])


def _received(chain: Chain, pictures: np.ndarray) -> np.ndarray:
    """uint8 `[N, L, S, S, 3]`."""
    y = ops.convert_to_numpy(chain(pictures.astype(np.float32) / np.float32(255)))
    return np.round(y.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


@contextlib.contextmanager
def _same_noise(chain: Chain, seed: int) -> Iterator[None]:
    """The same noise at each validation; what training draws afterwards does not depend on it."""
    noise = chain.channel.seed_generator.state
    before = ops.convert_to_numpy(noise)
    noise.assign(np.array([seed, NOISE], before.dtype))
    try:
        yield
    finally:
        noise.assign(before)


@contextlib.contextmanager
def swapped(variables: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """Variables hold the values of others inside the block, and their own again afterwards."""
    before = [ops.convert_to_numpy(v).copy() for v in variables]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(ops.convert_to_numpy(value))
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
