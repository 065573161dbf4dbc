"""Radio channels on complex symbols: AWGN, slow and fast Rayleigh fading, with or without CSI.

One channel use is one complex symbol, `y = h x + n` with `n ~ CN(0, N0)`, `N0 = 10**(-snr_db/10)` and
`E|h|^2 = 1`. `snr_db` is Es/N0 before fading: the channel takes mean symbol power 1 for granted and
never looks at the symbols to set the noise. Learned and digital links run through the same objects.

Sionna's `AWGN` and `FlatFadingChannel` draw from a global generator, so that the noise of a row would
depend on the batch around it; these blocks draw the same laws by key (`linksim.phy.rng`).
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.rng import Stream, complex_normal

from sionna.phy import Block, config  # isort: skip  (TensorFlow is imported quietly first)


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
    """A memoryless radio channel, `y = h x + n`.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told h.

    Attributes
    ----------
    name : str
        "awgn", "rayleigh-slow" or "rayleigh-fast", with and without CSI.
    fades : bool
        Whether h is random. A coherent digital link needs `csi` where it is.

    Input
    -----
    x : [..., N], complex64
        Symbols of mean power 1; a row of N symbols is one transmission.
    snr_db : number or [...], float32
        Es/N0 per channel use before fading, in dB; one number, or one for each row.
    keys : `None` (default) or [..., 2], uint32 or int32
        One random key per row (`linksim.phy.rng.draw_keys`): fading and noise of a row depend on its
        key only. Without keys every call draws fresh ones from `sionna.phy.config.tf_rng`.

    Output
    ------
    y : [..., N], complex64
        Received symbols.
    h : [..., 1] or [..., N], complex64
        Only with `csi`: the fading of the row, or of every symbol.

    Raises
    ------
    LinksimError
        If `snr_db` is a Python or NumPy number and not finite.
    """

    name: str
    fades: bool

    def __init__(self, csi: bool = False) -> None:
        super().__init__()
        self._csi = bool(csi)

    @property
    def csi(self) -> bool:
        """Whether a call returns h beside the symbols."""
        return self._csi

    @property
    def label(self) -> str:
        """What legends show: the name, and that the receiver knows h where it does."""
        return f"{self.name}, CSI" if self.csi else self.name

    @property
    def noise_identity(self) -> str:
        """What keys are derived from: equal with and without CSI, so that both meet the same fades."""
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    @abstractmethod
    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor) -> tf.Tensor:
        """The h that a transmission of n symbols under these keys meets, without simulating it.

        Parameters
        ----------
        keys : [..., 2], uint32 or int32
            One random key per row.
        n : int
            Symbols per row.

        Returns
        -------
        [..., 1] or [..., n], complex64
            E|h|^2 = 1.
        """

    def __call__(
        self,
        x: tf.Tensor | np.ndarray,
        snr_db: float | np.ndarray | tf.Tensor,
        keys: tf.Tensor | np.ndarray | None = None,
    ) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        # Before Sionna turns NumPy numbers into tensors, whose values a graph cannot look at.
        return super().__call__(x, noise_variance(snr_db), keys)

    def call(
        self, x: tf.Tensor, no: tf.Tensor, keys: tf.Tensor | None
    ) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        """Send x through the channel at noise variance `no`; `__call__` computes it from `snr_db`."""
        shape = tf.shape(x)
        n = shape[-1]
        if keys is None:
            with tf.init_scope():  # a generator created inside a graph would belong to that graph
                generator = config.tf_rng
            keys = generator.uniform_full_int(tf.concat([shape[:-1], [2]], 0), dtype=tf.uint32)
        if no.shape.rank:  # one SNR for each row
            no = no[..., tf.newaxis]
        noise = complex_normal(keys, n, Stream.NOISE) * tf.cast(tf.sqrt(no), tf.complex64)
        noise = tf.cast(tf.ensure_shape(noise, x.shape), x.dtype)
        if not self.fades:
            return x + noise
        h = tf.cast(self.fading(keys, n), x.dtype)
        y = h * x + noise
        return (y, h) if self.csi else y


class Awgn(Channel):
    """Additive white Gaussian noise: `y = x + n`. There is no h that the receiver could be told."""

    name = "awgn"
    fades = False

    def __init__(self) -> None:
        super().__init__(csi=False)

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor) -> tf.Tensor:
        """One for every row, `complex64 [..., 1]`."""
        return tf.ones_like(tf.convert_to_tensor(keys)[..., :1], dtype=tf.complex64)


class RayleighSlow(Channel):
    """Slow Rayleigh fading: one h ~ CN(0, 1) for each row, that is for each transmission of a picture.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told h.
    """

    name = "rayleigh-slow"
    fades = True

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor) -> tf.Tensor:
        """One h for every row, `complex64 [..., 1]`, whatever n is."""
        return complex_normal(keys, 1, Stream.FADING)


class RayleighFast(Channel):
    """Fast Rayleigh fading: an independent h ~ CN(0, 1) for each symbol.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told every h.
    """

    name = "rayleigh-fast"
    fades = True

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor) -> tf.Tensor:
        """One h for every symbol, `complex64 [..., n]`."""
        return complex_normal(keys, n, Stream.FADING)


CHANNELS: dict[str, type[Channel]] = {c.name: c for c in (Awgn, RayleighSlow, RayleighFast)}


def get_channel(name: str, csi: bool = False) -> Channel:
    """The radio channel of a name.

    Parameters
    ----------
    name : {"awgn", "rayleigh-slow", "rayleigh-fast"}
    csi : bool
        Whether the receiver is told the fading. AWGN has none, and is the same with and without.

    Raises
    ------
    LinksimError
        If there is no channel of that name.
    """
    if name not in CHANNELS:
        raise LinksimError(f"there is no channel {name!r}; choose one of {', '.join(CHANNELS)}")
    return Awgn() if name == Awgn.name else CHANNELS[name](csi=csi)
