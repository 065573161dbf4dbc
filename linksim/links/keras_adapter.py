"""Keras codecs behind the adapters' face: compiled together with the channel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.adapters import CodecAdapter, Sent, batch_rows, not_finite, receive_symbols
from linksim.links.allotment import digest
from linksim.links.code_identity import source_of
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


class KerasAdapter(CodecAdapter):
    """A `linksim.codecs.Codec` under TensorFlow: channel, decoder and rounding in one compiled graph.

    All layers of a draw are one transmission: one row of symbols, one key, one pass through the channel.
    """

    def __init__(self, codec: Any):
        self.codec = codec
        self.name = getattr(codec, "title", None) or codec.name
        self.num_layers = codec.num_layers
        if not codec.built:  # else it has no weights yet that a fingerprint or a worker could be given
            codec(np.zeros((1, 2 * codec.stride, 2 * codec.stride, 3), np.float32))
        # One graph per picture size, any number of pictures: no sweep retraces.
        self._graphs: dict[Any, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_graphs": {}}

    def fingerprint(self) -> str:
        weights = hashlib.sha256()
        for w in self.codec.weights:
            weights.update(np.ascontiguousarray(w.numpy()))
        config = {k: v for k, v in self.codec.get_config().items() if k != "name"}
        kind = type(self.codec)
        return digest(
            codec=f"{kind.__module__}.{kind.__qualname__}",
            code=source_of(kind),
            precision=self.codec.dtype_policy.name,
            config=config,
            weights=weights.hexdigest(),
        )

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        return (snr_db,) if self.codec.encodes_for_snr else ()

    def _promised(self, what: str, tensor: Any, *shape: int) -> Any:
        """A tensor `[B, *shape]` as it is; looked at once, while a graph is made.

        Raises
        ------
        LinksimError
            If it has another shape.
        """
        given = tf.TensorShape(tensor.shape)
        if not given.is_compatible_with([None, *shape]):
            raise LinksimError(f"{self.name}: {what} gave {given}; it must give [B, {', '.join(map(str, shape))}]")
        return tensor

    def _one_each(self, what: str, values: np.ndarray, rows: int) -> np.ndarray:
        if len(values) != rows:
            raise LinksimError(f"{self.name}: {what} gave {len(values)} rows for {rows}; it must give one for each")
        return values

    def _encode_in_batches(self, encode: Callable, size: tuple[int, int], *arrays: np.ndarray) -> np.ndarray:
        """What a graph makes of arrays with one row per picture, as many rows at a time as a network takes."""
        rows, parts = batch_rows(size), []
        for i in range(0, len(arrays[0]), rows):
            some = [tf.constant(a[i : i + rows]) for a in arrays]
            parts.append(self._one_each("encode", encode(*some).numpy(), len(some[0])))
        return np.concatenate(parts)

    def _layers(self, size: tuple[int, int]) -> tuple[int, ...]:
        layers = tuple(self.codec.layer_symbols(*size))
        if len(layers) != self.num_layers:
            promise = f"it must give a number for each of {self.num_layers} layers"
            raise LinksimError(f"{self.name}: layer_symbols gave {layers}; {promise}")
        return layers

    def _graph(self, key: Any, function: Callable, *signature: Any) -> Any:
        """One graph for one signature. Concrete, because TensorFlow warns of a function that is traced
        for many picture sizes; without AutoGraph, which would wrap our errors in its own."""
        if key not in self._graphs:
            self._graphs[key] = tf.function(function, autograph=False).get_concrete_function(*signature)
        return self._graphs[key]

    def encode(self, pictures: Sequence[Picture], channel: Channel, snr_db: float, seed: int) -> Sent:
        size = pictures[0].size
        layers = self._layers(size)

        def encode(pixels: Any, snr: Any) -> Any:
            # Symbols that are kept for every SNR must not depend on one.
            told = snr if self.codec.encodes_for_snr else None
            pairs = self.codec.encode(tf.cast(pixels, tf.float32) / 255.0, told)
            return to_complex(self._promised("encode", pairs, sum(layers), 2))

        graph = self._graph(("encode", size), encode, tf.TensorSpec([None, *size, 3], tf.uint8), SCALAR)
        snr = tf.constant(snr_db, tf.float32)
        symbols = self._encode_in_batches(lambda x: graph(x, snr), size, np.stack([p.pixels for p in pictures]))
        return Sent(symbols, layers)

    def _receiver(self, channel: Channel, sent: Sent, size: tuple[int, int]) -> Any:
        """The graph (rows, keys, snr_db, symbols) to a list of `uint8 [B, H, W, 3]`, one per layer, and whether
        all that was decoded is finite."""
        k = sum(sent.layers)

        def receive(rows: Any, keys: Any, snr_db: Any, symbols: Any) -> tuple[list[Any], Any]:
            y = receive_symbols(channel, tf.gather(symbols, rows), snr_db, keys)
            shown = self.codec.decode_layers(to_pairs(y, k), snr_db, size)
            if not isinstance(shown, (list, tuple)) or len(shown) != self.num_layers:
                gave = f"{len(shown)} entries" if isinstance(shown, (list, tuple)) else "no list"
                promise = f"it must give a list, pictures for each of {self.num_layers} layers"
                raise LinksimError(f"{self.name}: decode_layers gave {gave}; {promise}")
            shown = [self._promised("decode_layers", p, *size, 3) for p in shown]
            return [to_bytes(p) for p in shown], all_finite(shown)

        key = ("receive", channel.label, size)
        return self._graph(key, receive, *ROW_SIGNATURE, tf.TensorSpec([None, k], tf.complex64))

    def receive(
        self, sent: Sent, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> list[np.ndarray]:
        receive = self._receiver(channel, sent, size)
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
                layer[i : i + batch] = self._one_each("decode", pictures.numpy(), len(layer[i : i + batch]))
        return out
