"""Counter-based random numbers: known answers, laws, and independence of everything but the key."""

import numpy as np
import pytest
from scipy import stats

from linksim.errors import LinksimError
from linksim.phy import rng
from linksim.phy._tf import tf


def keys_of(name: str, count: int) -> tf.Tensor:
    return rng.draw_keys(rng.picture_key("test", name, 0), range(count))


@pytest.mark.parametrize(
    "key, counter, answer",
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_known_answers(key, counter, answer):
    """The known answers that the authors publish with Random123 (threefry2x32, 20 rounds)."""
    words = rng.threefry2x32(
        tuple(tf.constant([w], tf.uint32) for w in key), tuple(tf.constant([w], tf.uint32) for w in counter)
    )
    assert tuple(int(w[0]) for w in words) == answer


def test_uniform_is_the_cipher_of_its_index():
    """Number 2i and 2i + 1 of a row are the two words of Threefry(key, (i, stream)), upper 23 bits."""
    key = np.array([[7, 9]], np.uint32)
    numbers = rng.uniform(key, 5, stream=rng.Stream.SUCCESS).numpy()[0]
    for i in range(5):
        block = rng.threefry2x32(
            (tf.constant(7, tf.uint32), tf.constant(9, tf.uint32)),
            (tf.constant(i // 2, tf.uint32), tf.constant(int(rng.Stream.SUCCESS), tf.uint32)),
        )
        assert numbers[i] == ((int(block[i % 2]) >> 9) + 0.5) / 2**23


def test_uniform_law():
    """A million numbers are uniform, and none is 0 or 1."""
    numbers = rng.uniform(keys_of("uniform", 1000), 1000, rng.Stream.SUCCESS).numpy()
    assert 0.0 < numbers.min() < 1e-5 and 1.0 - 1e-5 < numbers.max() < 1.0
    assert stats.kstest(numbers.ravel()[:100_000], "uniform").pvalue > 0.01
    assert numbers.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12e6))


def test_complex_normal_law():
    """E|z|^2 = 1, E z = E z^2 = 0, E|z|^4 = 2, Gaussian in each dimension, uncorrelated between rows."""
    z = rng.complex_normal(keys_of("normal", 1000), 1000, rng.Stream.NOISE).numpy().astype(complex)
    power = np.abs(z) ** 2
    assert power.mean() == pytest.approx(1.0, abs=4e-3)
    assert (power**2).mean() == pytest.approx(2.0, abs=0.02)
    assert abs(z.mean()) < 4e-3 and abs((z**2).mean()) < 6e-3
    for part in (z.real, z.imag):
        assert stats.kstest(part.ravel()[:100_000], stats.norm(scale=np.sqrt(0.5)).cdf).pvalue > 0.01
    assert abs(np.mean(z[:-1] * z[1:].conj())) < 4e-3  # neighbouring rows
    assert abs(np.mean(z[:, :-1] * z[:, 1:].conj())) < 4e-3  # neighbouring symbols
    assert np.abs(z).max() > 3.3  # the tail is there: expected maximum of a million is 3.7


def test_values_depend_on_the_key_only():
    """A row has the same numbers in a batch of 1, 7 and 200, and they begin a longer block."""
    keys = keys_of("batch", 200)
    z = rng.complex_normal(keys, 333, rng.Stream.NOISE).numpy()
    u = rng.uniform(keys, 333, rng.Stream.SUCCESS).numpy()
    for rows, n in ((slice(5, 6), 333), (slice(3, 10), 64), (slice(199, 200), 1), (slice(0, 200, 3), 17)):
        # The integer part is exact; log and cos may round differently in another vector lane.
        np.testing.assert_array_equal(rng.uniform(keys[rows], n, rng.Stream.SUCCESS).numpy(), u[rows, :n])
        np.testing.assert_allclose(
            rng.complex_normal(keys[rows], n, rng.Stream.NOISE).numpy(), z[rows, :n], rtol=0, atol=1e-6
        )


def test_streams_of_one_key_are_independent():
    """Noise and fading under one key share nothing."""
    keys = keys_of("streams", 100)
    noise = rng.complex_normal(keys, 1000, rng.Stream.NOISE).numpy()
    fading = rng.complex_normal(keys, 1000, rng.Stream.FADING).numpy()
    assert abs(np.mean(noise * fading.conj())) < 4 / np.sqrt(1e5)


def test_a_graph_draws_what_eager_draws():
    """Inside `tf.function`, with the length known only at run time."""
    keys = keys_of("graph", 3)
    graph = tf.function(lambda k, n: rng.complex_normal(k, n, rng.Stream.NOISE))
    expected = rng.complex_normal(keys, 11, rng.Stream.NOISE).numpy()
    np.testing.assert_allclose(graph(keys, tf.constant(11)).numpy(), expected, rtol=0, atol=1e-6)


def test_shapes():
    """Leading dimensions of the keys are those of the result; int32 keys are the same bits."""
    keys = rng.draw_keys(np.stack([rng.picture_key("c", p, 0) for p in "ab"]), range(3))
    assert keys.shape == (2, 3, 2) and keys.dtype == tf.uint32
    assert rng.complex_normal(keys, 4, 0).shape == (2, 3, 4)
    assert rng.uniform(keys[0, 0], 5, 0).shape == (5,)
    assert rng.complex_normal(keys[:0], 4, 0).shape == (0, 3, 4)
    assert rng.uniform(keys, 0, 0).shape == (2, 3, 0)
    as_int32 = tf.bitcast(keys, tf.int32)
    np.testing.assert_array_equal(rng.uniform(as_int32, 4, 0), rng.uniform(keys, 4, 0))


def test_picture_key_is_pinned():
    """The keys are part of every stored result: a change of this value is a change of all curves."""
    assert rng.picture_key("awgn", "00" * 32, 0).tolist() == [1376486666, 102374475]
    draws = rng.draw_keys(rng.picture_key("awgn", "00" * 32, 0), [0, 1])
    assert draws.numpy().tolist() == [[3216414321, 416304616], [3609509636, 492636367]]


def test_keys_differ_in_every_ingredient():
    """Channel, picture, seed and draw each change the key; no two triples read as one text."""
    keys = [
        rng.picture_key("awgn", "ab", 0),
        rng.picture_key("rayleigh-slow", "ab", 0),
        rng.picture_key("awgn", "ac", 0),
        rng.picture_key("awgn", "ab", 1),
        rng.picture_key("awgn", "a", 10),
        rng.picture_key("awgn", "a1", 0),
    ]
    drawn = rng.draw_keys(np.stack(keys), range(100)).numpy().reshape(-1, 2)
    assert len({tuple(k) for k in [*np.stack(keys).tolist(), *drawn.tolist()]}) == len(keys) * 101


def test_draws_do_not_depend_on_how_they_are_split():
    """Draws 0 to 9 at once are draws 0 to 4 and 5 to 9."""
    key = rng.picture_key("awgn", "ab", 0)
    halves = [rng.draw_keys(key, r).numpy() for r in (range(5), range(5, 10))]
    np.testing.assert_array_equal(rng.draw_keys(key, range(10)).numpy(), np.concatenate(halves))


@pytest.mark.parametrize("keys", [np.zeros([4, 2], np.int64), np.zeros([4, 3], np.uint32), np.uint32(1)])
def test_bad_keys(keys):
    with pytest.raises(LinksimError, match="random keys"):
        rng.uniform(keys, 3, 0)


def test_bad_draws():
    with pytest.raises(LinksimError, match="draws are numbered"):
        rng.draw_keys(rng.picture_key("awgn", "ab", 0), [-1])
