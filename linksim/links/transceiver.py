"""One face for codecs of all kinds whose parts are symbols; NumPy arrays in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.phy._tf import tf

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
        """Bytes that it takes to keep."""
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
    """The error of a decoder that gives NaN or infinity."""
    return LinksimError(f"{name}: decode gave values that are not finite; keep them in [0, 1]")


class Transceiver(ABC):
    """A codec with the channel between its two ends."""

    name: str
    num_layers: int = 1
    first_draws: int = 2
    cache_bytes: int = 1 << 27
    """What is worth keeping of encoded pictures; more where encoding is costly."""

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        """What `encode` looks at beside the pictures; by default nothing, so that they are encoded once."""
        return ()

    @property
    def tags(self) -> dict[str, str | float]:
        """What is known of the codec, for plots."""
        return {}

    @abstractmethod
    def encode(self, pictures: Sequence[Picture], snr_db: float, seed: int) -> Sent:
        """What the transmitter makes of pictures of one size."""

    @abstractmethod
    def receive(self, sent: Sent, keys: Any, snr_db: float, size: tuple[int, int]) -> list[np.ndarray]:
        """Keys `[P, D, 2]` to `uint8 [P*D, H, W, 3]` per layer: every picture over every draw."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Parts of the link's fingerprint: all that determines what the codec sends and shows."""
