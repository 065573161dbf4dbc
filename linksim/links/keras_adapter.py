"""Keras codecs behind the adapters' face: compiled together with the channel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linksim.images.picture import Picture
from linksim.links.adapters import CodecAdapter, Sent, batch_rows, receive_symbols
from linksim.links.budget import digest
from linksim.links.code_identity import source_of
from linksim.phy._tf import tf
from linksim.phy.channel import Channel

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


class KerasAdapter(CodecAdapter):
    """A `linksim.codecs.Codec` under TensorFlow: channel, decoder and rounding in one compiled graph.

    All layers of a draw are one transmission: one row of symbols, one key, one pass through the channel.
    """

    def __init__(self, codec: Any):
        self.codec = codec
        self.name = getattr(codec, "title", None) or codec.name
        self.num_layers = codec.num_layers
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

    def _graph(self, key: Any, function: Callable, *signature: Any) -> Any:
        """One graph for one signature. Concrete, because TensorFlow warns of a function that is traced
        for many picture sizes; without AutoGraph, which would wrap our errors in its own."""
        if key not in self._graphs:
            self._graphs[key] = tf.function(function, autograph=False).get_concrete_function(*signature)
        return self._graphs[key]

    def encode(self, pictures: Sequence[Picture], channel: Channel, snr_db: float, seed: int) -> Sent:
        def encode(pixels: Any, snr: Any) -> Any:
            return to_complex(self.codec.encode(tf.cast(pixels, tf.float32) / 255.0, snr))

        size = pictures[0].size
        graph = self._graph(("encode", size), encode, tf.TensorSpec([None, *size, 3], tf.uint8), SCALAR)
        pixels, rows = np.stack([p.pixels for p in pictures]), batch_rows(size)
        snr = tf.constant(snr_db, tf.float32)
        parts = [graph(tf.constant(pixels[i : i + rows]), snr).numpy() for i in range(0, len(pixels), rows)]
        return Sent(np.concatenate(parts), tuple(self.codec.layer_symbols(*size)))

    def _receiver(self, channel: Channel, sent: Sent, size: tuple[int, int]) -> Any:
        """The graph (rows, keys, snr_db, symbols) to a list of `uint8 [B, H, W, 3]`, one per layer."""
        k = sum(sent.layers)

        def receive(rows: Any, keys: Any, snr_db: Any, symbols: Any) -> list[Any]:
            y = receive_symbols(channel, tf.gather(symbols, rows), snr_db, keys)
            return [to_bytes(p) for p in self.codec.decode_layers(to_pairs(y, k), snr_db, size)]

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
            shown = receive(owner[i : i + batch], keys[i : i + batch], snr, *on_device)
            for layer, pictures in zip(out, shown, strict=True):
                layer[i : i + batch] = pictures.numpy()
        return out
