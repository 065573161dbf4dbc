"""One face for codecs of all kinds; plain functions on NumPy arrays behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.allotment import digest
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel

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


def batch_rows(size: tuple[int, int]) -> int:
    """Pictures of (H, W) pixels that go through a network at a time."""
    return max(1, _batch_pixels() // (size[0] * size[1]))


def receive_symbols(channel: Channel, symbols: Any, snr_db: Any, keys: Any) -> Any:
    """What the decoder is given, `complex64 [B, k]`: the channel's output, equalised where there is CSI."""
    return channel(symbols, snr_db, keys).symbols


def _traits(values: np.ndarray) -> list[float]:
    """Eight rounded projections of an array: the same in spite of rounding errors, others for other values."""
    flat = np.asarray(values, np.float64).reshape(-1)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (8, flat.size))
    return np.round(signs @ flat / np.sqrt(flat.size), 3).tolist()


@dataclass(frozen=True, eq=False)
class Sent:
    """What a transmitter holds of P pictures of one size before the channel is drawn.

    Parameters
    ----------
    symbols : complex64 [P, k]
        The layers one after the other; with feedback only the first, which alone is the same for all draws.
    layers : tuple of int
        Channel uses of each layer.
    pixels : uint8 [P, H, W, 3], optional
        The pictures, where later layers are made from them draw by draw.
    """

    symbols: np.ndarray
    layers: tuple[int, ...]
    pixels: np.ndarray | None = None

    @property
    def arrays(self) -> list[np.ndarray]:
        """What the receiver's graph reads, one row per picture."""
        return [self.symbols] if self.pixels is None else [self.symbols, self.pixels]

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in self.arrays)


def check_power(name: str, power: np.ndarray, num_layers: int) -> None:
    """Mean power `[P, layers]` of the symbols of each picture and layer.

    Raises
    ------
    LinksimError
        If one of them is not 1.
    """
    if np.all(np.abs(power - 1) < 1e-3):
        return
    row, layer = np.unravel_index(np.argmax(np.abs(power - 1)), power.shape)
    which, each = "a picture", "each picture"
    if num_layers > 1:
        which, each = f"layer {layer + 1} of a picture", "each layer of each picture"
    raise LinksimError(
        f"{name}: the symbols of {which} have mean power {power[row, layer]:.4g}; "
        f"encode must normalise {each} to mean power 1"
    )


def not_finite(name: str) -> LinksimError:
    return LinksimError(f"{name}: decode gave values that are not finite; keep them in [0, 1]")


class CodecAdapter(ABC):
    """A codec on pictures and TensorFlow symbols."""

    name: str
    num_layers: int = 1
    first_draws: int = 2
    cache_bytes: int = 1 << 27
    """What is worth keeping of encoded pictures; more where encoding is costly."""

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        """What `encode` looks at beside the pictures; by default nothing, so that they are encoded once."""
        return ()

    @abstractmethod
    def encode(self, pictures: Sequence[Picture], channel: Channel, snr_db: float, seed: int) -> Sent:
        """What the transmitter makes of pictures of one size."""

    @abstractmethod
    def receive(
        self, sent: Sent, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> list[np.ndarray]:
        """Keys `[P, D, 2]` to `uint8 [P*D, H, W, 3]` per layer: every picture over every draw."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest of all that determines the codec's output."""


class FunctionAdapter(CodecAdapter):
    """Plain functions on NumPy arrays, from any framework."""

    def __init__(self, encode: Callable, decode: Callable, probe_size: tuple[int, int]):
        self._own_encode, self._own_decode, self._probe_size = encode, decode, probe_size
        self.name = "own codec"

    def fingerprint(self) -> str:
        # Functions carry no weights that could be hashed: what they make of a fixed picture tells them apart.
        height, width = self._probe_size
        i, j, c = np.mgrid[0:height, 0:width, 0:3]
        probe = np.rint(127.5 + 127.5 * np.sin(0.31 * i + 0.17 * j * (c + 1))).astype(np.uint8)[None]
        symbols = self._call_encode(probe)
        pictures = [self._call_decode(symbols, snr_db, self._probe_size) for snr_db in (0.0, 10.0, 20.0)]
        if not np.array_equal(symbols, self._call_encode(probe)):
            raise LinksimError(f"{self.name}: encode gives other symbols each time; switch dropout and noise off")
        return digest(functions=[_traits(v) for v in (symbols.real, symbols.imag, *pictures)])

    def _call_encode(self, pixels: np.ndarray) -> np.ndarray:
        symbols = np.asarray(self._own_encode(pixels.astype(np.float32) / np.float32(255)))
        if symbols.ndim != 2 or len(symbols) != len(pixels) or not np.iscomplexobj(symbols):
            raise LinksimError(
                f"{self.name}: encode gave {symbols.dtype} {list(symbols.shape)}; it must give complex [B, k], B = {len(pixels)}"
            )
        return symbols.astype(np.complex64)

    def _call_decode(self, symbols: np.ndarray, snr_db: float, size: tuple[int, int]) -> np.ndarray:
        pictures = np.asarray(self._own_decode(symbols, snr_db, size), np.float32)
        if pictures.shape != (len(symbols), *size, 3):
            raise LinksimError(
                f"{self.name}: decode gave {list(pictures.shape)}; it must give [B, H, W, 3] = {[len(symbols), *size, 3]}"
            )
        if not np.all(np.isfinite(pictures)):
            raise not_finite(self.name)
        return pictures

    def encode(self, pictures: Sequence[Picture], channel: Channel, snr_db: float, seed: int) -> Sent:
        symbols = self._call_encode(np.stack([p.pixels for p in pictures]))
        return Sent(symbols, (symbols.shape[1],))

    def receive(
        self, sent: Sent, keys: Any, snr_db: float, channel: Channel, size: tuple[int, int]
    ) -> list[np.ndarray]:
        num_draws = keys.shape[1]
        flat = tf.reshape(keys, [-1, 2])
        owner = np.repeat(np.arange(len(sent.symbols)), num_draws)
        batch = batch_rows(size)
        out = np.empty((len(owner), *size, 3), np.uint8)
        for i in range(0, len(owner), batch):
            y = receive_symbols(channel, sent.symbols[owner[i : i + batch]], snr_db, flat[i : i + batch]).numpy()
            out[i : i + batch] = np.rint(np.clip(self._call_decode(y, snr_db, size), 0, 1) * 255)
        return [out]


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

        from linksim.codecs.residual import ResidualTransmission
        from linksim.links.keras_adapter import KerasAdapter
        from linksim.links.residual_adapter import ResidualAdapter

        if keras.backend.backend() == "tensorflow":
            return ResidualAdapter(codec) if isinstance(codec, ResidualTransmission) else KerasAdapter(codec)
        raise LinksimError(
            f"Keras runs on {keras.backend.backend()}, Sionna on TensorFlow; set KERAS_BACKEND=tensorflow for links"
        )
    raise LinksimError(
        f"a codec is a linksim.codecs.Codec or a pair of functions (encode, decode), not {type(codec).__name__}"
    )
