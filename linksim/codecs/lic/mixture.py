"""Probabilities of whole numbers under mixtures of Gaussians: exact for the coder, differentiable for training.

The coder's are whole numbers of 2**-16, from tables and whole-number arithmetic alone. The tables are computed in
floating point and rounded, and no entry lies near a half (a test holds it), so that every machine has the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from keras import ops
from scipy.special import ndtr

from linksim.codecs.lic.exact import STEP

COMPONENTS = 3
"""Of a mixture, as in Cheng et al. (2020)."""

PARAMETERS = 3 * COMPONENTS
"""A weight, a mean and a scale of each."""

WINDOW = 64
"""Symbols on each side of the centre that have a probability of their own; beyond is an escape."""

ESCAPE = 2 * WINDOW + 1
"""Index of the escape, the last of the alphabet."""

# Scales are 2**(i/16) with i from -52 (0.105) to 107 (103): in the steps that networks give them in.
_FIRST_SCALE, _NUM_SCALES = -52, 160
FIRST_OCTAVE = _FIRST_SCALE / STEP
"""log2 of the smallest scale."""

_REACH = 512
"""Beyond so many symbols from a mean its component has no mass."""

_ONE = 1 << 16
_WEIGHTS = 1 << 8


@cache
def scale_table() -> np.ndarray:
    """Gaussian distribution functions, int32 `[scales, 16 * _REACH + 1]`: 2**16 Phi(j / 16 / scale) for j from 0 on."""
    scales = 2.0 ** ((np.arange(_NUM_SCALES) + _FIRST_SCALE) / STEP)
    return np.floor(exact_values(scales) + 0.5).astype(np.int32)


def exact_values(scales: np.ndarray) -> np.ndarray:
    """What the table rounds, float64."""
    return _ONE * ndtr(np.arange(STEP * _REACH + 1) / STEP / scales[:, None])


@cache
def _powers() -> np.ndarray:
    """2**16 / 2**(d / 16) for whole d, down to 1."""
    return np.floor(_ONE * 2.0 ** (-np.arange(16 * STEP + 2) / STEP) + 0.5).astype(np.int64)


def split(parameters: Any) -> tuple[Any, Any, Any]:
    """Logarithms of weights, means and scales, `[..., 3]` each, of parameters `[..., 9]`."""
    logits, means, scales = (parameters[..., i * COMPONENTS : (i + 1) * COMPONENTS] for i in range(3))
    return logits, means, scales


def weights_means_scales(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What networks give, whole numbers of 1/16 `[..., 9]`, to weights that sum to 256, means in units of 1/16 and rows
    of the table; int64 `[..., 3]` each."""
    logits, means, scales = split(parameters.astype(np.int64))
    below = np.minimum(logits.max(axis=-1, keepdims=True) - logits, len(_powers()) - 1)
    raw = _powers()[below]
    weights = raw * _WEIGHTS // raw.sum(axis=-1, keepdims=True)
    # What the division leaves goes to the heaviest.
    heaviest = np.argmax(weights, axis=-1)[..., None]
    rest = _WEIGHTS - weights.sum(axis=-1, keepdims=True)
    np.put_along_axis(weights, heaviest, np.take_along_axis(weights, heaviest, -1) + rest, -1)
    rows = np.clip(scales - _FIRST_SCALE, 0, _NUM_SCALES - 1)
    return weights, means, rows


def centres(weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The symbol in the middle of each window, int64 `[...]`."""
    return ((weights * means).sum(axis=-1) // _WEIGHTS + STEP // 2) // STEP


def frequencies(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each symbol of an alphabet comes, and the symbol in its middle.

    Parameters
    ----------
    parameters : whole numbers [n, 9]

    Returns
    -------
    frequencies : int64 [n, 2 * WINDOW + 2]
        Of centre - WINDOW to centre + WINDOW, and of the escape; at least 1 each, about 2**16 together.
    centres : int64 [n]
    """
    weights, means, rows = weights_means_scales(parameters)
    middle = centres(weights, means)
    # The edges between symbols, in units of 1/16 from each mean. Of 16-bit parameters all fits into 32 bits, which are
    # several times as fast as 64.
    edges = (STEP * (middle[:, None] + np.arange(-WINDOW, WINDOW + 2)) - STEP // 2).astype(np.int32)
    table, total = scale_table(), np.zeros(edges.shape, np.int32)
    width, flat = table.shape[1], table.ravel()
    for k in range(COMPONENTS):
        apart = edges - means[:, k, None].astype(np.int32)
        place = np.minimum(np.abs(apart), STEP * _REACH)
        place += (width * rows[:, k, None]).astype(np.int32)
        part = flat[place]
        np.subtract(_ONE, part, out=part, where=apart < 0)
        part *= weights[:, k, None].astype(np.int32)
        total += part
    inside = np.diff(total, axis=1) // _WEIGHTS
    outside = np.maximum(_ONE - inside.sum(axis=1, keepdims=True), 0)
    return np.concatenate([inside, outside], axis=1) + 1, middle


def bits(values: Any, parameters: Any) -> Any:
    """Bits of values under the mixtures of a network, differentiable.

    Parameters
    ----------
    values : [..., c], float32
    parameters : [..., c, 9], float32

    Returns
    -------
    [..., c]
    """
    logits, means, scales = split(parameters)
    weights = ops.softmax(logits * float(np.log(2)), axis=-1)
    low, high = FIRST_OCTAVE, (_FIRST_SCALE + _NUM_SCALES - 1) / STEP
    inverse = ops.power(2.0, -ops.clip(scales, low, high))
    apart = ops.abs(values[..., None] - means)
    # On the side where the distribution function is small its differences keep their digits.
    upper, lower = _phi((0.5 - apart) * inverse), _phi((-0.5 - apart) * inverse)
    mass = ops.sum(weights * (upper - lower), axis=-1)
    # What the coder adds to every symbol, so that none is impossible: all of the alphabet share the rest.
    return -ops.log2((ops.maximum(mass, 0.0) + 1 / _ONE) / (1 + (ESCAPE + 1) / _ONE))


def _phi(x: Any) -> Any:
    return 0.5 * ops.erfc(-x * float(np.sqrt(0.5)))


def first_prior(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Alike weights, means around zero, scales of 2."""
    start = np.zeros(shape, np.float32)
    start[:, PARAMETERS // 3 : 2 * PARAMETERS // 3] = (-1.0, 0.0, 1.0)
    start[:, 2 * PARAMETERS // 3 :] = 1.0
    return ops.convert_to_tensor(start, dtype)
