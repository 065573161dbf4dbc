"""How good a codec is on pictures that it was not trained on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from keras import ops

from linksim.pixels import psnr_of_mse
from linksim.training.chain import Chain

AT_ONCE = 250
"""Pictures that are validated together."""

NOISE = 1 << 30
"""Second half of the state of the noise generator at a validation: training does not come to it."""


def score(layers: Sequence[float], lpips: float | None = None) -> float:
    """By what one set of weights counts as better than another: the mean over layers of the PSNR in dB; minus the
    LPIPS where that was validated."""
    return float(np.mean(layers)) if lpips is None else -lpips


def validate(
    chain: Chain, pictures: np.ndarray, seed: int, distance: Any = None
) -> tuple[tuple[float, ...], float | None]:
    """PSNR of the mean MSE after each layer, in dB, and mean LPIPS after the last; of pictures rounded to 8 bits.

    Parameters
    ----------
    chain : Chain
    pictures : uint8 [N, S, S, 3]
    seed : int
        Of the recipe.
    distance : linksim.metrics.lpips.Lpips, optional
        Without it there is no LPIPS.
    """
    error: Any = 0.0
    apart: list[np.ndarray] = []
    with _same_noise(chain, seed):
        for start in range(0, len(pictures), AT_ONCE):
            x = pictures[start : start + AT_ONCE]
            y = _received(chain, x)
            error += np.sum((y.astype(np.float64) - x[:, None]) ** 2, axis=(0, 2, 3, 4))
            if distance is not None:
                one, other = (p.astype(np.float32) / np.float32(255) for p in (x, y[:, -1]))
                apart.append(ops.convert_to_numpy(distance(one, other)))
    return tuple(psnr_of_mse(error / pictures.size).tolist()), float(np.concatenate(apart).mean()) if apart else None


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
