"""Channels and equalisation as parts: shapes, fresh noise, start-up, errors."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sionna.phy import config
from sionna.phy.mapping import Demapper

from linksim.errors import LinksimError
from linksim.phy import Awgn, RayleighFast, RayleighSlow, get_channel, noise_variance
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.channels.equalize import equalize
from linksim.phy.rng import draw_keys, picture_key


def test_awgn_noise_variance_is_es_n0():
    """At 0 dB a unit-power symbol meets noise of total variance 1: half in each dimension."""
    y, no = Awgn()(tf.zeros([1000, 1000], tf.complex64), snr_db=0.0)
    assert np.var(y.numpy()) == pytest.approx(1.0, rel=0.01)
    assert np.var(y.numpy().real) == pytest.approx(0.5, rel=0.01)
    assert no.numpy() == pytest.approx(1.0)


@pytest.mark.parametrize("snr_db, no", [(0, 1.0), (10, 0.1), (-3.0103, 2.0), (30.0, 1e-3)])
def test_noise_variance(snr_db, no):
    assert float(noise_variance(snr_db)) == pytest.approx(no, rel=1e-5)


def test_without_keys_every_call_is_fresh_and_sionnas_seed_repeats_it():
    x, channel = tf.zeros([2, 50], tf.complex64), RayleighFast()
    config.seed = 42
    first, second = channel(x, 0.0).symbols.numpy(), channel(x, 0.0).symbols.numpy()
    assert not np.any(first == second)
    assert not np.any(first[0] == first[1])
    config.seed = 42
    np.testing.assert_array_equal(channel(x, 0.0).symbols.numpy(), first)


def test_without_keys_a_graph_draws_anew_in_every_run():
    """Also a channel that was sent to another process and whose first call is traced."""
    channel = pickle.loads(pickle.dumps(RayleighSlow(csi=True)))
    graph = tf.function(lambda x: channel(x, 0.0).noise_variance)
    x = tf.zeros([5, 4], tf.complex64)
    assert not np.any(graph(x).numpy() == graph(x).numpy())


@pytest.mark.parametrize("shape", [(7,), (4, 7), (2, 3, 7), (0, 7), (4, 1)])
def test_shapes(shape):
    x = np.ones(shape, np.complex64)
    for channel in (Awgn(), RayleighSlow(), RayleighSlow(csi=True), RayleighFast()):
        y, no = channel(x, 5.0)
        assert (y.shape, no.shape) == (shape, (*shape[:-1], 1))
    y, no = RayleighFast(csi=True)(x, 5.0)
    assert (y.shape, no.shape) == (shape, shape)


def test_awgn_has_no_fading():
    np.testing.assert_array_equal(Awgn().fading(draw_keys(picture_key("a", "b", 0), range(3)), 9), np.ones([3, 1]))
    assert not Awgn().fades and RayleighSlow().fades and RayleighFast().fades


def test_unknown_channel_is_named_with_the_known_ones():
    with pytest.raises(LinksimError, match="no channel 'rician'; choose one of awgn, rayleigh-slow, rayleigh-fast"):
        get_channel("rician")


@pytest.mark.parametrize("channel", [RayleighSlow(csi=True), RayleighFast(csi=True)], ids=lambda c: c.name)
def test_received_symbols_have_the_noise_that_is_told_with_them(channel):
    """(x_hat - x) / sqrt(no) has variance 1 in the weakest tenth of the fades and in the strongest."""
    x = np.full([3000, 40], (1 + 1j) / np.sqrt(2), np.complex64)
    keys = draw_keys(picture_key("equalize", "p", 0), range(3000))
    x_hat, no_eff = channel(x, 8.0, keys)
    h = channel.fading(keys, 40)
    assert no_eff.shape == h.shape
    np.testing.assert_allclose(no_eff.numpy(), 10**-0.8 / np.abs(h.numpy()) ** 2, rtol=1e-4)
    error = np.abs((x_hat - x).numpy()) ** 2 / no_eff.numpy()
    gain = np.broadcast_to(np.abs(h.numpy()), error.shape)
    for chosen in (gain <= np.quantile(gain, 0.1), gain >= np.quantile(gain, 0.9)):
        assert np.mean(error[chosen]) == pytest.approx(1.0, rel=0.05)


def test_equalising_a_vanished_symbol_stays_finite_and_says_nothing():
    """h = 0: finite symbol, and a demapper that is given no_eff returns log-likelihood ratios of zero."""
    y = tf.constant([[0.3 - 0.2j, 1.0 + 1.0j]], tf.complex64)
    h = tf.constant([[0.0 + 0.0j, 1e-30 + 0.0j]], tf.complex64)
    x_hat, no_eff = equalize(y, h, 0.1)
    assert np.all(np.isfinite(x_hat.numpy())) and np.all(np.isfinite(no_eff.numpy()))
    llr = Demapper("app", "qam", 4)(x_hat, no_eff)
    np.testing.assert_allclose(llr.numpy(), 0.0, atol=1e-4)


def test_equalize_takes_one_noise_variance_per_row():
    y, h = tf.ones([2, 3], tf.complex64), tf.constant([[2.0], [1.0]], tf.complex64)
    x_hat, no_eff = equalize(y, h, tf.constant([[0.4], [0.3]]))
    np.testing.assert_allclose(x_hat.numpy()[:, 0], [0.5, 1.0])
    np.testing.assert_allclose(no_eff.numpy(), [[0.1], [0.3]])


def run_python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)


def test_importing_phy_loads_neither_tensorflow_nor_sionna():
    done = run_python(
        "import sys, linksim.phy, linksim.phy.capacity\n"
        "print([m for m in ('tensorflow', 'sionna') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_every_exported_name_exists():
    import linksim.phy

    for name in linksim.phy.__all__:
        assert getattr(linksim.phy, name) is not None
    with pytest.raises(AttributeError, match="Rician"):
        linksim.phy.Rician


def test_tensorflow_starts_without_a_word():
    """Nothing on standard error from import, first use, a traced graph and XLA; errors still get there."""
    done = run_python(
        "import sys\n"
        "from linksim.phy import Awgn\n"
        "from linksim.phy._tf import tf\n"
        "tf.function(lambda x: Awgn()(x, 5.0))(tf.zeros([2, 3], tf.complex64))\n"
        "print('mine', file=sys.stderr)"
    )
    assert done.returncode == 0 and done.stderr == "mine\n"


def test_messages_of_others_during_the_quiet_import_are_kept():
    from linksim.phy import _tf

    done = run_python(
        "import os, runpy\n"
        "from linksim.phy import _tf\n"
        "with _tf._without_noise():\n"
        "    os.write(2, b'I0000 00:00:1795.1 port.cc:153] oneDNN\\nsomething real\\n')\n"
        "try:\n"
        "    with _tf._without_noise():\n"
        "        os.write(2, b'E0000 00:00:1795.1 a.cc:1] why it failed\\n')\n"
        "        raise ImportError\n"
        "except ImportError:\n"
        "    pass\n"
    )
    assert done.stderr == "something real\nE0000 00:00:1795.1 a.cc:1] why it failed\n"
    assert _tf.tf is tf


def test_what_a_transmission_meets_once_its_fade_is_given():
    """Slow fading is AWGN of the SNR that is left; AWGN and fast fading are laws of their own."""
    keys = draw_keys(picture_key("law", "p", 0), range(5))
    slow = RayleighSlow(csi=True)
    law, gain = slow.given_fade(keys)
    assert law.name == "awgn"
    np.testing.assert_allclose(gain, np.abs(slow.fading(keys, 1).numpy()[:, 0]) ** 2)
    for channel in (Awgn(), RayleighFast(csi=True)):
        law, gain = channel.given_fade(keys)
        assert law is channel and gain.tolist() == [1.0]


def test_only_a_slow_fade_can_be_too_deep_for_a_rate():
    """log2(1 + snr |h|^2) below the rate: at 10 dB and 2 bits a share 1 - exp(-0.3) of the fades."""
    keys = draw_keys(picture_key("outage", "p", 0), range(4000))
    assert RayleighSlow(csi=True).outages and not Awgn().outages and not RayleighFast(csi=True).outages
    assert np.mean(~RayleighSlow(csi=True).carries(2.0, 10.0, keys)) == pytest.approx(1 - np.exp(-0.3), abs=0.03)
    assert RayleighFast(csi=True).carries(2.0, 10.0, keys).all() and Awgn().carries(2.0, 10.0, keys).all()


def test_a_channel_that_says_nothing_of_its_law_is_refused_where_one_is_needed():
    class Own(Channel):
        name, fades = "own", False

        def fading(self, keys, n, start=0):
            raise NotImplementedError

    for ask in (lambda c: c.law, lambda c: c.capacity(0.0, 0.1), lambda c: c.scheme_limit_db(2, 0.5)):
        with pytest.raises(LinksimError, match="own"):
            ask(Own())
