"""Latents in units before the gains, in which the entropy model works: what it has learned then holds at every rate.

At a rate with gain g a latent y is sent as the whole number round(g y). What its context sees is that number divided by
g again, and how large that is on a scale of octaves, from which the spread of neighbours follows. What networks say of
means and spreads is multiplied by g. g is 2**(k/16) with a whole k, so that a decoder computes all this in whole
numbers, from tables with no entry near a half. What a decoder computes stands here twice: for training, with
gradients, and exactly.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.layers.gains import LARGEST_EXPONENT
from linksim.codecs.lic.exact import ACTIVATION, STEP, rounded
from linksim.codecs.lic.mixture import split

_POINT = 20
"""Binary places of the table of gains."""

_FINE = 2.0
"""Latents of 1 / _FINE are an octave larger than 0 is."""


def octaves(magnitudes: Any) -> Any:
    """How large values are: log2(1 + 2 |x|), of values of any shape."""
    return ops.log2(1.0 + _FINE * ops.abs(magnitudes))


def signed_octaves(y: Any) -> Any:
    """What hyper-analysis is given: the octaves of latents with their signs, and without.

    Parameters
    ----------
    y : [..., c], float32
        Before gains.

    Returns
    -------
    [..., 2 c]
    """
    size = octaves(y)
    return ops.concatenate([ops.sign(y) * size, size], axis=-1)


# Divided by gains.


def without_gain(whole: Any, gain: Any = None) -> Any:
    """Rounded latents in units before the gain.

    Parameters
    ----------
    whole : [..., c], float32
        Whole numbers.
    gain : [..., c] or None
        Powers of 2**(1/16); None for 1.

    Returns
    -------
    [..., c]
        Multiples of 1/16.
    """
    y = whole if gain is None else rounded(whole / gain, 1 / STEP)
    return ops.clip(y, -ACTIVATION / STEP, ACTIVATION / STEP)


def without_gain_exactly(whole: np.ndarray, gain: np.ndarray | None) -> np.ndarray:
    """The same, float64 in units of 1/16, of whole numbers and of k in gains 2**(k/16), int64."""
    y = whole.astype(np.int64) * STEP
    if gain is not None:
        y = (y * _powers()[LARGEST_EXPONENT - gain] + (1 << (_POINT - 1))) >> _POINT
    return np.clip(y, -ACTIVATION, ACTIVATION).astype(np.float64)


def with_octaves(y: Any) -> Any:
    """What the context is given of `without_gain`: it, and its octaves in multiples of 1/16, `[..., 2 c]`."""
    return ops.concatenate([y, rounded(octaves(y), 1 / STEP)], axis=-1)


def with_octaves_exactly(y: np.ndarray) -> np.ndarray:
    """The same of what `without_gain_exactly` gives."""
    return np.concatenate([y, octave_table()[np.abs(y).astype(np.int64)]], axis=-1)


# Multiplied by gains.


def at_gain(parameters: Any, gain: Any = None) -> Any:
    """What mixtures are made of, for latents multiplied by a gain.

    Parameters
    ----------
    parameters : [..., c, 9], float32
        Before the gain.
    gain : [..., c] or None

    Returns
    -------
    [..., c, 9]
    """
    if gain is None:
        return parameters
    logits, means, scales = split(parameters)
    gain = gain[..., None]
    means = ops.clip(rounded(means * gain, 1 / STEP), -ACTIVATION / STEP, ACTIVATION / STEP)
    return ops.concatenate([logits + ops.zeros_like(means), means, scales + ops.log2(gain)], axis=-1)


def at_gain_exactly(parameters: np.ndarray, gain: np.ndarray | None) -> np.ndarray:
    """The same of whole numbers of 1/16, float64 or int64, and of k in gains 2**(k/16), int64."""
    if gain is None:
        return parameters
    logits, means, scales = split(parameters.astype(np.int64))
    gain = gain[..., None]
    means = (means * _powers()[LARGEST_EXPONENT + gain] + (1 << (_POINT - 1))) >> _POINT
    return np.concatenate([logits, np.clip(means, -int(ACTIVATION), int(ACTIVATION)), scales + gain], axis=-1)


@cache
def _powers() -> np.ndarray:
    """2**20 2**(k/16) for k from -127 to 127, int64."""
    return np.floor(exact_powers() + 0.5).astype(np.int64)


def exact_powers() -> np.ndarray:
    """What the table of gains rounds, float64."""
    return 2.0**_POINT * 2.0 ** (np.arange(-LARGEST_EXPONENT, LARGEST_EXPONENT + 1) / STEP)


@cache
def octave_table() -> np.ndarray:
    """Octaves of 0 to 32767 sixteenths, in sixteenths, float64 of whole numbers."""
    return np.floor(exact_octaves() + 0.5)


def exact_octaves() -> np.ndarray:
    """What the table of octaves rounds, float64."""
    return STEP * np.log2(1.0 + _FINE * np.arange(int(ACTIVATION) + 1) / STEP)
