"""Bits to QAM symbols and back: 3GPP TS 38.211, 5.1."""

from __future__ import annotations

import numpy as np

from linksim.phy._tf import tf

from sionna.phy.mapping import Demapper, Mapper  # isort: skip  (TensorFlow is imported quietly first)

VERSION = 1
"""Raised whenever the same bits give other symbols, or the same symbols other log-likelihood ratios."""


class QamMapper:
    """Square QAM with the Gray labels of TS 38.211, 5.1.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8}

    Input
    -----
    bits : [rows, n * bits_per_symbol], float32
        Bits 0. or 1.

    Output
    ------
    : [rows, n], complex64
        Symbols; their mean power over the constellation is 1.
    """

    def __init__(self, bits_per_symbol: int) -> None:
        self._mapper = Mapper("qam", bits_per_symbol)

    def __call__(self, bits: tf.Tensor) -> tf.Tensor:
        return self._mapper(bits)


class QamDemapper:
    """Exact (APP) soft demapping of square QAM, one dimension at a time.

    The labels of TS 38.211, 5.1 are Gray in each dimension: even bits decide the real part, odd bits
    the imaginary one. The LLRs equal those of Sionna's demapper on all points of the constellation,
    with sqrt(M) distances per dimension in place of M.

    Parameters
    ----------
    bits_per_symbol : {2, 4, 6, 8}

    Input
    -----
    y : [rows, n], complex64
        Received symbols.
    no : [rows, n], float32
        Noise variance, both dimensions together.

    Output
    ------
    : [rows, n * bits_per_symbol], float32
        Logits log P(1)/P(0).
    """

    def __init__(self, bits_per_symbol: int) -> None:
        self._bits = bits_per_symbol // 2
        self._demapper = Demapper("app", "pam", self._bits)

    def __call__(self, y: tf.Tensor, no: tf.Tensor) -> tf.Tensor:
        # A dimension, scaled to unit power, has noise of variance N0; as a complex symbol without an
        # imaginary part it is demapped with 2 N0, half of which counts.
        parts = tf.stack([tf.math.real(y), tf.math.imag(y)], axis=2) * np.float32(np.sqrt(2.0))
        points = tf.reshape(tf.complex(parts, tf.zeros_like(parts)), [-1, 1])
        llr = self._demapper(points, tf.repeat(2.0 * tf.reshape(no, [-1, 1]), 2, axis=0))
        # From [.., dimension, bit] to bits of the two dimensions in turn.
        llr = tf.transpose(tf.reshape(llr, [-1, 2, self._bits]), [0, 2, 1])
        return tf.reshape(llr, [tf.shape(y)[0], tf.shape(y)[1] * 2 * self._bits])
