"""Capacities against closed forms, published limits and a Monte Carlo estimate of their own."""

import numpy as np
import pytest
from scipy.integrate import quad

from linksim.errors import LinksimError
from linksim.phy import capacity
from linksim.phy.information import BITS_PER_SYMBOL


@pytest.mark.parametrize("snr_db, bits", [(0.0, 1.0), (10 * np.log10(3), 2.0), (10 * np.log10(255), 8.0)])
def test_gaussian_capacity(snr_db, bits):
    assert capacity.gaussian_capacity(snr_db) == pytest.approx(bits)


@pytest.mark.parametrize(
    "bits_per_symbol, code_rate, es_n0_db",
    [
        (2, 1 / 3, -2.26), (2, 1 / 2, 0.19), (2, 2 / 3, 2.31),
        (4, 1 / 3, 2.36), (4, 1 / 2, 5.28), (4, 2 / 3, 7.95),
        (6, 1 / 3, 5.82), (6, 1 / 2, 9.44), (6, 2 / 3, 12.72),
    ],
)  # fmt: skip
def test_bicm_limits_are_the_published_ones(bits_per_symbol, code_rate, es_n0_db):
    """Es/N0 limits of Gray-labelled QAM, printed to 0.01 dB."""
    assert capacity.bicm_limit_db(bits_per_symbol, code_rate) == pytest.approx(es_n0_db, abs=0.006)


def test_4_qam_is_two_binary_channels():
    """Twice the capacity of antipodal signals, by direct integration."""
    for snr_db in (-10.0, 0.0, 6.0, 12.0):
        a = np.sqrt(10 ** (snr_db / 10))  # amplitude over the noise's standard deviation
        lost = quad(
            lambda y: np.exp(-0.5 * (y - a) ** 2) / np.sqrt(2 * np.pi) * np.logaddexp(0, -2 * a * y) / np.log(2),
            a - 12, a + 12, epsabs=1e-12,
        )[0]  # fmt: skip
        assert capacity.bicm_capacity(2, snr_db) == pytest.approx(2 * (1 - lost), abs=1e-6)


@pytest.mark.parametrize("bits_per_symbol, snr_db", [(4, 5.0), (6, 11.0), (8, 16.0)])
def test_bicm_capacity_is_what_sionnas_mapper_and_demapper_give(bits_per_symbol, snr_db):
    """m - E log2(1 + exp(-(2b - 1) llr)), summed over the bits of Sionna's QAM, by Monte Carlo.

    Pins the labelling: natural instead of Gray labels lose some tenths of a bit here.
    """
    from sionna.phy.mapping import Constellation, Demapper, Mapper

    from linksim.phy import Awgn
    from linksim.phy.rng import draw_keys, picture_key

    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, [50, 1200 * bits_per_symbol]).astype(np.float32)
    constellation = Constellation("qam", bits_per_symbol)
    x = Mapper(constellation=constellation)(bits)
    y, no = Awgn()(x, snr_db, draw_keys(picture_key("capacity", str(bits_per_symbol), 0), range(50)))
    llr = Demapper("app", constellation=constellation)(y, no).numpy()
    lost = np.logaddexp(0.0, -(2 * bits - 1) * llr) / np.log(2)
    per_symbol = bits_per_symbol - lost.reshape(-1, bits_per_symbol).sum(axis=1)
    tolerance = 4 * per_symbol.std() / np.sqrt(per_symbol.size)
    assert tolerance < 0.04
    assert capacity.bicm_capacity(bits_per_symbol, snr_db) == pytest.approx(per_symbol.mean(), abs=tolerance)


@pytest.mark.parametrize("bits_per_symbol", BITS_PER_SYMBOL)
def test_bicm_capacity_rises_from_nothing_to_all_bits_below_shannon(bits_per_symbol):
    snr_db = np.arange(-30.0, 51.0, 2.0)
    bicm = capacity.bicm_capacity(bits_per_symbol, snr_db)
    assert bicm.shape == snr_db.shape
    assert np.all(np.diff(bicm) >= -1e-9) and np.all(bicm <= capacity.gaussian_capacity(snr_db))
    assert bicm[0] < 0.002 and bicm[-1] == pytest.approx(bits_per_symbol, abs=1e-6)


def test_the_limit_is_the_inverse():
    for bits_per_symbol in BITS_PER_SYMBOL:
        for rate in (0.1, 0.5, 0.93):
            limit = capacity.bicm_limit_db(bits_per_symbol, rate)
            assert capacity.bicm_capacity(bits_per_symbol, limit) == pytest.approx(bits_per_symbol * rate, abs=1e-5)


@pytest.mark.parametrize("snr_db", [-40.0, -24.8, -24.7, -10.0, 0.0, 10.0, 40.0])
def test_ergodic_capacity_is_the_mean_over_the_fades(snr_db):
    """On both sides of the switch to the asymptotic series (-24.8 dB)."""
    snr = 10 ** (snr_db / 10)
    mean = quad(lambda t: np.log2(1 + snr * np.exp(t)) * np.exp(t - np.exp(t)), -40, 6, epsabs=1e-14, epsrel=1e-11)[0]
    assert capacity.ergodic_capacity(snr_db) == pytest.approx(mean, rel=1e-6)


def test_ergodic_capacity_loses_the_euler_constant_at_high_snr():
    """log2(snr) - gamma / ln 2: fading costs 2.5 dB."""
    loss = capacity.gaussian_capacity(60.0) - capacity.ergodic_capacity(60.0)
    assert loss == pytest.approx(np.euler_gamma / np.log(2), abs=1e-4)


@pytest.mark.parametrize("bits_per_symbol, snr_db", [(2, 3.0), (4, 10.0), (6, 0.0), (8, 30.0)])
def test_ergodic_bicm_capacity_is_the_mean_over_the_fades(bits_per_symbol, snr_db):
    """Against a mean over a million equally likely |h|^2, interpolated."""
    grid = np.arange(-70.0, 60.0, 0.1)
    gain = -np.log((np.arange(1_000_000) + 0.5) / 1_000_000)
    curve = capacity.bicm_capacity(bits_per_symbol, grid)
    mean = np.interp(snr_db + 10 * np.log10(gain), grid, curve).mean()
    assert capacity.ergodic_bicm_capacity(bits_per_symbol, snr_db) == pytest.approx(mean, abs=5e-5)
    assert mean < capacity.ergodic_capacity(snr_db)


def test_ergodic_limit_is_the_inverse_and_costs_more_than_awgn():
    limit = capacity.ergodic_bicm_limit_db(4, 0.5)
    assert capacity.ergodic_bicm_capacity(4, limit) == pytest.approx(2.0, abs=1e-5)
    assert limit > capacity.bicm_limit_db(4, 0.5) + 1.0


def test_outage_capacity_is_the_rate_that_a_share_of_the_fades_does_not_carry():
    """log2(1 + snr |h|^2) lies below it as often as asked; with no outage allowed nothing is safe."""
    gain = np.random.default_rng(0).exponential(size=1_000_000)
    for outage, snr_db in ((0.01, 0.0), (0.1, 10.0), (0.9, 15.0)):
        rate = capacity.outage_capacity(snr_db, outage)
        assert np.mean(np.log2(1 + 10 ** (snr_db / 10) * gain) < rate) == pytest.approx(outage, abs=2e-3)
    assert capacity.outage_capacity(10.0, 0.0) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: capacity.gaussian_capacity(float("nan")),
        lambda: capacity.ergodic_capacity([0.0, np.inf]),
        lambda: capacity.bicm_capacity(3, 0.0),
        lambda: capacity.bicm_limit_db(4, 0.0),
        lambda: capacity.bicm_limit_db(4, 1.0),
        lambda: capacity.bicm_limit_db(2, 1e-9),
        lambda: capacity.outage_capacity(0.0, 1.0),
        lambda: capacity.outage_capacity(0.0, float("nan")),
    ],
)
def test_bad_input_is_refused_in_one_line(call):
    with pytest.raises(LinksimError) as error:
        call()
    assert "\n" not in str(error.value)
