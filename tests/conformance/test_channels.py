"""What every radio channel must be: power, law of the fading, independence of the batch.

Each test pins a mistake that public simulators make: noise of half the variance, SNR measured after
the fading, fading per symbol that is called slow, results that change with the batch size.
"""

import numpy as np
import pytest
from scipy import stats

from linksim.errors import LinksimError
from linksim.phy import Awgn, RayleighFast, RayleighSlow, get_channel
from linksim.phy._tf import tf
from linksim.phy.rng import draw_keys, picture_key

NAMES = ["awgn", "rayleigh-slow", "rayleigh-fast"]
FADING = ["rayleigh-slow", "rayleigh-fast"]
ALL = [Awgn(), RayleighSlow(), RayleighSlow(csi=True), RayleighFast(), RayleighFast(csi=True)]
every_channel = pytest.mark.parametrize("channel", ALL, ids=lambda c: c.label)


def keys_of(count: int, name: str = "conformance") -> tf.Tensor:
    return draw_keys(picture_key(name, "picture", 0), range(count))


def received(channel, x, snr_db, keys, start=0) -> np.ndarray:
    """h x + n: what comes in, before the receiver divides by an h that it knows."""
    symbols = channel(x, snr_db, keys, start).symbols.numpy()
    return symbols * channel.fading(keys, x.shape[-1], start).numpy() if channel.csi else symbols


def symbols(batch: int, n: int) -> np.ndarray:
    """Unit-modulus symbols, deterministic and different everywhere."""
    return np.exp(1j * np.arange(batch * n).reshape(batch, n) ** 1.5).astype(np.complex64)


@every_channel
@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 7.0, 20.0])
def test_noise_variance_is_es_n0(channel, snr_db):
    """Total noise variance 10**(-snr_db/10), half in each dimension, the dimensions uncorrelated."""
    noise = received(channel, np.zeros([1000, 500], np.complex64), snr_db, keys_of(1000)).astype(complex)
    no = 10 ** (-snr_db / 10)
    assert np.var(noise) == pytest.approx(no, rel=0.01)
    assert np.var(noise.real) == pytest.approx(no / 2, rel=0.01)
    assert np.var(noise.imag) == pytest.approx(no / 2, rel=0.01)
    assert abs(np.mean(noise)) < 5e-3 * np.sqrt(no)
    assert abs(np.mean(noise.real * noise.imag)) < 5e-3 * no
    assert stats.kstest(noise.real.ravel()[:50_000], stats.norm(scale=np.sqrt(no / 2)).cdf).pvalue > 0.01


@every_channel
def test_noise_is_white_along_the_row_and_across_rows(channel):
    noise = received(channel, np.zeros([500, 400], np.complex64), 0.0, keys_of(500)).astype(complex)
    for lag in (1, 2, 17):
        assert abs(np.mean(noise[:, lag:] * noise[:, :-lag].conj())) < 4 / np.sqrt(500 * (400 - lag))
        assert abs(np.mean(noise[lag:] * noise[:-lag].conj())) < 4 / np.sqrt((500 - lag) * 400)


@pytest.mark.parametrize("name", FADING)
def test_fading_has_power_one_and_a_rayleigh_modulus(name):
    """E|h|^2 = 1, |h| is Rayleigh, the phase uniform: over draws for slow, over symbols for fast."""
    batch, n = (100_000, 3) if name == "rayleigh-slow" else (100, 1000)
    h = get_channel(name, csi=True).fading(keys_of(batch), n)
    h = h.numpy().ravel().astype(complex)
    assert h.size == 100_000
    assert np.mean(np.abs(h) ** 2) == pytest.approx(1.0, abs=0.013)
    assert stats.kstest(np.abs(h), stats.rayleigh(scale=np.sqrt(0.5)).cdf).pvalue > 0.01
    assert stats.kstest(np.angle(h), stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 0.01


def test_slow_fading_is_one_h_per_row():
    """Where the noise vanishes, every symbol of a row is scaled by the same h, rows by different ones."""
    x = symbols(50, 40)
    y = received(RayleighSlow(), x, 120.0, keys_of(50))
    h = y / x
    np.testing.assert_allclose(h, np.broadcast_to(h[:, :1], h.shape), rtol=0, atol=2e-5)
    assert len(np.unique(np.round(h[:, 0], 4))) == 50


def test_fast_fading_is_an_independent_h_per_symbol():
    h = RayleighFast().fading(keys_of(100), 1000).numpy().astype(complex)
    assert h.shape == (100, 1000)
    for lag in (1, 2, 31):
        assert abs(np.mean(h[:, lag:] * h[:, :-lag].conj())) < 4 / np.sqrt(100 * (1000 - lag))
    assert abs(np.mean(h[1:] * h[:-1].conj())) < 4 / np.sqrt(99_000)


@pytest.mark.parametrize("name", FADING)
def test_snr_is_defined_before_fading(name):
    """A deep fade is not compensated: y - h x has variance N0 in the weakest tenth and the strongest."""
    batch, n = (2000, 50) if name == "rayleigh-slow" else (200, 500)
    x = symbols(batch, n)
    channel = get_channel(name)
    h = np.broadcast_to(channel.fading(keys_of(batch), n).numpy(), x.shape)
    noise = received(channel, x, 6.0, keys_of(batch)) - h * x
    low, high = np.quantile(np.abs(h), [0.1, 0.9])
    for chosen in (np.abs(h) <= low, np.abs(h) >= high):
        assert np.mean(np.abs(noise[chosen]) ** 2) == pytest.approx(10**-0.6, rel=0.05)


@pytest.mark.parametrize("name", FADING)
def test_fading_does_not_depend_on_the_noise(name):
    """Noise and h of one key are uncorrelated."""
    channel, keys = get_channel(name), keys_of(20_000)
    y, h = channel(np.zeros([20_000, 4], np.complex64), 0.0, keys).symbols, channel.fading(keys, 4)
    assert abs(np.mean(y.numpy() * h.numpy().conj())) < 4 / np.sqrt(20_000)


@every_channel
def test_a_row_does_not_depend_on_its_batch(channel):
    """Row 13 of a batch of 64 is what it is alone, or last in another order."""
    x, keys = symbols(64, 101), keys_of(64)
    together = received(channel, x, 5.0, keys)
    alone = received(channel, x[13:14], 5.0, keys[13:14])
    backwards = received(channel, x[::-1], 5.0, keys[::-1])
    np.testing.assert_allclose(alone[0], together[13], rtol=0, atol=1e-6)
    np.testing.assert_allclose(backwards[::-1], together, rtol=0, atol=1e-6)


@every_channel
def test_power_of_other_rows_does_not_matter(channel):
    """The noise is never scaled by the measured power of a batch."""
    x, keys = symbols(4, 50), keys_of(4)
    loud = x.copy()
    loud[1:] *= 100.0
    np.testing.assert_allclose(
        received(channel, loud, 5.0, keys)[0], received(channel, x, 5.0, keys)[0], rtol=0, atol=1e-6
    )


@every_channel
def test_a_short_block_meets_the_beginning_of_a_long_one(channel):
    x, keys = symbols(3, 1000), keys_of(3)
    np.testing.assert_allclose(
        received(channel, x[:, :77], 5.0, keys), received(channel, x, 5.0, keys)[:, :77], rtol=0, atol=1e-6
    )


@every_channel
def test_the_same_noise_at_every_snr(channel):
    """The draws of a curve differ from point to point in scale only."""
    zeros, keys = np.zeros([5, 60], np.complex64), keys_of(5)
    np.testing.assert_allclose(
        received(channel, zeros, 20.0, keys) * 10.0, received(channel, zeros, 0.0, keys), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", FADING)
def test_csi_changes_what_the_receiver_knows_and_nothing_else(name):
    blind, informed = get_channel(name), get_channel(name, csi=True)
    assert blind.noise_identity == informed.noise_identity
    x, keys = symbols(8, 90), keys_of(8)
    h = blind.fading(keys, 90).numpy()
    np.testing.assert_array_equal(informed.fading(keys, 90).numpy(), h)
    x_hat, no = informed(x, 5.0, keys)
    np.testing.assert_allclose(x_hat.numpy(), blind(x, 5.0, keys).symbols.numpy() / h, rtol=1e-4)
    np.testing.assert_allclose(no.numpy(), 10**-0.5 / np.abs(h) ** 2, rtol=1e-4)
    np.testing.assert_allclose(blind(x, 5.0, keys).noise_variance.numpy(), np.full([8, 1], 10**-0.5), rtol=1e-5)


@every_channel
def test_one_snr_per_row(channel):
    x, keys = symbols(3, 70), keys_of(3)
    rows = received(channel, x, np.array([0.0, 10.0, 20.0]), keys)
    for i, snr_db in enumerate((0.0, 10.0, 20.0)):
        np.testing.assert_allclose(rows[i], received(channel, x, snr_db, keys)[i], rtol=0, atol=1e-6)


@every_channel
def test_in_a_graph_as_eagerly(channel):
    """`tf.function` with unknown batch and length gives the same values."""
    x, keys = symbols(6, 44), keys_of(6)
    spec = [
        tf.TensorSpec([None, None], tf.complex64),
        tf.TensorSpec([], tf.float32),
        tf.TensorSpec([None, 2], tf.uint32),
    ]
    graph = tf.function(lambda x, s, k: channel(x, s, k), input_signature=spec)
    for one, other in zip(graph(x, 5.0, keys), channel(x, 5.0, keys), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, atol=1e-6)


@every_channel
def test_gradients_reach_the_sender(channel):
    """dy/dx is h, or 1 after equalisation: the gradient of sum |y|^2 is 2 conj(h) y in TensorFlow's convention."""
    x, keys = tf.constant(symbols(3, 20)), keys_of(3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = channel(x, 5.0, keys).symbols
        loss = tf.reduce_sum(tf.math.real(y * tf.math.conj(y)))
    expected = 2.0 * y if channel.csi else 2.0 * tf.math.conj(channel.fading(keys, 20)) * y
    np.testing.assert_allclose(tape.gradient(loss, x).numpy(), expected.numpy(), rtol=1e-4, atol=1e-5)


@every_channel
@pytest.mark.parametrize("snr_db", [float("nan"), float("inf"), np.float32("nan"), np.array([1.0, np.nan]), "5", None])
def test_snr_must_be_a_finite_number(channel, snr_db):
    with pytest.raises(LinksimError, match="snr_db is"):
        channel(np.ones([2, 3], np.complex64), snr_db)


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    """A channel is found by the name that it bears; CSI shows in the label, not in the name."""
    assert get_channel(name).name == name == get_channel(name, csi=True).name
    assert get_channel(name).label == name
    if name in FADING:
        assert get_channel(name, csi=True).label == f"{name}, CSI"


@every_channel
@pytest.mark.parametrize("cuts", [(0, 60, 100), (0, 1, 2, 99, 100)])
def test_a_transmission_may_be_cut_into_pieces(channel, cuts):
    """Symbols sent later, from `start` on, meet the noise and the fades that they meet when all are sent at once.

    The random integers are the same; logarithm and cosine of a short piece may round differently in the last bit.
    """
    x, keys = symbols(6, 100), keys_of(6)
    whole = channel(x, 5.0, keys)
    parts = [channel(x[:, a:b], 5.0, keys, start=a) for a, b in zip(cuts, cuts[1:], strict=False)]
    joined = np.concatenate([p.symbols.numpy() for p in parts], 1)
    np.testing.assert_allclose(joined, whole.symbols.numpy(), rtol=2e-6, atol=2e-6)
    n = [p.symbols.shape[1] for p in parts]
    variances = [np.broadcast_to(p.noise_variance.numpy(), (6, k)) for p, k in zip(parts, n, strict=True)]
    expected = np.broadcast_to(whole.noise_variance.numpy(), (6, 100))
    np.testing.assert_allclose(np.concatenate(variances, 1), expected, rtol=2e-6)


@every_channel
def test_later_symbols_meet_noise_of_their_own(channel):
    zeros, keys = np.zeros([50, 80], np.complex64), keys_of(50)
    first, later = received(channel, zeros, 0.0, keys), received(channel, zeros, 0.0, keys, start=80)
    assert abs(np.mean(first * later.conj())) < 4 / np.sqrt(first.size)


def test_a_slow_fade_is_shared_by_all_parts_of_a_transmission():
    """And a fast one is not."""
    keys = keys_of(9)
    slow, fast = RayleighSlow(), RayleighFast()
    np.testing.assert_array_equal(slow.fading(keys, 5, start=1000).numpy(), slow.fading(keys, 5).numpy())
    np.testing.assert_array_equal(fast.fading(keys, 5, start=3).numpy(), fast.fading(keys, 8).numpy()[:, 3:])


@every_channel
def test_a_flat_channel_takes_no_channel_uses_for_itself(channel):
    assert [channel.overhead(n) for n in (0, 1, 1000)] == [0, 0, 0]


def test_fingerprints_tell_channels_apart():
    assert len({channel.fingerprint() for channel in ALL}) == len(ALL)
    assert RayleighSlow(csi=True).fingerprint() == RayleighSlow(csi=True).fingerprint()


@every_channel
@pytest.mark.parametrize("module", ["phy.channels.base", "phy.channels.equalize", "phy.rng"])
def test_a_fingerprint_follows_the_versions_of_its_parts(channel, module, monkeypatch):
    """The equaliser counts where there is one."""
    before = channel.fingerprint()
    monkeypatch.setattr(f"linksim.{module}.VERSION", 10_000)
    assert (channel.fingerprint() != before) == (channel.csi or "equalize" not in module)
