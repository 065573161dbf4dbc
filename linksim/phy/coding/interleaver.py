"""Interleavers: spread neighbouring bits or symbols apart, and put them back.

The permutation is a function of (kind, parameters, length) alone, so that sender and receiver, and two
runs, agree on it without a word being sent. The permutations are Sionna's. They are read off its blocks
once per length and applied as one gather each way, because the blocks themselves sort random numbers in
every call (the random one), or keep a tensor of the graph in which the length changed last (the
row-column one).
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy._tf import tf

from sionna.phy import Block  # isort: skip  (TensorFlow is imported quietly first)
from sionna.phy.fec import interleaving  # isort: skip


_PROBES = (720, 5040)
"""Lengths by which a permutation is told from others; multiples of most numbers of bits per pixel."""


class Interleaver(Block):
    """A fixed permutation of the last dimension.

    Input
    -----
    x : [..., N], any dtype
        Coded bits, log-likelihood ratios or symbols. N must be known when a graph is traced.

    Output
    ------
    [..., N], same dtype
        Permuted by a call, put back by `inverse`.

    Raises
    ------
    LinksimError
        If N is not known.
    """

    def __init__(self) -> None:
        super().__init__()
        self._orders: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def fingerprint(self) -> str:
        """Hex digest of the permutation."""
        return identity.digest([self.order(n).tolist() for n in _PROBES])

    @abstractmethod
    def _sionna_block(self) -> Block:
        """The Sionna block whose permutation this is."""

    def order(self, n: int) -> np.ndarray:
        """Which input stands at each output position for rows of length n: `int32 [n]`."""
        return self._both_orders(n)[0]

    def _both_orders(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        if n not in self._orders:
            if n < 2:
                forward = np.arange(n, dtype=np.int32)
            else:
                with tf.init_scope():  # values, also while a graph is traced
                    forward = self._sionna_block()(tf.range(n)).numpy()
            self._orders[n] = forward, np.argsort(forward).astype(np.int32)
        return self._orders[n]

    def _length(self, x: tf.Tensor) -> int:
        n = x.shape[-1] if x.shape.rank else None
        if n is None:
            raise LinksimError(f"an interleaver got shape {x.shape}; fix the length of the last dimension")
        return n

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Interleave."""
        return tf.gather(x, self.order(self._length(x)), axis=-1)

    def inverse(self, x: tf.Tensor) -> tf.Tensor:
        """Undo a call, `[..., N]`: what a receiver does, on symbols or log-likelihood ratios.

        Parameters
        ----------
        x : [..., N]
            As it was received.
        """
        x = tf.convert_to_tensor(x)
        return tf.gather(x, self._both_orders(self._length(x))[1], axis=-1)


class RandomInterleaver(Interleaver):
    """A pseudo-random permutation, the same for every row (Sionna's `RandomInterleaver`).

    Parameters
    ----------
    seed : int
        Which permutation.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**31:
            raise LinksimError(f"the seed of an interleaver is {seed!r}; give a whole number from 0 to 2147483647")
        self._seed = int(seed)

    def _sionna_block(self) -> Block:
        return interleaving.RandomInterleaver(seed=self._seed)


class BlockInterleaver(Interleaver):
    """Write in rows of `depth`, read in columns (Sionna's `RowColumnInterleaver`).

    Neighbours end up about N / depth apart, so that a burst that long hits each row of `depth` inputs
    at most once.

    Parameters
    ----------
    depth : int
        Length of a row. The last row may be shorter.
    """

    def __init__(self, depth: int) -> None:
        super().__init__()
        if isinstance(depth, bool) or not isinstance(depth, (int, np.integer)) or depth < 1:
            raise LinksimError(f"the depth of an interleaver is {depth!r}; give a whole number, at least 1")
        self._depth = int(depth)

    def _sionna_block(self) -> Block:
        return interleaving.RowColumnInterleaver(row_depth=self._depth)


class PixelInterleaver(Interleaver):
    """The pixels of a latent change places; the bits of each stay together.

    Parameters
    ----------
    bits_per_pixel : int
        Bits that belong together; rows are a multiple of it.
    pixels : Interleaver
        The permutation of the pixels.

    Raises
    ------
    LinksimError
        If `bits_per_pixel` is not positive, or a row is no multiple of it.
    """

    def __init__(self, bits_per_pixel: int, pixels: Interleaver) -> None:
        super().__init__()
        if isinstance(bits_per_pixel, bool) or not isinstance(bits_per_pixel, (int, np.integer)) or bits_per_pixel < 1:
            raise LinksimError(f"bits_per_pixel of an interleaver is {bits_per_pixel!r}; give a whole number from 1 on")
        self._bits, self._pixels = int(bits_per_pixel), pixels

    def _sionna_block(self) -> Block:
        return self._pixels._sionna_block()

    def fingerprint(self) -> str:
        """Hex digest of the permutation."""
        return identity.digest([self._bits, self._pixels.fingerprint()])

    def _both_orders(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        if n % self._bits:
            raise LinksimError(f"{n} bits are no pixels of {self._bits} bits; give whole pixels")
        orders = self._pixels._both_orders(n // self._bits)
        first, then = ((o[:, None] * self._bits + np.arange(self._bits)).reshape(-1).astype(np.int32) for o in orders)
        return first, then
