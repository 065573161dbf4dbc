"""Interleavers: a permutation, its inverse, and what it does to bursts."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.phy import BlockInterleaver, PixelInterleaver, RandomInterleaver
from linksim.phy._tf import tf

BOTH = [RandomInterleaver(seed=5), BlockInterleaver(depth=7)]
both = pytest.mark.parametrize("interleaver", BOTH, ids=lambda i: type(i).__name__)


@both
@pytest.mark.parametrize("n", [1, 2, 6, 7, 8, 100, 6144])
def test_inverse_undoes_it(interleaver, n):
    x = np.arange(2 * n, dtype=np.float32).reshape(2, n)
    y = interleaver(x)
    np.testing.assert_array_equal(np.sort(y.numpy()), x)
    np.testing.assert_array_equal(interleaver.inverse(y).numpy(), x)
    if n >= 100:
        assert np.mean(y.numpy() == x) < 0.05


@both
@pytest.mark.parametrize("dtype", [tf.float32, tf.complex64, tf.uint8, tf.bool])
def test_every_dtype_and_rank(interleaver, dtype):
    x = tf.cast(tf.random.stateless_uniform([2, 3, 50], [1, 2], 0, 2, tf.int32), dtype)
    y = interleaver(x)
    assert y.dtype == dtype and y.shape == x.shape
    np.testing.assert_array_equal(interleaver.inverse(y).numpy(), x.numpy())
    np.testing.assert_array_equal(interleaver(x[0, 0]).numpy(), y.numpy()[0, 0])


def test_block_interleaver_writes_rows_and_reads_columns():
    """Six values in rows of three: 0 1 2 / 3 4 5 is read as 0 3, 1 4, 2 5."""
    np.testing.assert_array_equal(BlockInterleaver(3)(tf.range(6)), [0, 3, 1, 4, 2, 5])
    np.testing.assert_array_equal(BlockInterleaver(3)(tf.range(5)), [0, 3, 1, 4, 2])


def test_block_interleaver_spreads_a_burst():
    """A burst of N / depth symbols on the channel hits every row of `depth` coded bits once."""
    order = BlockInterleaver(depth=20).order(600)  # 30 rows
    for start in (0, 17, 300, 570):
        assert len(set(order[start : start + 30] // 20)) == 30


def test_random_interleaver_is_the_seed():
    """Two objects of one seed agree, another seed does not, and a batch shares one permutation."""
    first, again, other = (RandomInterleaver(seed).order(1000) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first == other) < 0.02
    y = RandomInterleaver(3)(np.tile(np.arange(1000, dtype=np.float32), (4, 1))).numpy()
    np.testing.assert_array_equal(y, np.tile(first, (4, 1)))


@both
def test_lengths_may_change_between_graphs(interleaver):
    """A permutation first needed while one graph is traced serves another graph and eager code."""
    for n in (33, 34, 33):
        x = tf.range(n)
        y = tf.function(lambda v: interleaver.inverse(interleaver(v)))(x)
        np.testing.assert_array_equal(y.numpy(), x.numpy())
        np.testing.assert_array_equal(interleaver.inverse(interleaver(x)).numpy(), x.numpy())


@both
def test_the_length_must_be_known(interleaver):
    # AutoGraph would wrap the error in one of its own.
    graph = tf.function(interleaver, input_signature=[tf.TensorSpec([None, None], tf.float32)], autograph=False)
    with pytest.raises(LinksimError, match="fix the length"):
        graph(tf.zeros([2, 4]))


@pytest.mark.parametrize("make", [RandomInterleaver, BlockInterleaver])
@pytest.mark.parametrize("value", [-1, 1.5, "1", None, True])
def test_bad_parameters(make, value):
    with pytest.raises(LinksimError, match="give a whole number"):
        make(value)


def test_pixels_change_places_and_their_bits_stay_together():
    there = PixelInterleaver(3, BlockInterleaver(2))
    np.testing.assert_array_equal(there(tf.range(12)), [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11])
    np.testing.assert_array_equal(there.inverse(there(tf.range(12))), np.arange(12))
    with pytest.raises(LinksimError, match="whole pixels"):
        there(tf.range(13))
    with pytest.raises(LinksimError, match="from 1 on"):
        PixelInterleaver(0, BlockInterleaver(2))


def test_fingerprints_tell_permutations_apart():
    kinds = [*BOTH, RandomInterleaver(6), BlockInterleaver(8), PixelInterleaver(4, RandomInterleaver(5))]
    assert len({kind.fingerprint() for kind in kinds}) == len(kinds)
    assert RandomInterleaver(5).fingerprint() == BOTH[0].fingerprint()
