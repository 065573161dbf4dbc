"""Residual transmission over a channel: what the transmitter subtracts, guessed or fed back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from linksim.images.picture import Picture
from linksim.links.adapters import Sent, batch_rows, receive_symbols
from linksim.links.keras_adapter import ROW_SIGNATURE, SCALAR, KerasAdapter, all_finite, to_bytes, to_complex, to_pairs
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.rng import draw_keys, picture_key

# Realisations are added up in portions of this many pixels, whatever the device and however many
# pictures there are, so that an estimate is the same sum in the same order everywhere.
_PORTION_PIXELS = 1 << 16


class ResidualAdapter(KerasAdapter):
    """`ResidualTransmission` (Kurka and Gunduz 2019, sec. III-B), see `AnalogLink`.

    Without feedback the estimate belongs to the transmitter. Its realisations have fades and noise of
    their own, keyed by (channel, picture, seed) and numbered, so that m = 10 averages the first 10 of
    m = 1000; every layer has its own. It is neither clipped nor rounded.
    """

    cache_bytes = 1 << 29

    def __init__(self, codec: Any):
        super().__init__(codec)
        self._estimates = self.num_layers > 1 and not codec.feedback
        if self._estimates:
            # As many as the paper: an estimate that took m passes then serves a whole look at a point, and
            # is not made again by another worker.
            self.first_draws = 10

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        return (snr_db, float(seed)) if self._estimates else ()

    def encode(self, pictures: Sequence[Picture], channel: Channel, snr_db: float, seed: int) -> Sent:
        size = pictures[0].size
        layers = self._layers(size)
        pixels = np.stack([p.pixels for p in pictures])
        symbols = [self._encode_layer(0, pixels, np.zeros(pixels.shape, np.float32))]
        if self.num_layers > 1 and not self._estimates:
            return Sent(symbols[0], layers, pixels)
        estimate = np.zeros(pixels.shape, np.float32)
        for layer in range(1, self.num_layers):
            identity = f"estimate {layer}/{channel.noise_identity}"
            roots = np.stack([picture_key(identity, p.sha256, seed) for p in pictures])
            estimate += self.mean_output(layer - 1, symbols[-1], roots, channel, snr_db, size)
            symbols.append(self._encode_layer(layer, pixels, estimate))
        return Sent(np.concatenate(symbols, axis=1), layers)

    def _encode_layer(self, layer: int, pixels: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        """Symbols `complex64 [P, k_i]` of pictures `uint8` minus an estimate `float32`, both `[P, H, W, 3]`."""

        size = pixels.shape[1:3]

        def encode(pixels: Any, estimate: Any) -> Any:
            return self._symbols(layer, tf.cast(pixels, tf.float32) / 255.0, estimate, size)

        shape = [None, *size, 3]
        specs = tf.TensorSpec(shape, tf.uint8), tf.TensorSpec(shape, tf.float32)
        graph = self._graph(("encode", layer, size), encode, *specs)
        return self._encode_in_batches(graph, size, pixels, estimate)

    def _symbols(self, layer: int, pictures: Any, estimate: Any, size: tuple[int, int]) -> Any:
        """Symbols `complex64 [B, k_i]` of a layer, in a graph; the first layer has no estimate to subtract."""
        pairs = self.codec.encode_layer(layer, pictures, estimate if layer else None)
        return to_complex(self._promised("encode_layer", pairs, self._layers(size)[layer], 2))

    def _output(self, layer: int, y: Any, k: int, size: tuple[int, int]) -> Any:
        """What a layer adds `[B, H, W, 3]` from its received symbols, in a graph."""
        return self._promised("layer_output", self.codec.layer_output(layer, to_pairs(y, k), size), *size, 3)

    def mean_output(
        self, layer: int, symbols: np.ndarray, roots: np.ndarray, channel: Channel, snr_db: float, size: tuple[int, int]
    ) -> np.ndarray:
        """What a layer adds on average over m realisations of the channel.

        Parameters
        ----------
        layer : int
            0 is the first.
        symbols : complex64 [P, k_i]
            Of this layer.
        roots : uint32 [P, 2]
            Keys of the pictures, from which those of the realisations are drawn.
        channel : Channel
        snr_db : float
            Es/N0 in dB.
        size : (int, int)

        Returns
        -------
        float32 [P, H, W, 3]
        """
        k, m = symbols.shape[1], self.codec.realizations

        def add(total: Any, symbols: Any, roots: Any, first: Any, count: Any, snr_db: Any) -> Any:
            keys = tf.reshape(draw_keys(roots, first + tf.range(count)), [-1, 2])
            y = receive_symbols(channel, tf.repeat(symbols, count, axis=0), snr_db, keys)
            output = self._output(layer, y, k, size)
            return total + tf.reduce_sum(tf.reshape(output, [-1, count, *size, 3]), axis=1)

        integer = tf.TensorSpec([], tf.int32)
        specs = [tf.TensorSpec([None, *size, 3], tf.float32), tf.TensorSpec([None, k], tf.complex64)]
        specs += [tf.TensorSpec([None, 2], tf.uint32), integer, integer, SCALAR]
        graph = self._graph(("add", layer, channel.label, size), add, *specs)
        portion = min(m, max(1, _PORTION_PIXELS // (size[0] * size[1])))
        rows = max(1, batch_rows(size) // portion)
        snr = tf.constant(snr_db, tf.float32)
        mean = np.empty((len(symbols), *size, 3), np.float32)
        for i in range(0, len(symbols), rows):
            some, keys = tf.constant(symbols[i : i + rows]), tf.constant(roots[i : i + rows])
            total = tf.zeros([len(some), *size, 3])
            for first in range(0, m, portion):
                total = graph(total, some, keys, tf.constant(first), tf.constant(min(portion, m - first)), snr)
            mean[i : i + rows] = total.numpy() / np.float32(m)
        return mean

    def _receiver(self, channel: Channel, sent: Sent, size: tuple[int, int]) -> Any:
        if sent.pixels is None:
            return super()._receiver(channel, sent, size)
        return self._feedback_receiver(channel, sent.layers, size)

    def _feedback_receiver(self, channel: Channel, layers: tuple[int, ...], size: tuple[int, int]) -> Any:
        """The graph (rows, keys, snr_db, first layer, pixels) to what is shown after each layer, every layer
        but the first encoded for what this draw's receiver has; and whether all of it is finite."""
        ends = [0, *accumulate(layers)]

        def receive(rows: Any, keys: Any, snr_db: Any, first: Any, pixels: Any) -> tuple[list[Any], Any]:
            pictures = tf.cast(tf.gather(pixels, rows), tf.float32) / 255.0
            sent, total, shown = tf.gather(first, rows), None, []
            for layer, k in enumerate(layers):
                if layer:
                    sent = tf.concat([sent, self._symbols(layer, pictures, total, size)], axis=1)
                # Zeros for what is yet to come: the channel is then drawn as for the whole transmission,
                # and this layer meets the fade and the noise that it would meet without feedback.
                whole = tf.pad(sent, [(0, 0), (0, ends[-1] - ends[layer + 1])])
                y = receive_symbols(channel, whole, snr_db, keys)[:, ends[layer] : ends[layer + 1]]
                output = self._output(layer, y, k, size)
                total = output if total is None else total + output
                shown.append(total)
            return [to_bytes(p) for p in shown], all_finite(shown)

        specs = tf.TensorSpec([None, layers[0]], tf.complex64), tf.TensorSpec([None, *size, 3], tf.uint8)
        return self._graph(("feedback", channel.label, size), receive, *ROW_SIGNATURE, *specs)
