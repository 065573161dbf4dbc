"""One face for codecs of two kinds: Keras codecs, which run compiled with the channel, and plain functions."""

from __future__ import annotations

import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.links.budget import digest
from linksim.phy._tf import tf
from linksim.phy.channel import Channel, noise_variance
from linksim.phy.equalize import equalize

# Rows go through the network in batches of this many pixels. On a CPU a batch should stay near the
# caches; a GPU wants to be filled: the widest codec keeps about 2 kB of activations per pixel.
_CPU_PIXELS = 1 << 18
_BYTES_PER_PIXEL = 2048
_GPU_SHARE = 0.25


@lru_cache(maxsize=1)
def _batch_pixels() -> int:
    if not tf.config.list_physical_devices("GPU"):
        return _CPU_PIXELS
    # TensorFlow has no public call that tells a GPU's memory before it is used.
    from tensorflow.python.client import device_lib

    memory = max(d.memory_limit for d in device_lib.list_local_devices() if d.device_type == "GPU")
    return max(_CPU_PIXELS, int(_GPU_SHARE * memory / _BYTES_PER_PIXEL))


def receive_symbols(channel: Channel, symbols: Any, snr_db: Any, keys: Any) -> Any:
    """What the decoder is given, `complex64 [B, k]`: the channel's output, equalised where there is CSI."""
    received = channel(symbols, snr_db, keys)
    if not channel.csi:
        return received
    y, h = received
    return equalize(y, h, noise_variance(snr_db))[0]


def _compiled(function: Callable, *signature: Any) -> Any:
    """One graph for one signature. Concrete, because TensorFlow warns of a function that is traced
    for many picture sizes; without AutoGraph, which would wrap our errors in its own."""
    return tf.function(function, autograph=False).get_concrete_function(*signature)


def _source_of(kind: type) -> str:
    """The text of a class, so that an edited network is another one; nothing where there is no file."""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""


def _traits(values: np.ndarray) -> list[float]:
    """Eight rounded projections of an array: the same in spite of rounding errors, others for other values."""
    flat = np.asarray(values, np.float64).reshape(-1)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (8, flat.size))
    return np.round(signs @ flat / np.sqrt(flat.size), 3).tolist()


class CodecAdapter(ABC):
    """A codec on NumPy pictures and TensorFlow symbols."""

    name: str

    @abstractmethod
    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """`uint8 [P, H, W, 3]` to `complex64 [P, k]`."""

    @abstractmethod
    def receive(
        self, symbols: np.ndarray, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> np.ndarray:
        """Symbols `[P, k]`, keys `[P, D, 2]` to `uint8 [P*D, H, W, 3]`: every picture over every draw."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest of all that determines the codec's output."""


class KerasAdapter(CodecAdapter):
    """A `linksim.codecs.Codec` under TensorFlow: channel, decoder and rounding in one compiled graph."""

    def __init__(self, codec: Any):
        self.codec = codec
        self.name = getattr(codec, "title", None) or codec.name
        self._compile()

    def _compile(self) -> None:
        # One graph per picture size, any number of pictures: no sweep retraces.
        self._encoders: dict[tuple[int, int], Any] = {}
        self._receivers: dict[tuple[str, tuple[int, int]], Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"codec": self.codec, "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._compile()

    def fingerprint(self) -> str:
        weights = hashlib.sha256()
        for w in self.codec.weights:
            weights.update(np.ascontiguousarray(w.numpy()))
        config = {k: v for k, v in self.codec.get_config().items() if k != "name"}
        kind = type(self.codec)
        return digest(
            codec=f"{kind.__module__}.{kind.__qualname__}",
            code=_source_of(kind),
            precision=self.codec.dtype_policy.name,
            config=config,
            weights=weights.hexdigest(),
        )

    def _encode_batch(self, pixels: Any) -> Any:
        symbols = self.codec.encode(tf.cast(pixels, tf.float32) / 255.0)
        return tf.complex(symbols[..., 0], symbols[..., 1])

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        size = pixels.shape[1:3]
        if size not in self._encoders:
            spec = tf.TensorSpec([None, *size, 3], tf.uint8)
            self._encoders[size] = _compiled(self._encode_batch, spec)
        encode, rows = self._encoders[size], max(1, _batch_pixels() // (size[0] * size[1]))
        parts = [encode(tf.constant(pixels[i : i + rows])).numpy() for i in range(0, len(pixels), rows)]
        return np.concatenate(parts)

    def _receiver(self, channel: Channel, size: tuple[int, int]) -> Any:
        key = (channel.label, size)
        if key not in self._receivers:

            def receive(symbols: Any, rows: Any, keys: Any, snr_db: Any) -> Any:
                y = receive_symbols(channel, tf.gather(symbols, rows), snr_db, keys)
                pairs = tf.stack([tf.math.real(y), tf.math.imag(y)], axis=-1)
                pairs = tf.ensure_shape(pairs, [None, symbols.shape[1], 2])
                pictures = self.codec.decode(pairs, snr_db, size)
                return tf.cast(tf.round(tf.clip_by_value(pictures, 0.0, 1.0) * 255.0), tf.uint8)

            k = self.codec.num_symbols(*size)
            self._receivers[key] = _compiled(
                receive,
                tf.TensorSpec([None, k], tf.complex64),
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None, 2], tf.uint32),
                tf.TensorSpec([], tf.float32),
            )
        return self._receivers[key]

    def receive(
        self, symbols: np.ndarray, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> np.ndarray:
        receive = self._receiver(channel, size)
        num_draws = keys.shape[1]
        keys = tf.reshape(keys, [-1, 2])
        on_device, snr = tf.constant(symbols), tf.constant(snr_db, tf.float32)
        owner = tf.repeat(tf.range(len(symbols)), num_draws)
        batch = max(1, _batch_pixels() // (size[0] * size[1]))
        out = np.empty((len(owner), *size, 3), np.uint8)
        for i in range(0, len(owner), batch):
            out[i : i + batch] = receive(on_device, owner[i : i + batch], keys[i : i + batch], snr).numpy()
        return out


class FunctionAdapter(CodecAdapter):
    """Plain functions on NumPy arrays, from any framework."""

    def __init__(self, encode: Callable, decode: Callable, probe_size: tuple[int, int]):
        self._encode, self._decode, self._probe_size = encode, decode, probe_size
        self.name = "own codec"

    def fingerprint(self) -> str:
        # Functions carry no weights that could be hashed: what they make of a fixed picture tells them apart.
        height, width = self._probe_size
        i, j, c = np.mgrid[0:height, 0:width, 0:3]
        probe = np.rint(127.5 + 127.5 * np.sin(0.31 * i + 0.17 * j * (c + 1))).astype(np.uint8)[None]
        symbols = self.encode(probe)
        pictures = [self._call_decode(symbols, snr_db, self._probe_size) for snr_db in (0.0, 10.0, 20.0)]
        if not np.array_equal(symbols, self.encode(probe)):
            raise LinksimError(f"{self.name}: encode gives other symbols each time; switch dropout and noise off")
        return digest(functions=[_traits(v) for v in (symbols.real, symbols.imag, *pictures)])

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        symbols = np.asarray(self._encode(pixels.astype(np.float32) / np.float32(255)))
        if symbols.ndim != 2 or len(symbols) != len(pixels) or not np.iscomplexobj(symbols):
            raise LinksimError(
                f"{self.name}: encode gave {symbols.dtype} {list(symbols.shape)}; it must give complex [B, k], B = {len(pixels)}"
            )
        return symbols.astype(np.complex64)

    def _call_decode(self, symbols: np.ndarray, snr_db: float, size: tuple[int, int]) -> np.ndarray:
        pictures = np.asarray(self._decode(symbols, snr_db, size), np.float32)
        if pictures.shape != (len(symbols), *size, 3):
            raise LinksimError(
                f"{self.name}: decode gave {list(pictures.shape)}; it must give [B, H, W, 3] = {[len(symbols), *size, 3]}"
            )
        if not np.all(np.isfinite(pictures)):
            raise LinksimError(f"{self.name}: decode gave values that are not finite; keep them in [0, 1]")
        return pictures

    def receive(
        self, symbols: np.ndarray, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> np.ndarray:
        num_draws = keys.shape[1]
        flat = tf.reshape(keys, [-1, 2])
        owner = np.repeat(np.arange(len(symbols)), num_draws)
        batch = max(1, _batch_pixels() // (size[0] * size[1]))
        out = np.empty((len(owner), *size, 3), np.uint8)
        for i in range(0, len(owner), batch):
            y = receive_symbols(channel, symbols[owner[i : i + batch]], snr_db, flat[i : i + batch]).numpy()
            out[i : i + batch] = np.rint(np.clip(self._call_decode(y, snr_db, size), 0, 1) * 255)
        return out


def adapt(codec: Any, probe_size: tuple[int, int]) -> CodecAdapter:
    """The adapter for a codec, or for a pair of functions.

    Raises
    ------
    LinksimError
        If it is neither.
    """
    if isinstance(codec, tuple) and len(codec) == 2 and all(callable(f) for f in codec):
        return FunctionAdapter(*codec, probe_size)
    if all(hasattr(codec, what) for what in ("encode", "decode", "num_symbols", "weights")):
        import keras

        if keras.backend.backend() == "tensorflow":
            return KerasAdapter(codec)
        raise LinksimError(
            f"Keras runs on {keras.backend.backend()}, Sionna on TensorFlow; set KERAS_BACKEND=tensorflow for links"
        )
    raise LinksimError(
        f"a codec is a linksim.codecs.Codec or a pair of functions (encode, decode), not {type(codec).__name__}"
    )
