"""Keras codecs compiled together with the channel: one graph per picture size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from linksim.codecs.base import build
from linksim.codecs.conversation import Hangup, black, hold, told
from linksim.codecs.parts import Part, Symbols
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.transceiver import Sent, Transceiver, batch_rows, not_finite
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel

SCALAR = tf.TensorSpec([], tf.float32)
ROW_SIGNATURE = (tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, 2], tf.uint32), SCALAR)
"""Which picture each row shows, the row's key, Es/N0 in dB."""


def to_complex(pairs: Any) -> Any:
    """`float32 [..., 2]` to `complex64 [...]`."""
    return tf.complex(pairs[..., 0], pairs[..., 1])


def to_pairs(symbols: Any, k: int) -> Any:
    """`complex64 [B, k]` to `float32 [B, k, 2]`, its number of symbols known to the graph."""
    pairs = tf.stack([tf.math.real(symbols), tf.math.imag(symbols)], axis=-1)
    return tf.ensure_shape(pairs, [None, k, 2])


def to_bytes(pictures: Any) -> Any:
    """`[..., 3]` in [0, 1], clipped and rounded to uint8."""
    return tf.cast(tf.round(tf.clip_by_value(pictures, 0.0, 1.0) * 255.0), tf.uint8)


def all_finite(pictures: Sequence[Any]) -> Any:
    """Whether every value is a number: a scalar of the graph."""
    return tf.reduce_all([tf.reduce_all(tf.math.is_finite(p)) for p in pictures])


class Compiled(Transceiver):
    """A `linksim.codecs.Codec` under TensorFlow, whose parts are symbols: channel, receiver and rounding in one graph.

    The conversation of the codec is run by a graph; what a graph does not return, such as the encoder
    on the receiver's side, is pruned from it. All layers of a draw are one transmission: one key, one
    slow fade, one stream of noise.

    Parameters
    ----------
    codec : Codec
    channel : Channel
    feedback : bool
        Whether the transmitter learns what was received, in a codec that asks for it.
    name : str, optional
    """

    def __init__(self, codec: Any, channel: Channel, feedback: bool = False, name: str | None = None):
        self.codec = build(codec)  # without weights there is nothing that a fingerprint or a worker could be given
        self.channel = channel
        self.name = name or codec.title
        self.num_layers = codec.num_layers
        self._feedback = feedback and self.asks
        # One graph per picture size, any number of pictures: no sweep retraces.
        self._graphs: dict[Any, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_graphs": {}}

    @property
    def asks(self) -> bool:
        """Whether there is a layer that depends on what was received of those before."""
        return self.codec.needs_reception and self.num_layers > 1

    @property
    def tags(self) -> dict[str, str | float]:
        """The bandwidth ratio where there is one layer, and the SNR of the training where it was one."""
        found: dict[str, str | float] = {}
        if self.num_layers == 1:
            found["cbr"] = self.codec.latent_channels / (6 * self.codec.stride**2)
        if self.codec.training_snr_db is not None:
            found["training_snr_db"] = self.codec.training_snr_db
        return found

    def identity(self) -> dict[str, Any]:
        return {"codec": self.codec, "feedback": self._feedback}

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        return (snr_db,) if self.codec.encodes_for_snr else ()

    # === What a codec promised, looked at once, while a graph is made ===

    def promised(self, what: str, tensor: Any, *shape: int) -> Any:
        """A tensor `[B, *shape]` as it is.

        Raises
        ------
        LinksimError
            If it has another shape.
        """
        given = tf.TensorShape(tensor.shape)
        if not given.is_compatible_with([None, *shape]):
            raise LinksimError(f"{self.name}: {what} {given}; it must be [B, {', '.join(map(str, shape))}]")
        return tensor

    def _one_each(self, what: str, values: np.ndarray, rows: int) -> np.ndarray:
        if len(values) != rows:
            raise LinksimError(f"{self.name}: {what} {len(values)} rows for {rows}; it must have one for each")
        return values

    def layers(self, size: tuple[int, int]) -> tuple[int, ...]:
        """Channel uses of each layer of pictures of a size."""
        layers = tuple(self.codec.layer_symbols(*size))
        if len(layers) != self.num_layers:
            promise = f"it must give a number for each of {self.num_layers} layers"
            raise LinksimError(f"{self.name}: layer_symbols gave {layers}; {promise}")
        return layers

    def graph(self, key: Any, function: Callable, *signature: Any) -> Any:
        """One graph for one signature. Concrete, because TensorFlow warns of a function that is traced
        for many picture sizes; without AutoGraph, which would wrap our errors in its own."""
        if key not in self._graphs:
            self._graphs[key] = tf.function(function, autograph=False).get_concrete_function(*signature)
        return self._graphs[key]

    def run(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], answer: Callable[[int, Part, Any], Any]
    ) -> list[Any]:
        """Run the conversation inside a graph.

        Parameters
        ----------
        pictures : float32 [B, H, W, 3]
        snr_db : scalar
        size : (int, int)
        answer : function (number, part, symbols)
            Of the number of the part (0 is the first), the part, and its symbols `complex64 [B, k_i]`.

        Returns
        -------
        list of float32 [B, H, W, 3]
            What was shown.
        """
        layers, count = self.layers(size), 0

        def reply(part: Part) -> Any:
            nonlocal count
            if not isinstance(part, Symbols) or count == len(layers):
                kind = type(part).__name__
                promise = f"an AnalogLink carries {len(layers)} parts of Symbols, one for each layer"
                raise LinksimError(f"{self.name}: part {count + 1} is {kind}; {promise}")
            number, count = count, count + 1
            pairs = self.promised(f"the symbols of layer {number + 1} are", part.values, layers[number], 2)
            return answer(number, part, to_complex(pairs))

        shown = hold(self.codec.converse(pictures, snr_db, size), reply)
        return [self.promised("the pictures shown are", p, *size, 3) for p in shown]

    # === The transmitter ===

    def in_batches(self, function: Callable, size: tuple[int, int], *arrays: np.ndarray) -> np.ndarray:
        """What a graph makes of arrays with one row per picture, as many rows at a time as a network takes."""
        rows, parts = batch_rows(size), []
        for i in range(0, len(arrays[0]), rows):
            some = [tf.constant(a[i : i + rows]) for a in arrays]
            parts.append(self._one_each("the symbols have", function(*some).numpy(), len(some[0])))
        return np.concatenate(parts)

    def encode(self, pictures: Sequence[Picture], snr_db: float, seed: int) -> Sent:
        size, pixels = pictures[0].size, np.stack([p.pixels for p in pictures])
        layers = self.layers(size)
        if self._feedback:
            return Sent(self.part(0, pixels, snr_db), layers, pixels)

        def encode(pixels: Any, snr: Any) -> Any:
            sent: list[Any] = []

            def answer(number: int, part: Part, symbols: Any) -> Any:
                sent.append(symbols)
                return part.values

            self.run(tf.cast(pixels, tf.float32) / 255.0, snr, size, answer)
            return tf.concat(sent, axis=1)

        graph = self.graph(("encode", size), encode, tf.TensorSpec([None, *size, 3], tf.uint8), SCALAR)
        snr = tf.constant(snr_db, tf.float32)
        return Sent(self.in_batches(lambda x: graph(x, snr), size, pixels), layers)

    def part(self, number: int, pixels: np.ndarray, snr_db: float, *answers: np.ndarray) -> np.ndarray:
        """The symbols of one part, where the parts before it were answered so.

        Parameters
        ----------
        number : int
            0 is the first.
        pixels : uint8 [P, H, W, 3]
        snr_db : float
        *answers : arrays [P, ...]
            One for each part before.

        Returns
        -------
        complex64 [P, k_i]
        """
        size = tuple(pixels.shape[1:3])

        def encode(snr: Any, pixels: Any, *answers: Any) -> Any:
            wanted: list[Any] = []

            def answer(count: int, part: Part, symbols: Any) -> Any:
                if count < number:
                    return answers[count]
                wanted.append(symbols)
                raise Hangup

            self.run(tf.cast(pixels, tf.float32) / 255.0, snr, size, answer)
            return wanted[0]

        specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in (pixels, *answers)]
        graph = self.graph(("part", number, size), encode, SCALAR, *specs)
        snr = tf.constant(snr_db, tf.float32)
        return self.in_batches(lambda *some: graph(snr, *some), size, pixels, *answers)

    # === The receiver ===

    def _recorded(self, layers: tuple[int, ...], size: tuple[int, int]) -> Any:
        """The graph (rows, keys, snr_db, symbols) to a list of `uint8 [B, H, W, 3]`, one per layer, and whether
        all that was decoded is finite. The receiver's side alone: it has black pictures."""
        ends = [0, *accumulate(layers)]

        def receive(rows: Any, keys: Any, snr_db: Any, symbols: Any) -> tuple[list[Any], Any]:
            # All that is sent is known: one pass through the channel, cut into its parts.
            y = to_pairs(self.channel(tf.gather(symbols, rows), snr_db, keys).symbols, ends[-1])

            def answer(number: int, part: Part, _: Any) -> Any:
                return told(part, y[:, ends[number] : ends[number + 1]])

            return self._shown(self.run(tf.ensure_shape(black(y, size), [None, *size, 3]), snr_db, size, answer))

        return self.graph(("receive", size), receive, *ROW_SIGNATURE, tf.TensorSpec([None, ends[-1]], tf.complex64))

    def _with_feedback(self, layers: tuple[int, ...], size: tuple[int, int]) -> Any:
        """The graph (rows, keys, snr_db, first layer, pixels): both sides together, every layer but the first
        encoded for what this draw's receiver has."""
        ends = [0, *accumulate(layers)]

        def receive(rows: Any, keys: Any, snr_db: Any, first: Any, pixels: Any) -> tuple[list[Any], Any]:
            def answer(number: int, part: Part, symbols: Any) -> Any:
                sent = symbols if number else tf.gather(first, rows)
                y = self.channel(sent, snr_db, keys, start=ends[number]).symbols
                return told(part, to_pairs(y, layers[number]))

            pictures = tf.cast(tf.gather(pixels, rows), tf.float32) / 255.0
            return self._shown(self.run(pictures, snr_db, size, answer))

        specs = tf.TensorSpec([None, layers[0]], tf.complex64), tf.TensorSpec([None, *size, 3], tf.uint8)
        return self.graph(("feedback", size), receive, *ROW_SIGNATURE, *specs)

    def _shown(self, shown: list[Any]) -> tuple[list[Any], Any]:
        if len(shown) != self.num_layers:
            promise = f"it must show one for each of {self.num_layers} layers"
            raise LinksimError(f"{self.name}: the conversation showed {len(shown)} pictures; {promise}")
        return [to_bytes(p) for p in shown], all_finite(shown)

    def receive(self, sent: Sent, keys: Any, snr_db: float, size: tuple[int, int]) -> list[np.ndarray]:
        make = self._recorded if sent.pixels is None else self._with_feedback
        receive = make(sent.layers, size)
        num_draws = keys.shape[1]
        keys = tf.reshape(keys, [-1, 2])
        on_device, snr = [tf.constant(a) for a in sent.arrays], tf.constant(snr_db, tf.float32)
        owner = tf.repeat(tf.range(len(sent.symbols)), num_draws)
        batch = batch_rows(size)
        out = [np.empty((len(owner), *size, 3), np.uint8) for _ in sent.layers]
        for i in range(0, len(owner), batch):
            shown, finite = receive(owner[i : i + batch], keys[i : i + batch], snr, *on_device)
            if not finite:
                raise not_finite(self.name)
            for layer, pictures in zip(out, shown, strict=True):
                rows = len(layer[i : i + batch])
                layer[i : i + batch] = self._one_each("the pictures shown have", pictures.numpy(), rows)
        return out
