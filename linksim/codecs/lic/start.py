"""The transforms of a learned codec begun at a linear one: training then starts where transform coding ends.

Four transforms of 2x2 blocks, each of what the one before gave (Karhunen-Loève, the strongest components kept), make
one of 16x16 pixels. Its components, in quantiser steps, are the latents to begin with. Residual blocks and attention
begin as little more than the identity, and what carries no component begins small and learns what is to be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.layers.blocks import cut_blocks
from linksim.codecs.lic.mixture import COMPONENTS, FIRST_OCTAVE
from linksim.codecs.lic.transforms import Attention, ResidualBlock
from linksim.errors import LinksimError

QUANTISER_STEP = 0.25
"""Of an orthonormal component of pixels in [0, 1]. At high rates its mean squared error is a twelfth of the square, and
a bit divides it by four, so that this is the best one for lambda = 18 / (ln(2) 255^2 QUANTISER_STEP^2) = 0.0064."""

_BLOCK = 16
_MOST_BLOCKS = 30_000
_SMALL, _TINY = 0.1, 0.005
"""Shares of the usual random start: of channels beside the components, and of what is added to them."""

_CLOSED = -6.0
"""Logit of an attention mask that lets 0.25 % through."""

_ROOT = 0.02
"""Square root of all that GDN starts from: components of up to 4 stay what they are, and each may learn of each."""

_SPREADS = (-1.5, 0.0, 1.5)
"""Octaves around the standard deviation: three Gaussians with a peak and tails, as components have."""


@dataclass(frozen=True)
class Pyramid:
    """Transforms of 2x2 blocks, one after the other.

    Parameters
    ----------
    bases : sequence of float arrays [4 c, d]
        Columns are components, of values in the order row, column, channel before.
    largest : sequence of float arrays [d]
        Magnitudes that the components of each come to.
    mean : [d]
        Of the last components, of pixels in [-1/2, 1/2].
    deviations : [d]
        Of them.
    """

    bases: Sequence[np.ndarray]
    largest: Sequence[np.ndarray]
    mean: np.ndarray
    deviations: np.ndarray


def learn_pyramid(pictures: Sequence[np.ndarray], widths: Sequence[int], seed: int = 0) -> Pyramid:
    """The transforms for a picture set, `uint8 [H, W, 3]` each, that keep so many components at most.

    Raises
    ------
    LinksimError
        If there are fewer than four blocks for each component.
    """
    rng = np.random.default_rng(seed)
    total = sum((p.shape[0] // _BLOCK) * (p.shape[1] // _BLOCK) for p in pictures)
    if total < 4 * max(widths):
        raise LinksimError(
            f"{total} blocks of 16x16 pixels are too few to start from, which takes {4 * max(widths)}; "
            "give more pictures, or no analytic start"
        )
    share = min(1.0, _MOST_BLOCKS / total)
    cut = [blocks[rng.random(len(blocks)) < share] for blocks in (cut_blocks(p, _BLOCK) for p in pictures)]
    x = np.concatenate(cut).reshape(-1, _BLOCK, _BLOCK, 3).astype(np.float32) / np.float32(255) - np.float32(0.5)
    bases, largest = [], []
    for width in widths:
        side = x.shape[1] // 2
        blocks = x.reshape(len(x), side, 2, side, 2, -1).swapaxes(2, 3).reshape(len(x) * side * side, -1)
        directions = np.linalg.eigh(np.cov(blocks.T.astype(np.float64)))[1][:, ::-1]  # the strongest first
        bases.append(directions[:, :width].astype(np.float32))
        components = blocks @ bases[-1]
        largest.append(np.abs(components).max(axis=0))
        x = components.reshape(len(x), side, side, -1)
    last = x.reshape(len(x), -1)
    return Pyramid(bases, largest, last.mean(axis=0), last.std(axis=0))


def start_transforms(codec: Any, pictures: Sequence[np.ndarray]) -> None:
    """Put the transforms for a picture set into a fresh `LicGmm`, and the spread of their components into its mixtures.

    Raises
    ------
    LinksimError
        If there are too few pictures.
    """
    n = codec.filters
    pyramid = learn_pyramid(pictures, (n, n, n, codec.latent_channels))
    _start_analysis(codec.analysis, pyramid)
    _start_synthesis(codec.synthesis, pyramid)
    _start_mixtures(codec, pyramid.deviations / QUANTISER_STEP)


def _start_analysis(network: Any, pyramid: Pyramid) -> None:
    _calm(network)
    halving = [layer for layer in network.layers if getattr(layer, "change", None) == "down"]
    for layer, basis, largest in zip(halving, pyramid.bases, pyramid.largest, strict=False):
        first, _, second, gdn = layer.main
        # Components pass the nonlinearity where it is straight, raised to above zero, and are lowered again.
        _carry(first, basis, at=0, bias=largest)
        _carry(second, np.eye(basis.shape[1]), at=1, bias=-largest)
        _straighten(gdn)
        _scale(layer.beside[0], _TINY)
    last = next(layer for layer in network.layers if hasattr(layer, "kernel"))
    _carry(last, pyramid.bases[-1] / QUANTISER_STEP, at=0, bias=-pyramid.mean / QUANTISER_STEP)


def _start_synthesis(network: Any, pyramid: Pyramid) -> None:
    _calm(network)
    doubling = [layer for layer in network.layers if getattr(layer, "change", None) == "up"]
    back = [basis.T for basis in reversed(pyramid.bases)]
    mean = pyramid.mean
    for basis in back:  # what the components' mean is in pixels
        mean = (mean @ basis).reshape(4, -1).mean(axis=0)
    back[0] = back[0] * QUANTISER_STEP
    for layer, basis in zip(doubling, back, strict=False):
        _carry_up(layer.beside[0], basis)
        _scale(layer.main[2], _TINY)
        _straighten(layer.main[3])
    _carry_up(network.layers[-1], back[-1], bias=mean)


def _start_mixtures(codec: Any, deviations: np.ndarray) -> None:
    """Each latent's mixture begins at its spread over all pictures, whatever the networks know."""
    last = codec.mixtures[-1]
    bias = np.zeros((codec.latent_channels, 3, COMPONENTS), np.float32)
    octaves = np.log2(np.maximum(deviations, 0.1))[:, None] + np.array(_SPREADS)
    bias[: len(octaves), 2] = np.maximum(octaves, FIRST_OCTAVE)
    last.set_weights([_SMALL * ops.convert_to_numpy(last.kernel), bias.ravel()])
    kernel, own = (ops.convert_to_numpy(w) for w in (codec.context.kernel, codec.context.bias))
    # Strong components would drown the others. (Weights are whole numbers of 1/256: at first little is left of these.)
    kernel = kernel.copy()
    kernel[:, :, : len(deviations)] /= np.maximum(deviations, 1.0)[:, None]
    codec.context.set_weights([kernel, own])


def _calm(network: Any) -> None:
    """Residual blocks and attention as little more than the identity."""
    for layer in network.layers:
        if isinstance(layer, Attention):
            kernel, bias = layer.mask[-1].get_weights()
            layer.mask[-1].set_weights([_TINY * kernel, np.full_like(bias, _CLOSED)])
        elif isinstance(layer, ResidualBlock) and layer.change == "none":
            _scale(layer.main[2], _TINY)


def _carry(layer: Any, taps: np.ndarray, at: int, bias: np.ndarray | None = None) -> None:
    """A convolution that makes components of blocks of 2x2, or of single places; its other channels begin small."""
    kernel, own = layer.get_weights()
    kernel *= _SMALL
    side = 2 if layer.strides == (2, 2) else 1
    parts = taps.reshape(side, side, -1, taps.shape[1])
    channels, count = parts.shape[2], min(parts.shape[3], kernel.shape[3])
    kernel[..., :count] = 0
    kernel[at : at + side, at : at + side, :channels, :count] = parts[..., :count]
    own[:count] = 0 if bias is None else bias[:count]
    layer.set_weights([kernel, own])


def _carry_up(layer: Any, taps: np.ndarray, bias: np.ndarray | None = None) -> None:
    """An `Upsample` that makes blocks of 2x2 of components; its other channels begin small."""
    kernel, own = layer.conv.get_weights()
    kernel *= _SMALL
    taken = taps.shape[0]
    parts = taps.reshape(taken, 4, -1)
    given = parts.shape[2]
    by_place = kernel.reshape(*kernel.shape[:3], 4, -1)
    by_place[..., :given] = 0
    by_place[1, 1, :taken, :, :given] = parts
    own.reshape(4, -1)[:, :given] = 0 if bias is None else bias
    layer.conv.set_weights([kernel, own])


def _scale(layer: Any, factor: float) -> None:
    """Make a convolution, or the one in an `Upsample`, smaller."""
    layer = getattr(layer, "conv", layer)
    kernel, bias = layer.get_weights()
    layer.set_weights([factor * kernel, bias])


def _straighten(gdn: Any) -> None:
    beta, gamma = gdn.get_weights()
    gdn.set_weights([beta, np.full_like(gamma, _ROOT)])
