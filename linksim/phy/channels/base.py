"""What every radio channel is: symbols of mean power 1 in, noisy symbols with their noise variance out.

One channel use is one complex symbol, `y = h x + n` with `n ~ CN(0, N0)`, `N0 = 10**(-snr_db/10)` and
`E|h|^2 = 1`. `snr_db` is Es/N0 before fading: the channel takes mean symbol power 1 for granted and
never looks at the symbols to set the noise. Learned and digital links run through the same objects,
and ask a channel what it does, never what it is called.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.phy import rng
from linksim.phy._tf import tf
from linksim.phy.channels import equalize
from linksim.phy.rng import Stream, complex_normal

from sionna.phy import Block, config  # isort: skip  (TensorFlow is imported quietly first)

VERSION = 1
"""Raised whenever the same symbols under the same keys are received otherwise."""


class Received(NamedTuple):
    """What a receiver has of some transmissions.

    Parameters
    ----------
    symbols : [..., N], complex64
        Equalised where the receiver knows the fading.
    noise_variance : [..., 1] or [..., N], float32
        Of the symbols, both dimensions together: N0, or what equalisation leaves of it.
    """

    symbols: tf.Tensor
    noise_variance: tf.Tensor


def noise_variance(snr_db: float | np.ndarray | tf.Tensor) -> tf.Tensor:
    """N0, the total noise variance of a complex symbol of power 1, half of it in each dimension.

    Parameters
    ----------
    snr_db : number or [...], real
        Es/N0 in dB.

    Returns
    -------
    [...], float32
        `10**(-snr_db/10)`.

    Raises
    ------
    LinksimError
        If a Python or NumPy number is not finite. A tensor is not read back to check it.
    """
    if not tf.is_tensor(snr_db):
        values = np.asarray(snr_db)
        if values.dtype.kind not in "iuf":
            raise LinksimError(f"snr_db is {snr_db!r}; give a number, Es/N0 in dB")
        if not np.all(np.isfinite(values)):
            raise LinksimError(f"snr_db is {snr_db}; give a finite number, Es/N0 in dB")
    return tf.pow(10.0, -tf.cast(snr_db, tf.float32) / 10.0)


class Channel(Block):
    """A radio channel, `y = h x + n`, and a receiver that equalises where it knows h.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told h.

    Attributes
    ----------
    name : str
        Stable, with and without CSI: part of identities and of file names, never looked at to decide anything.
    fades : bool
        Whether h is random.
    outages : bool
        Whether one transmission may meet a fade that no code carries its rate over.

    Input
    -----
    x : [..., N], complex64
        Symbols of mean power 1; a row of N symbols is one transmission, or a part of one.
    snr_db : number or [...], float32
        Es/N0 per channel use before fading, in dB; one number, or one for each row.
    keys : `None` (default) or [..., 2], uint32 or int32
        One random key per row (`linksim.phy.rng.draw_keys`): fading and noise of a row depend on its
        key only. Without keys every call draws fresh ones from `sionna.phy.config.tf_rng`.
    start : int
        Position of the first symbol in its transmission: a later layer meets its own noise, and the
        same slow fade.

    Output
    ------
    : Received

    Raises
    ------
    LinksimError
        If `snr_db` is a Python or NumPy number and not finite.
    """

    name: str
    fades: bool
    outages: bool = False

    def __init__(self, csi: bool = False) -> None:
        super().__init__()
        self._csi = bool(csi)

    @property
    def csi(self) -> bool:
        """Whether the receiver knows h."""
        return self._csi

    @property
    def coherent(self) -> bool:
        """Whether a receiver can tell phases: there is no fading, or it knows it. Digital links need it."""
        return self.csi or not self.fades

    @property
    def label(self) -> str:
        """What legends show: the name, and that the receiver knows h where it does."""
        return f"{self.name}, CSI" if self.csi else self.name

    @property
    def noise_identity(self) -> str:
        """What keys are derived from: equal with and without CSI, so that both meet the same fades."""
        return self.name

    def fingerprint(self) -> str:
        """Hex digest of all that can change what is received."""
        parts = [rng.fingerprint(), *([equalize.fingerprint()] if self.csi else [])]
        return fingerprint(self.name, VERSION, csi=self.csi, parts=parts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    def overhead(self, num_symbols: int) -> int:
        """Channel uses that a transmission of `num_symbols` symbols takes for itself, such as pilots; here none."""
        return 0

    @abstractmethod
    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor, start: int | tf.Tensor = 0) -> tf.Tensor:
        """The h that symbols `start` to `start + n - 1` of a transmission meet, without simulating it.

        Parameters
        ----------
        keys : [..., 2], uint32 or int32
            One random key per row.
        n : int
            Symbols per row.
        start : int
            Position of the first one.

        Returns
        -------
        [..., 1] or [..., n], complex64
            `E|h|^2 = 1`.
        """

    @property
    def law(self) -> Channel:
        """The channel that a transmission meets once its slow fade is given: what block-error tables are for.

        A channel whose fade is one number is AWGN once that is known; one that shows all its fades within a
        transmission is its own law.

        Raises
        ------
        LinksimError
            If there is no such law.
        """
        raise LinksimError(f"there are no block-error tables for the channel {self.name}; take mode='chain'")

    def given_fade(self, keys: tf.Tensor | np.ndarray) -> tuple[Channel, np.ndarray]:
        """The law that each transmission meets, and its gain.

        Parameters
        ----------
        keys : [..., 2], uint32 or int32
            Random keys, one per row (`linksim.phy.rng.draw_keys`).

        Returns
        -------
        law : Channel
            See `law`; its `name` says which tables are meant.
        gain : float array [...] or [1]
            Power by which `snr` is multiplied, one for each key, or one for all.

        Raises
        ------
        LinksimError
            If there is no such law.
        """
        return self.law, np.ones(1)

    def scheme_limit_db(self, bits_per_symbol: int, code_rate: float) -> float:
        """The lowest mean Es/N0 in dB at which a modulation and code rate can work: where a measurement begins.

        Parameters
        ----------
        bits_per_symbol : int
            2 for 4-QAM, 4 for 16-QAM, ..
        code_rate : float
            Between 0 and 1.

        Raises
        ------
        LinksimError
            If no formula is known.
        """
        raise LinksimError(f"there is no limit known for schemes on {self.name}; leave tables for it out")

    def capacity(self, snr_db: float, outage: float) -> float:
        """Bits per channel use that an ideal code carries to a receiver that knows h.

        Where a transmission does not see all fades, the rate that a share `outage` of them refuses.

        Parameters
        ----------
        snr_db : float
            Es/N0 in dB, before fading.
        outage : float
            Between 0 and 1.

        Raises
        ------
        LinksimError
            If no formula is known.
        """
        raise LinksimError(f"there is no capacity formula for the channel {self.name}; leave the capacity link out")

    def carries(self, rate: float, snr_db: float, keys: tf.Tensor | np.ndarray) -> np.ndarray:
        """Which transmissions an ideal code of `rate` bits per channel use gets across: bool array [...].

        Parameters
        ----------
        rate : float
            Bits per channel use.
        snr_db : float
            Es/N0 in dB, before fading.
        keys : [..., 2], uint32 or int32
            Random keys, one per row (`linksim.phy.rng.draw_keys`).
        """
        return np.ones(np.shape(keys)[:-1], bool)

    def __call__(
        self,
        x: tf.Tensor | np.ndarray,
        snr_db: float | np.ndarray | tf.Tensor,
        keys: tf.Tensor | np.ndarray | None = None,
        start: int | tf.Tensor = 0,
    ) -> Received:
        # Before Sionna turns NumPy numbers into tensors, whose values a graph cannot look at.
        return super().__call__(x, noise_variance(snr_db), keys, start)

    def call(self, x: tf.Tensor, no: tf.Tensor, keys: tf.Tensor | None, start: int | tf.Tensor) -> Received:
        """Send x through the channel at noise variance `no`; `__call__` computes it from `snr_db`."""
        shape = tf.shape(x)
        n = shape[-1]
        if keys is None:
            with tf.init_scope():  # a generator created inside a graph would belong to that graph
                generator = config.tf_rng
            keys = generator.uniform_full_int(tf.concat([shape[:-1], [2]], 0), dtype=tf.uint32)
        if no.shape.rank:  # one SNR for each row
            no = no[..., tf.newaxis]
        noise = complex_normal(keys, n, Stream.NOISE, start) * tf.cast(tf.sqrt(no), tf.complex64)
        noise = tf.cast(tf.ensure_shape(noise, x.shape), x.dtype)
        no = no * tf.ones(tf.concat([shape[:-1], [1]], 0))
        if not self.fades:
            return Received(x + noise, no)
        h = tf.cast(self.fading(keys, n, start), x.dtype)
        y = h * x + noise
        return Received(*equalize.equalize(y, h, no)) if self.csi else Received(y, no)
