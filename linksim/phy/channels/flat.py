"""Flat channels: AWGN, slow and fast Rayleigh fading.

Sionna's `AWGN` and `FlatFadingChannel` draw from a global generator, so that the noise of a row would
depend on the batch around it; these blocks draw the same laws by key (`linksim.phy.rng`).
"""

from __future__ import annotations

import numpy as np

from linksim.errors import LinksimError
from linksim.phy._tf import tf
from linksim.phy.capacity import (
    bicm_limit_db,
    ergodic_bicm_limit_db,
    ergodic_capacity,
    gaussian_capacity,
    outage_capacity,
)
from linksim.phy.channels.base import Channel
from linksim.phy.rng import Stream, complex_normal


class Awgn(Channel):
    """Additive white Gaussian noise: `y = x + n`. There is no h that the receiver could be told."""

    name = "awgn"
    fades = False

    def __init__(self) -> None:
        super().__init__(csi=False)

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor, start: int | tf.Tensor = 0) -> tf.Tensor:
        """One for every row, `complex64 [..., 1]`."""
        return tf.ones_like(tf.convert_to_tensor(keys)[..., :1], dtype=tf.complex64)

    @property
    def law(self) -> Channel:
        """Itself."""
        return self

    def scheme_limit_db(self, bits_per_symbol: int, code_rate: float) -> float:
        """The limit of bit-interleaved coded modulation."""
        return bicm_limit_db(bits_per_symbol, code_rate)

    def capacity(self, snr_db: float, outage: float) -> float:
        """`log2(1 + snr)`, never in outage (Shannon 1948)."""
        return float(gaussian_capacity(snr_db))


class RayleighSlow(Channel):
    """Slow Rayleigh fading: one h ~ CN(0, 1) for each row, that is for each transmission of a picture.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told h.
    """

    name = "rayleigh-slow"
    fades = True
    outages = True

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor, start: int | tf.Tensor = 0) -> tf.Tensor:
        """One h for every row, `complex64 [..., 1]`, whatever n is."""
        return complex_normal(keys, 1, Stream.FADING)

    @property
    def law(self) -> Channel:
        """AWGN, of the SNR that the fade leaves."""
        return Awgn()

    def given_fade(self, keys: tf.Tensor | np.ndarray) -> tuple[Channel, np.ndarray]:
        """AWGN at gain `|h|^2`."""
        return self.law, np.abs(self.fading(keys, 1).numpy()[..., 0]) ** 2

    def capacity(self, snr_db: float, outage: float) -> float:
        """The rate that a share `outage` of the fades does not carry."""
        return float(outage_capacity(snr_db, outage))

    def carries(self, rate: float, snr_db: float, keys: tf.Tensor | np.ndarray) -> np.ndarray:
        """Where `log2(1 + snr |h|^2)` reaches the rate."""
        gain = self.given_fade(keys)[1]
        return np.log2(1 + 10 ** (snr_db / 10) * gain) >= rate


class RayleighFast(Channel):
    """Fast Rayleigh fading: an independent h ~ CN(0, 1) for each symbol.

    Parameters
    ----------
    csi : bool
        Whether the receiver is told every h.
    """

    name = "rayleigh-fast"
    fades = True

    def fading(self, keys: tf.Tensor | np.ndarray, n: int | tf.Tensor, start: int | tf.Tensor = 0) -> tf.Tensor:
        """One h for every symbol, `complex64 [..., n]`."""
        return complex_normal(keys, n, Stream.FADING, start)

    @property
    def law(self) -> Channel:
        """Itself: every transmission sees all fades."""
        return self

    def scheme_limit_db(self, bits_per_symbol: int, code_rate: float) -> float:
        """The limit of bit-interleaved coded modulation, averaged over the fades."""
        return ergodic_bicm_limit_db(bits_per_symbol, code_rate)

    def capacity(self, snr_db: float, outage: float) -> float:
        """The ergodic capacity with receiver CSI, never in outage."""
        return float(ergodic_capacity(snr_db))


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
    return Awgn() if not CHANNELS[name].fades else CHANNELS[name](csi=csi)
