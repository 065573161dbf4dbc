"""A transmitter without feedback that guesses what was received, by sending to itself."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from linksim.codecs.conversation import Hangup, black, told
from linksim.codecs.parts import Part
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.compiled import SCALAR, Compiled, to_pairs
from linksim.links.transceiver import Sent, batch_rows
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.rng import draw_keys, picture_key

# Realisations are added up in portions of this many pixels, whatever the device and however many
# pictures there are, so that an estimate is the same sum in the same order everywhere.
_PORTION_PIXELS = 1 << 16


class Estimating(Compiled):
    """A codec whose later parts depend on what was received, and a transmitter that is not told.

    Each part is answered with the mean of what the receiver would make of it over m realisations of
    the channel (Kurka and Gündüz 2019, sec. III-B). The realisations have fades and noise of their own,
    keyed by (channel, picture, seed) and numbered, so that m = 10 averages the first 10 of m = 1000;
    every layer has its own. The mean is neither clipped nor rounded.

    Parameters
    ----------
    codec : Codec
    channel : Channel
    realizations : int
        m.
    name : str, optional

    Raises
    ------
    LinksimError
        If `realizations` is less than 1.
    """

    cache_bytes = 1 << 29
    # As many as the paper: an estimate that took m passes then serves a whole look at a point, and
    # is not made again by another worker.
    first_draws = 10

    def __init__(self, codec: Any, channel: Channel, realizations: int, name: str | None = None):
        super().__init__(codec, channel, name=name)
        self.realizations = realizations

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "realizations": self.realizations}

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        return snr_db, float(seed)

    def encode(self, pictures: Sequence[Picture], snr_db: float, seed: int) -> Sent:
        size, pixels = pictures[0].size, np.stack([p.pixels for p in pictures])
        symbols, answers = [self.part(0, pixels, snr_db)], []
        for layer in range(1, self.num_layers):
            identity = f"estimate {layer}/{self.channel.noise_identity}"
            roots = np.stack([picture_key(identity, p.sha256, seed) for p in pictures])
            answers.append(self.mean_answer(layer - 1, symbols[-1], roots, snr_db, size, *answers))
            symbols.append(self.part(layer, pixels, snr_db, *answers))
        return Sent(np.concatenate(symbols, axis=1), self.layers(size))

    def mean_answer(
        self,
        layer: int,
        symbols: np.ndarray,
        roots: np.ndarray,
        snr_db: float,
        size: tuple[int, int],
        *before: np.ndarray,
    ) -> np.ndarray:
        """What the receiver makes of a layer on average over m realisations of the channel.

        Parameters
        ----------
        layer : int
            0 is the first.
        symbols : complex64 [P, k_i]
            Of this layer.
        roots : uint32 [P, 2]
            Keys of the pictures, from which those of the realisations are drawn.
        snr_db : float
            Es/N0 in dB.
        size : (int, int)
        *before : arrays [P, ...]
            How the layers before were answered.

        Returns
        -------
        float32 [P, ...]
        """
        k, m = symbols.shape[1], self.realizations

        def add(total: Any, symbols: Any, roots: Any, first: Any, count: Any, snr_db: Any, *before: Any) -> Any:
            keys = tf.reshape(draw_keys(roots, first + tf.range(count)), [-1, 2])
            y = to_pairs(self.channel(tf.repeat(symbols, count, axis=0), snr_db, keys).symbols, k)
            made: list[Any] = []

            def answer(number: int, part: Part, _: Any) -> Any:
                if number < layer:
                    return tf.repeat(before[number], count, axis=0)
                made.append(told(part, y))
                raise Hangup

            self.run(tf.ensure_shape(black(y, size), [None, *size, 3]), snr_db, size, answer)
            shape = made[0].shape[1:]
            return total + tf.reduce_sum(tf.reshape(made[0], [-1, count, *shape]), axis=1)

        shape = self._shape_of_answer(layer, k, size, before)
        integer = tf.TensorSpec([], tf.int32)
        specs = [tf.TensorSpec([None, *shape], tf.float32), tf.TensorSpec([None, k], tf.complex64)]
        specs += [tf.TensorSpec([None, 2], tf.uint32), integer, integer, SCALAR]
        specs += [tf.TensorSpec([None, *a.shape[1:]], tf.float32) for a in before]
        graph = self.graph(("add", layer, size), add, *specs)
        portion = min(m, max(1, _PORTION_PIXELS // (size[0] * size[1])))
        rows = max(1, batch_rows(size) // portion)
        snr = tf.constant(snr_db, tf.float32)
        mean = np.empty((len(symbols), *shape), np.float32)
        for i in range(0, len(symbols), rows):
            some, keys, *known = (tf.constant(a[i : i + rows]) for a in (symbols, roots, *before))
            total = tf.zeros([len(some), *shape])
            for first in range(0, m, portion):
                count = tf.constant(min(portion, m - first))
                total = graph(total, some, keys, tf.constant(first), count, snr, *known)
            mean[i : i + rows] = total.numpy() / np.float32(m)
        return mean

    def _shape_of_answer(
        self, layer: int, k: int, size: tuple[int, int], before: Sequence[np.ndarray]
    ) -> tuple[int, ...]:
        """Of one picture: found by a graph that is never run."""

        def look(y: Any, *before: Any) -> Any:
            made: list[Any] = []

            def answer(number: int, part: Part, _: Any) -> Any:
                if number < layer:
                    return before[number]
                made.append(told(part, y))
                raise Hangup

            self.run(tf.ensure_shape(black(y, size), [None, *size, 3]), tf.constant(0.0), size, answer)
            return made[0]

        specs = [tf.TensorSpec([None, *a.shape[1:]], tf.float32) for a in before]
        graph = self.graph(("shape", layer, size), look, tf.TensorSpec([None, k, 2], tf.float32), *specs)
        return tuple(graph.structured_outputs.shape[1:])


def check_realizations(realizations: Any) -> int:
    """A number of realisations, at least 1."""
    if isinstance(realizations, bool) or not isinstance(realizations, Integral) or realizations < 1:
        raise LinksimError(f"realizations is {realizations}; give a whole number, at least 1")
    return int(realizations)
