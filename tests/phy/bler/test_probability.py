"""Probabilities from counts: what they say, and that they tell the truth."""

import numpy as np
import pytest
from bler_tables import KEY, clear, table
from scipy.special import ndtr
from scipy.stats import binomtest

from linksim.errors import LinksimError
from linksim.phy import Awgn, RayleighFast, get_channel
from linksim.phy.bler import store as bler_store
from linksim.phy.bler.measure import measurement_fingerprint
from linksim.phy.bler.probability import (
    block_error_curves,
    code_block_error_probabilities,
    tables_fingerprint,
    transport_error_probability,
)
from linksim.phy.bler.store import cached_path, write_tables
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.coding.decoders import get_decoder
from linksim.phy.coding.transport import Transport
from linksim.phy.rng import draw_keys, picture_key


def counted(blocks, threshold_db=0.2, spread_db=0.1):
    """A table of a code whose waterfall is a straight line on the probit scale."""
    snr_db = np.round(np.arange(-0.1, 0.71, 0.1), 6)
    rates = ndtr((threshold_db - snr_db) / spread_db)
    errors = np.random.default_rng(3).binomial(blocks, rates)
    return BlerTable(KEY, snr_db, errors, np.full(len(snr_db), blocks), 1)


def test_probability_stays_inside_the_interval_of_the_counts_and_never_rises():
    """Whatever the counts, also such as no line goes through, or that rise by chance."""
    for errors in [(1000, 500, 100, 1), (1000, 300, 340, 1), (1000, 1000, 0, 0), (900, 400, 390, 380)]:
        low, high = table(errors).interval()
        points = waterfall(table(errors)).probability(table(errors).snr_db)
        assert np.all(points <= high + 1e-9) and np.all(points >= np.minimum.accumulate(low) - 1e-9)
        assert np.all(np.diff(waterfall(table(errors)).probability(np.arange(-1, 2, 0.001))) <= 1e-15)


def test_few_blocks_in_the_tail_are_told_by_their_neighbours():
    """With 256 blocks per point, error rates down to 1e-4 are right within a factor of four."""
    coarse = waterfall(counted(256))
    snr_db = np.array([0.05, 0.2, 0.35, 0.45, 0.55])
    truth = ndtr((0.2 - snr_db) / 0.1)
    assert np.all(np.abs(np.log2(coarse.probability(snr_db) / truth)) < 2)


def test_below_the_waterfall_everything_is_lost():
    assert waterfall(counted(256)).probability([-1.0, -30.0]).tolist() == [1.0, 1.0]


def test_beyond_the_last_point_errors_die_out_no_faster_than_before():
    """From one tenth of a decibel to the next the error rate falls by less than it last did."""
    before, last, beyond = waterfall(table()).probability([0.2, 0.3, 0.4])
    assert last / before <= beyond / last < 0.2


def test_no_errors_at_all_are_not_taken_for_an_error_rate_of_zero():
    errors = (1000, 500, 100, 0)
    assert 0 < waterfall(table(errors)).probability(0.3) <= table(errors).interval()[1][3]


def test_snr_at_inverts_probability():
    for probability in (0.3, 1e-6, 1 - 1e-6):
        assert waterfall(table()).probability(waterfall(table()).snr_at(probability)) == pytest.approx(probability)
    with pytest.raises(LinksimError, match="says nothing of an error rate of 0"):
        waterfall(table()).snr_at(0.0)


def test_a_channel_without_tables_is_refused():
    with pytest.raises(LinksimError, match="use awgn, at the SNR"):
        transport_error_probability(Transport("4-QAM 1/3", 256), "rayleigh-slow", 0.0)


def test_code_blocks_of_a_transport_block_fail_independently(cache):
    """Of 24 code blocks of which each fails with probability p, all arrive with (1 - p)^24."""
    transport = Transport("16-QAM 2/3", 73_728)
    key = BlerKey("awgn", 4, 1, 8192, 12288, "layered20")
    write_tables(cached_path(key, measurement_fingerprint(Awgn(), get_decoder())), {key: table(key=key)})
    assert transport.num_code_blocks == 24
    p = waterfall(table()).probability(np.array([-1.0, 0.15, 0.3, 0.5]))
    probability = transport_error_probability(transport, "awgn", np.array([-1.0, 0.15, 0.3, 0.5]))
    assert probability == pytest.approx(1 - (1 - p) ** 24)
    assert transport_error_probability(transport, "awgn", 0.3).shape == ()


def test_where_nothing_fits_everything_is_lost():
    assert transport_error_probability(Transport("4-QAM 1/3", 20), "awgn", [0.0, 40.0]).tolist() == [1, 1]


def test_fingerprint_follows_the_packaged_tables(cache, monkeypatch):
    """Tables of this channel and decoder count, those of others do not."""
    others = [("rayleigh-fast", None), ("awgn", "bp20")]
    before = tables_fingerprint("awgn"), [tables_fingerprint(*other) for other in others]
    write_tables(bler_store.PACKAGED, {KEY: table()})
    clear()
    assert tables_fingerprint("awgn") != before[0]
    assert [tables_fingerprint(*other) for other in others] == before[1]


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_tables_foretell_what_the_chain_delivers(channel):
    """Transport blocks sent in the waterfall, CRC and all: inside the 99.9 % interval."""
    transport = Transport("16-QAM 1/2", 512)
    draws = 400
    snr_db = block_error_curves(transport, channel)[0][0].snr_at(0.3)
    generator = np.random.default_rng(5)
    payload = generator.integers(0, 256, (draws, transport.payload_bytes)).astype(np.uint8)
    radio = get_channel(channel, csi=True)
    keys = draw_keys(picture_key(channel, "test", 0), range(draws))
    received = radio(transport.transmit(payload), snr_db, keys)
    lost = draws - int(transport.receive(*received).delivered.sum())
    interval = binomtest(lost, draws).proportion_ci(0.999)
    assert interval.low <= transport_error_probability(transport, channel, snr_db) <= interval.high


def test_a_receiver_without_csi_has_no_tables():
    with pytest.raises(LinksimError, match="csi=True"):
        tables_fingerprint(RayleighFast())


@pytest.mark.parametrize(
    "module",
    [
        "bler.probability",
        "bler.measure",
        "bler.predicted",
        "bler.normal",
        "coding.decoders.layered",
        "coding.ldpc",
        "rng",
    ],
)
def test_fingerprint_follows_how_probabilities_come_to_be(module, monkeypatch):
    before = tables_fingerprint("awgn")
    monkeypatch.setattr(f"linksim.phy.{module}.VERSION", 10_000)
    assert tables_fingerprint("awgn") != before


def test_fingerprint_follows_the_decoder():
    assert tables_fingerprint("awgn", "layered20") == tables_fingerprint("awgn")
    assert tables_fingerprint("awgn", "layered10") != tables_fingerprint("awgn")


def test_code_blocks_make_up_the_transport_block():
    """A transport block arrives where all its code blocks do."""
    transport, snr_db = Transport("4-QAM 1/2", 20_231), np.array([0.8, 1.0, 1.2])
    lost = code_block_error_probabilities(transport, Awgn(), snr_db)
    assert lost.shape == (3, transport.num_code_blocks) and transport.num_code_blocks > 1
    whole = transport_error_probability(transport, Awgn(), snr_db)
    np.testing.assert_allclose(1 - np.prod(1 - lost, axis=-1), whole, rtol=1e-9)
    assert np.all(np.diff(lost, axis=0) < 0)
