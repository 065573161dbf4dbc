"""The best linear code put into the small network: training then begins where theory ends, and not at noise.

Channels that carry the transform are linear, with a slope of 1; the others start small (0.3 of He's
initialisation) and learn what is to be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.klt import BlockStatistics, block_statistics, power_allocation
from linksim.errors import LinksimError

BLOCK = 4
"""Side in pixels of the blocks whose transform fits into two strided layers."""

_HALF = 2
_PIXELS = 3 * _HALF * _HALF  # values of a block of 2x2
_SMALL = 0.3
_SIGMOID_SLOPE = 4.5  # a logit of 4.5 (x - 1/2) is closest to x between 0.1 and 0.9


@dataclass(frozen=True)
class LinearCode:
    """Components of 4x4 blocks, for latents of mean power 1/2 per real value.

    Parameters
    ----------
    mean : [48]
        Of a block, rows, columns, colours.
    analysis : [48, c]
        Pixels to latents.
    synthesis : [c, 48]
        Received latents to pixels.
    """

    mean: np.ndarray
    analysis: np.ndarray
    synthesis: np.ndarray


def linear_code(statistics: BlockStatistics, layer_channels: Sequence[int], snr_db: float) -> LinearCode:
    """The components in falling order, shared out to the layers, each of which has the power of its own.

    Parameters
    ----------
    statistics : BlockStatistics
        Of 4x4 blocks.
    layer_channels : sequence of int
        Real channels of each layer, 48 together at most.
    snr_db : float
        Es/N0 in dB.
    """
    if sum(layer_channels) > len(statistics.variances):
        raise LinksimError(
            f"{sum(layer_channels)} channels, and blocks of {statistics.block}x{statistics.block} have "
            f"{len(statistics.variances)} components; set analytic_start to False"
        )
    noise = 10 ** (-snr_db / 10) / 2
    powers, start = [], 0
    deviations = np.sqrt(np.maximum(statistics.variances, 1e-12))
    for count in layer_channels:
        own = deviations[start : start + count].astype("float32")
        shared = np.array([len(own) / 2], "float32")
        powers.append(ops.convert_to_numpy(power_allocation(own, shared, np.array([noise], "float32"))))
        start += count
    power, used = np.concatenate(powers), deviations[:start]
    # What gets no power may still learn to send something.
    gain = np.sqrt(np.maximum(power, 1e-2)) / used
    basis = statistics.basis[:, : len(used)]
    return LinearCode(statistics.mean, basis * gain, (basis * (gain * used**2 / (gain**2 * used**2 + noise))).T)


def start_networks(
    pictures: Sequence[np.ndarray],
    snr_db: float,
    layer_channels: Sequence[int],
    encoder: keras.Model,
    decoders: Sequence[keras.Model],
    first: int = 0,
    centred: bool = True,
) -> None:
    """Put the best linear code for a picture set into networks of the shape of `small_encoder`, `small_decoder`.

    Parameters
    ----------
    pictures : sequence of uint8 [H, W, 3]
    snr_db : float
        Es/N0 in dB.
    layer_channels : sequence of int
        Real channels of each layer.
    encoder, decoders : keras.Model
        A decoder takes as many components as it has channels.
    first : int
        The first component that these networks send; those before are sent by others.
    centred : bool
        Whether what goes in and comes out are pictures, with their mean, or differences without one.
    """
    code = linear_code(block_statistics(pictures, BLOCK), layer_channels, snr_db)
    start_encoder(encoder, code, first, centred)
    for decoder in decoders:
        start_decoder(decoder, code, first, centred)


def start_encoder(network: keras.Model, code: LinearCode, first: int = 0, centred: bool = True) -> None:
    """Give `small_encoder` the components from the `first` on; `centred` where its input has the mean of pictures."""
    layers = _pairs(network)
    count = layers[-1][0].filters
    width = min(count, code.analysis.shape[1] - first, layers[1][0].filters)
    analysis = code.analysis[:, first : first + width]
    for i, (conv, prelu) in enumerate(layers):
        kernel, bias = _small(conv), np.zeros(conv.filters, "float32")
        linear = _PIXELS if i == 0 else width
        # Channels that carry the transform take no input from the others.
        kernel[:, :, :, :linear] = 0
        if i == 0:
            for channel, (row, column, colour) in enumerate(np.ndindex(_HALF, _HALF, 3)):
                kernel[1 + row, 1 + column, colour, channel] = 1
        elif i == 1:
            parts = analysis.reshape(_HALF, _HALF, _HALF, _HALF, 3, width)  # row, row in it, column, column in it
            for row, column in np.ndindex(_HALF, _HALF):
                kernel[1 + row, 1 + column, :_PIXELS, :width] = parts[row, :, column].reshape(_PIXELS, width)
            bias[:width] = -(code.mean @ analysis) if centred else 0
        else:
            kernel[2, 2, range(width), range(width)] = 1
        conv.set_weights([kernel, bias])
        _straighten(prelu, linear)


def start_decoder(network: keras.Model, code: LinearCode, first: int = 0, centred: bool = True) -> None:
    """Give `small_decoder` the components from the `first` on; `centred` where its output has the mean of pictures."""
    layers = _pairs(network)
    width = min(layers[0][0].kernel.shape[3], code.synthesis.shape[0] - first, layers[0][0].filters)
    synthesis = code.synthesis[first : first + width].reshape(width, _HALF, _HALF, _HALF, _HALF, 3)
    slope = _SIGMOID_SLOPE if centred else 1.0
    for i, (conv, prelu) in enumerate(layers):
        kernel, bias = _small(conv), np.zeros(conv.filters, "float32")  # a transposed kernel is [.., out, in]
        last, before = i == len(layers) - 1, i == len(layers) - 2
        linear = 3 if last else _PIXELS if before else width
        kernel[:, :, :linear] = 0
        if last:
            for channel, (row, column, colour) in enumerate(np.ndindex(_HALF, _HALF, 3)):
                kernel[1 + row, 1 + column, colour, channel] = slope
        elif before:
            for row, column in np.ndindex(_HALF, _HALF):
                part = synthesis[:, row, :, column].reshape(width, _PIXELS)
                kernel[1 + row, 1 + column, :_PIXELS, :width] = part.T
            if centred:
                bias[:_PIXELS] = np.tile(code.mean.reshape(-1, 3).mean(axis=0), _PIXELS // 3) - 0.5
        else:
            kernel[2, 2, range(width), range(width)] = 1
        conv.set_weights([kernel, bias])
        if prelu is not None:
            _straighten(prelu, linear)


def _pairs(network: keras.Model) -> list[tuple[Any, Any]]:
    """Convolutions, each with the PReLU behind it; None where there is none."""
    convolutions = [layer for layer in network.layers if hasattr(layer, "kernel")]
    slopes = [layer for layer in network.layers if isinstance(layer, keras.layers.PReLU)]
    return [(conv, slopes[i] if i < len(slopes) else None) for i, conv in enumerate(convolutions)]


def _small(conv: Any) -> np.ndarray:
    return _SMALL * ops.convert_to_numpy(conv.kernel)


def _straighten(prelu: keras.layers.PReLU, channels: int) -> None:
    """Make the first channels linear."""
    slopes = ops.convert_to_numpy(prelu.alpha).copy()
    slopes[..., :channels] = 1
    prelu.set_weights([slopes])
