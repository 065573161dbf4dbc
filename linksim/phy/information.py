"""The information density of a symbol of QAM: what bitwise demapping learns of the bits that were sent, by chance.

Its mean is the BICM capacity (`linksim.phy.capacity`); mean and variance together say what codes of finite length can
do (`linksim.phy.bler.normal`). What can change a value here is spoken for by VERSION in both. NumPy and SciPy only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import logsumexp

from linksim.errors import LinksimError

BITS_PER_SYMBOL = (2, 4, 6, 8, 10)
"""The square QAM of 3GPP TS 38.211, 5.1.3 to 5.1.7: 4-QAM to 1024-QAM."""

# |h|^2 of a Rayleigh fade is exponential. In t = ln |h|^2 its density exp(t - exp(t)) falls off fast on both sides and
# capacities are smooth, so that the plain trapezoidal sum converges exponentially: within 1e-8 bits.
_STEP = 0.25
LOG_GAINS = np.arange(-20.0, 4.0, _STEP)
"""Values of ln |h|^2."""

GAIN_WEIGHTS = np.exp(LOG_GAINS - np.exp(LOG_GAINS)) * _STEP
"""Their weights in a mean over Rayleigh fading."""

# Within 2e-7 bits of a fine trapezoidal sum for 4-QAM to 256-QAM, -30 to 50 dB.
_NODES = 128


def information_density(bits_per_symbol: int, snr: np.ndarray, nodes: int = _NODES) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the information density over AWGN, the sum over a label's bits (Caire, Taricco and Biglieri
    1998; Martinez and Guillen i Fabregas 2011).

    The Gray labels of TS 38.211 give the even bits of a symbol to one dimension and the odd ones to the other, so that
    both are twice those of a PAM; the noise is averaged by Gauss-Hermite quadrature.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8, 10}
        4-QAM to 1024-QAM.
    snr : [K]
        Es/N0 as a ratio.
    nodes : int
        Of the quadrature.

    Returns
    -------
    mean, variance : [K]
        In bits, and bits squared, per complex symbol.

    Raises
    ------
    LinksimError
        If there is no such QAM.
    """
    if bits_per_symbol not in BITS_PER_SYMBOL:
        raise LinksimError(
            f"there is no {bits_per_symbol}-bit QAM; bits_per_symbol is one of {', '.join(map(str, BITS_PER_SYMBOL))}"
        )
    num_bits = bits_per_symbol // 2
    amplitude, labels = _gray_pam(num_bits)
    noise, weights = _hermite(nodes)
    # Amplitudes in units of the noise's standard deviation in one dimension: the constellation has
    # power Es / 2 there, the noise N0 / 2, so that the ratio is Es/N0 itself.
    unit = amplitude / np.sqrt(np.mean(amplitude**2))
    mean, variance = np.empty(len(snr)), np.empty(len(snr))
    for k, ratio in enumerate(snr):
        x = np.sqrt(ratio) * unit
        y = x[:, None] + noise  # sent amplitude, noise node
        log_p = -0.5 * (y[..., None] - x) ** 2  # .., hypothesis
        log_all = logsumexp(log_p, axis=-1)
        lost, lost_there = 0.0, np.zeros(y.shape)
        for i in range(num_bits):
            # The uncertainty that y leaves of bit i: E log of p(y) over p(y | the bit that was sent).
            of_label = np.stack([logsumexp(log_p[..., labels[:, i] == b], axis=-1) for b in (0, 1)])
            log_same = np.where(labels[:, i, None] == 0, of_label[0], of_label[1])
            lost += np.mean((log_all - log_same) @ weights)
            lost_there += log_all - log_same
        # Two dimensions, independent of one another.
        mean[k] = 2.0 * (num_bits - lost / np.log(2.0))
        variance[k] = 2.0 * np.mean((lost_there - lost) ** 2 @ weights) / np.log(2.0) ** 2
    return mean, variance


def _gray_pam(num_bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes ±1, ±3, .. of one dimension of a QAM, and their labels `[2**num_bits, num_bits]`.

    TS 38.211, 5.1: a sign, then recursively the distance from the middle of the half.
    """
    labels = (np.arange(2**num_bits)[:, None] >> np.arange(num_bits)[::-1]) & 1
    amplitude = 1 - 2 * labels[:, -1]
    for i in range(num_bits - 2, -1, -1):
        amplitude = (1 - 2 * labels[:, i]) * (2 ** (num_bits - 1 - i) - amplitude)
    return amplitude.astype(float), labels


@cache
def _hermite(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of a standard normal variable and their probabilities."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    return nodes, weights / weights.sum()
