"""Coherent reception: undo the fading, and say how much noise that leaves."""

from __future__ import annotations

from linksim import identity
from linksim.phy._tf import tf

VERSION = 1
"""Raised whenever equalised symbols, or the noise variance that is told with them, change."""

# Below this |h|^2 a symbol is as good as erased; the floor keeps both outputs finite in float32.
_FLOOR = 1e-12


def equalize(y: tf.Tensor, h: tf.Tensor, no: float | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Zero-forcing: `x_hat = y / h`, and the noise variance that this leaves, `no / |h|^2`.

    One complex coefficient has nothing to trade off, so zero forcing loses nothing, provided that the
    demapper is given `no_eff`. Demapping with `no` instead trusts faded symbols as much as strong ones.

    Parameters
    ----------
    y : [..., N], complex64
        Received symbols.
    h : [..., 1] or [..., N], complex64
        Fading that the receiver knows.
    no : float, [..., 1] or [..., N], float32
        Noise variance of the channel, total over both dimensions.

    Returns
    -------
    x_hat : [..., N], complex64
        Equalised symbols. Where `|h|^2` is below 1e-12 they shrink towards zero.
    no_eff : [..., 1] or [..., N], float32
        Noise variance of every equalised symbol, finite also for h = 0.
    """
    gain = tf.maximum(tf.math.real(h) ** 2 + tf.math.imag(h) ** 2, _FLOOR)
    no = tf.cast(no, gain.dtype)
    return y * tf.math.conj(h) / tf.cast(gain, y.dtype), no / gain


def fingerprint() -> str:
    """Hex digest of what equalisation does."""
    return identity.fingerprint("zero forcing", VERSION)
