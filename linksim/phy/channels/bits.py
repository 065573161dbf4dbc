"""Bit-level channels: flips, erasures, the Z channel, erasures of whole code blocks.

They stand where the layers below are not simulated: what a link sees of its channel is bits, some of
them wrong or missing. Conventions are those of `sionna.phy.channel`'s discrete channels: bits are
0. or 1., an erasure is -1. Those blocks draw from a global generator, so that the errors of a row
would depend on the batch around it; these draw the same laws by key (`linksim.phy.rng`).

An event happens where a uniform number is below p. Under one key, the events at a smaller p are
therefore among those at a larger one, and curves over p are smooth.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy import rng
from linksim.phy._tf import tf
from linksim.phy.rng import Stream, uniform

from sionna.phy import Block, config  # isort: skip  (TensorFlow is imported quietly first)

VERSION = 1
"""Raised whenever the same bits under the same keys are received otherwise."""

ERASED = -1.0
"""What an erased bit reads, as in `sionna.phy.channel.BinaryErasureChannel`."""


class BitChannel(Block):
    """A memoryless channel on bits.

    Parameters
    ----------
    p : float
        Probability of the event that the channel is named after, from 0 to 1.

    Attributes
    ----------
    name : str
        "bsc", "bec", "z" or "block-erasure".

    Input
    -----
    bits : [..., N], float32
        Bits 0. or 1.
    keys : `None` (default) or [..., 2], uint32 or int32
        One random key per row (`linksim.phy.rng.draw_keys`): the events of a row depend on its key
        only. Without keys every call draws fresh ones from `sionna.phy.config.tf_rng`.

    Output
    ------
    [..., N], float32
        Bits as received.

    Raises
    ------
    LinksimError
        If `p` is no number from 0 to 1.
    """

    name: str

    def __init__(self, p: float) -> None:
        super().__init__()
        try:
            self._p = float(p)
        except (TypeError, ValueError):
            raise LinksimError(f"p of channel {self.name} is {p!r}; give a probability from 0 to 1") from None
        if not 0.0 <= self._p <= 1.0:  # also refuses nan
            raise LinksimError(f"p of channel {self.name} is {p}; give a probability from 0 to 1")

    @property
    def p(self) -> float:
        """Probability of the event."""
        return self._p

    @property
    def label(self) -> str:
        """What legends show, e.g. "bsc(0.01)"."""
        return f"{self.name}({self.p:g})"

    @property
    def noise_identity(self) -> str:
        """What keys are derived from: equal for every p, so that events at two p are nested."""
        return self.name

    def fingerprint(self) -> str:
        """Hex digest of all that can change what is received."""
        return identity.fingerprint(self.name, VERSION, p=self.p, rng=rng.fingerprint())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    def __call__(
        self, bits: tf.Tensor | np.ndarray, keys: tf.Tensor | np.ndarray | None = None
    ) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        return super().__call__(bits, keys)

    def call(self, bits: tf.Tensor, keys: tf.Tensor | None) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        """Send bits through the channel."""
        bits = tf.cast(bits, self.rdtype)
        if keys is None:
            with tf.init_scope():  # a generator created inside a graph would belong to that graph
                generator = config.tf_rng
            shape = tf.concat([tf.shape(bits)[:-1], [2]], 0)
            keys = generator.uniform_full_int(shape, dtype=tf.uint32)
        return self._send(bits, keys)

    @abstractmethod
    def _send(self, bits: tf.Tensor, keys: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        """What the channel does."""

    def _events(self, keys: tf.Tensor, n: int | tf.Tensor) -> tf.Tensor:
        """Where the event happens, `bool [..., n]`."""
        return uniform(keys, n, Stream.BIT_ERROR) < self._p

    def _bit_events(self, bits: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Where the event happens, one chance for each bit."""
        return tf.ensure_shape(self._events(keys, tf.shape(bits)[-1]), bits.shape)


class Bsc(BitChannel):
    """Binary symmetric channel: every bit is flipped with probability p."""

    name = "bsc"

    def _send(self, bits: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        return tf.where(self._bit_events(bits, keys), 1.0 - bits, bits)


class Bec(BitChannel):
    """Binary erasure channel: every bit is lost with probability p, and then reads -1."""

    name = "bec"

    def _send(self, bits: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        return tf.where(self._bit_events(bits, keys), tf.cast(ERASED, bits.dtype), bits)


class ZChannel(BitChannel):
    """Z channel: a one becomes a zero with probability p; a zero always arrives."""

    name = "z"

    def _send(self, bits: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        return tf.where(self._bit_events(bits, keys), tf.zeros_like(bits), bits)


class BlockErasure(BitChannel):
    """Erasure of whole blocks: what remains of a radio link whose code blocks carry a CRC each.

    Parameters
    ----------
    p : float
        Probability that a block is lost.
    block_bytes : int
        Length of a block, in bytes. The default is the largest LDPC code block of 5G NR base graph 1,
        8448 bits (3GPP TS 38.212, 5.2.2). The last block of a row may be shorter.

    Output
    ------
    bits : [..., N], float32
        Bits as received; those of a lost block read -1.
    survived : [..., ceil(N / (8 * block_bytes))], bool
        Which blocks arrived.
    """

    name = "block-erasure"

    def __init__(self, p: float, block_bytes: int = 1056) -> None:
        super().__init__(p)
        if isinstance(block_bytes, bool) or not isinstance(block_bytes, (int, np.integer)) or block_bytes < 1:
            raise LinksimError(
                f"block_bytes of channel {self.name} is {block_bytes!r}; give a whole number, at least 1"
            )
        self._block_bytes = int(block_bytes)

    @property
    def block_bytes(self) -> int:
        """Length of a block, in bytes."""
        return self._block_bytes

    @property
    def label(self) -> str:
        """What legends show, e.g. "block-erasure(0.1, 1056 bytes)"."""
        return f"{self.name}({self.p:g}, {self.block_bytes} bytes)"

    def fingerprint(self) -> str:
        """Hex digest of all that can change what is received."""
        return identity.digest([super().fingerprint(), self.block_bytes])

    def survived(self, keys: tf.Tensor | np.ndarray, num_blocks: int | tf.Tensor) -> tf.Tensor:
        """Which blocks of a row arrive, without sending bits: `bool [..., num_blocks]`.

        Parameters
        ----------
        keys : [..., 2], uint32 or int32
            Random keys, one per row (`linksim.phy.rng.draw_keys`).
        num_blocks : int
            Blocks in a row.
        """
        return tf.logical_not(self._events(keys, num_blocks))

    def _send(self, bits: tf.Tensor, keys: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        block_bits = 8 * self._block_bytes
        n = tf.shape(bits)[-1]
        survived = self.survived(keys, -(-n // block_bits))
        arrived = tf.gather(survived, tf.range(n) // block_bits, axis=-1)
        received = tf.where(arrived, bits, tf.cast(ERASED, bits.dtype))
        return tf.ensure_shape(received, bits.shape), survived


BIT_CHANNELS: dict[str, type[BitChannel]] = {c.name: c for c in (Bsc, Bec, ZChannel, BlockErasure)}


def get_bit_channel(name: str, p: float) -> BitChannel:
    """The bit-level channel of a name.

    Parameters
    ----------
    name : {"bsc", "bec", "z", "block-erasure"}
    p : float
        Probability of a flip, an erasure, a lost one, or a lost block of 1056 bytes.

    Raises
    ------
    LinksimError
        If there is no channel of that name, or `p` is no number from 0 to 1.
    """
    if name not in BIT_CHANNELS:
        raise LinksimError(f"there is no bit-level channel {name!r}; choose one of {', '.join(BIT_CHANNELS)}")
    return BIT_CHANNELS[name](p)
