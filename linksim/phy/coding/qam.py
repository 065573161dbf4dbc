"""Bits to QAM symbols and back: 3GPP TS 38.211, 5.1."""

from __future__ import annotations

import numpy as np

from linksim.phy._tf import tf
from linksim.phy.coding._qam_loops import demap_rows, map_rows
from linksim.phy.coding._turns import in_turns

from sionna.phy.mapping import Mapper  # isort: skip  (TensorFlow is imported quietly first)

VERSION = 2
"""Raised whenever the same bits give other symbols, or the same symbols other log-likelihood ratios."""


def levels_of(bits_per_symbol: int) -> np.ndarray:
    """The levels of one dimension in the order of their labels, first bit first: `float32 [sqrt(M)]`.

    They are the real parts of Sionna's symbols, whose imaginary bits (the odd ones) are zeros.
    """
    half = bits_per_symbol // 2
    labels = np.arange(1 << half)[:, None] >> np.arange(half - 1, -1, -1) & 1
    bits = np.zeros([1 << half, bits_per_symbol], np.float32)
    bits[:, ::2] = labels
    return np.ascontiguousarray(Mapper("qam", bits_per_symbol)(tf.constant(bits)).numpy().real[:, 0])


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
        self._order, self._levels = bits_per_symbol, levels_of(bits_per_symbol)

    def __call__(self, bits: tf.Tensor | np.ndarray) -> tf.Tensor:
        bits = np.ascontiguousarray(bits, np.float32)
        x = np.empty([len(bits), bits.shape[1] // self._order], np.complex64)
        parts = x.view(np.float32)
        in_turns(lambda rows: map_rows(bits[rows], self._levels, parts[rows]), len(bits))
        return tf.convert_to_tensor(x)


class QamDemapper:
    """Exact (APP) soft demapping of square QAM, one dimension at a time.

    The labels of TS 38.211, 5.1 are Gray in each dimension: even bits decide the real part, odd bits
    the imaginary one. The LLRs equal those of Sionna's demapper on all points of the constellation,
    with sqrt(M) distances per dimension in place of M, as long as they are below 80: what is less
    probable than exp(-80) is not told apart.

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
        self._order, self._levels = bits_per_symbol, levels_of(bits_per_symbol)

    def __call__(self, y: tf.Tensor | np.ndarray, no: tf.Tensor | np.ndarray) -> tf.Tensor:
        y, no = np.ascontiguousarray(y, np.complex64), np.ascontiguousarray(no, np.float32)
        parts = y.view(np.float32)
        llr = np.empty([len(y), y.shape[1] * self._order], np.float32)
        in_turns(lambda rows: demap_rows(parts[rows], no[rows], self._levels, llr[rows]), len(y))
        return tf.convert_to_tensor(llr)
