"""An analytic start for BResNet: a bit for each of the strongest components of a residual, and what is best made of it.

The strided convolutions carry an 8x8 transform, 2x2 at a time: the Karhunen-Loève transform of blocks of residuals. The
sign of a component is its bit. The decoder begins as the linear least-squares estimate of a block from the bits of the
3x3 blocks around it. Everything else starts small, on paths that do not yet reach the bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import layers, ops

from linksim.codecs.layers.blocks import space_to_depth
from linksim.codecs.layers.upsampling import UpsamplingBlock
from linksim.errors import LinksimError

_REST = 0.3
"""What the weights that carry nothing are multiplied with."""

_STEEPNESS = 2.0
"""How much of a tanh a standard deviation is: most of the bits that are drawn in training are then the sign."""

_VALUES = (12, 48, 192)
"""Values of a block after each of the three halvings."""

_RIDGE = 1e-5


@dataclass(frozen=True)
class BitCode:
    """A bit for each of some components of a block, and the best linear estimate of it from the bits around it.

    Parameters
    ----------
    basis : float array [192, C]
        Columns are components, of values in the order of three times `space_to_depth(.., 2)`.
    thresholds : float array [C]
        A bit is 1 where its component is above.
    deviations : float array [C]
        Of the components.
    estimate : float array [3, 3, C, 192]
        Of the block in the middle, from -1 and +1.
    offset : float array [192]
    """

    basis: np.ndarray
    thresholds: np.ndarray
    deviations: np.ndarray
    estimate: np.ndarray
    offset: np.ndarray


def best_bit_code(residuals: Sequence[np.ndarray], channels: int) -> BitCode:
    """From residuals `[N, H, W, 3]`, sides multiples of 8; those of several sizes one after the other.

    Raises
    ------
    LinksimError
        If there are fewer blocks than numbers to find, or more channels than components.
    """
    blocks = [_in_blocks(r) for r in residuals]
    flat = np.concatenate([b.reshape(-1, _VALUES[-1]) for b in blocks])
    if channels > _VALUES[-1]:
        raise LinksimError(f"a block has {_VALUES[-1]} components, not {channels}; set analytic_start to False")
    if len(flat) < 9 * channels + 1:
        raise LinksimError(f"{len(flat)} blocks are too few for {channels} bits each; give more pictures")
    mean = flat.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(flat.T, bias=True))
    strongest = np.argsort(variances)[::-1][:channels]
    basis = directions[:, strongest]
    around = np.concatenate([_around(np.where(b @ basis > mean @ basis, 1.0, -1.0)) for b in blocks])
    square = around.T @ around + _RIDGE * len(flat) * np.eye(around.shape[1])
    found = np.linalg.solve(square, around.T @ flat)
    return BitCode(
        basis=basis,
        thresholds=mean @ basis,
        deviations=np.sqrt(np.maximum(variances[strongest], 1e-12)),
        estimate=found[:-1].reshape(3, 3, channels, -1),
        offset=found[-1],
    )


def start_bresnet(code: BitCode, encoder: Any, decoder: Any) -> None:
    """Put a code into the networks of `linksim.codecs.ds2c2.enhancement`.

    Raises
    ------
    LinksimError
        If their filters cannot carry it.
    """
    channels = code.basis.shape[1]
    convolutions = [layer for layer in encoder.layers if isinstance(layer, layers.Conv2D)]
    halvings, last = [layer for layer in convolutions if layer.strides == (2, 2)], convolutions[-1]
    widths = [layer.filters for layer in halvings]
    if widths[0] < _VALUES[0] or widths[1] < _VALUES[1] or widths[2] < channels:
        least = max(_VALUES[1] // 2, -(-channels // 4))
        raise LinksimError(f"filters {widths} do not carry an 8x8 transform to {channels} bits; give at least {least}")
    # A 5x5 convolution of stride 2 is padded by one pixel on the left, a 3x3 one by none.
    taps = [np.eye(12).reshape(2, 2, 3, 12), np.eye(48).reshape(2, 2, 12, 48), code.basis.reshape(2, 2, 48, channels)]
    for layer, tap, first in zip(halvings, taps, (1, 0, 0)):
        kernel, bias = _weights(layer)
        kernel *= _REST
        kernel[..., : tap.shape[-1]] = 0
        kernel[first : first + 2, first : first + 2, : tap.shape[2], : tap.shape[3]] = tap
        layer.set_weights([kernel, bias])
    kernel, bias = (np.zeros_like(w) for w in _weights(last))
    steep = _STEEPNESS / code.deviations
    kernel[1, 1, range(channels), range(channels)] = steep
    bias[:] = -steep * code.thresholds
    last.set_weights([kernel, bias])

    first = next(layer for layer in decoder.layers if isinstance(layer, layers.Conv2D))
    kernel, bias = _weights(first)
    kernel *= _REST
    kernel[..., :channels] = 0
    kernel[1, 1, range(channels), range(channels)] = 1
    first.set_weights([kernel, bias])
    doublings = [layer for layer in decoder.layers if isinstance(layer, UpsamplingBlock)]
    _carry(doublings[0].conv, code.estimate, code.offset)
    for block in doublings[1:]:
        values = 4 * block.filters if block is doublings[-1] else _VALUES[1]
        middle = np.zeros((3, 3, values, values))
        middle[1, 1] = np.eye(values)
        _carry(block.conv, middle, np.zeros(values))


def _carry(convolution: Any, taps: np.ndarray, offset: np.ndarray) -> None:
    """Taps `[3, 3, values in, values out]` in the first channels of a convolution to four times as many pixels."""
    kernel, bias = _weights(convolution)
    kernel *= _REST
    filters, values = kernel.shape[-1] // 4, taps.shape[-1] // 4
    for corner in range(4):
        to = slice(corner * filters, corner * filters + values)
        kernel[..., to] = 0
        kernel[:, :, : taps.shape[2], to] = taps[..., corner * values : (corner + 1) * values]
        bias[to] = offset[corner * values : (corner + 1) * values]
    convolution.set_weights([kernel, bias])


def _weights(layer: Any) -> list[np.ndarray]:
    return [ops.convert_to_numpy(w).astype(np.float32).copy() for w in layer.weights]


def _in_blocks(residuals: np.ndarray) -> np.ndarray:
    """`[N, H, W, 3]` to `[N, H/8, W/8, 192]`, in the order of the three halvings."""
    x = residuals
    for _ in _VALUES:
        x = space_to_depth(x, 2)
    return ops.convert_to_numpy(x).astype(np.float64)


def _around(x: np.ndarray) -> np.ndarray:
    """The 3x3 cells around each, 0 beyond the edge, and a one: `[N, h, w, C]` to `[N * h * w, 9 * C + 1]`."""
    n, height, width, channels = x.shape
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    cells = [wide[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return np.concatenate([*cells, np.ones((n, height, width, 1))], axis=-1).reshape(-1, 9 * channels + 1)
