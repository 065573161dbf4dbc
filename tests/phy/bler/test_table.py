"""Block-error tables: what they say, where they are kept, and that they tell the truth."""

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import binomtest

from linksim.errors import LinksimError
from linksim.phy.bler import store as bler_store
from linksim.phy.bler.table import (
    REPRESENTATIVE_BITS,
    BlerKey,
    BlerTable,
    block_error_tables,
    representative_key,
    tables_fingerprint,
    transport_error_probability,
)
from linksim.phy.bler.measure import BlockErrors, measure_table, needed_keys
from linksim.phy.bler.store import MEASUREMENT_VERSION, read_tables, write_tables
from linksim.phy.capacity import bicm_limit_db
from linksim.phy.mcs import PAPER_MCS
from linksim.phy.coding.transport import CodeConfiguration, Transport

KEY = BlerKey("awgn", 2, 2, 168, 512, 20)


def table(errors=(1000, 500, 100, 1), blocks=(1000, 1000, 1000, 1000), key=KEY):
    return BlerTable(key, np.round(np.arange(len(errors)) * 0.1, 6), np.array(errors), np.array(blocks))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of its own, and no packaged tables."""
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(bler_store, "PACKAGED", tmp_path / "none.csv")
    clear()
    yield tmp_path / "bler" / f"v{MEASUREMENT_VERSION}"
    monkeypatch.undo()
    clear()


def clear():
    bler_store.packaged_tables.cache_clear()
    bler_store._load.cache_clear()


def waterfall(blocks, threshold_db=0.2, spread_db=0.1):
    """A table of a code whose waterfall is a straight line on the probit scale."""
    snr_db = np.round(np.arange(-0.1, 0.71, 0.1), 6)
    rates = ndtr((threshold_db - snr_db) / spread_db)
    errors = np.random.default_rng(3).binomial(blocks, rates)
    return BlerTable(KEY, snr_db, errors, np.full(len(snr_db), blocks))


def test_probability_stays_inside_the_interval_of_the_counts_and_never_rises():
    """Whatever the counts, also such as no line goes through, or that rise by chance."""
    for errors in [(1000, 500, 100, 1), (1000, 300, 340, 1), (1000, 1000, 0, 0), (900, 400, 390, 380)]:
        low, high = table(errors).interval()
        points = table(errors).probability(table(errors).snr_db)
        assert np.all(points <= high + 1e-9) and np.all(points >= np.minimum.accumulate(low) - 1e-9)
        assert np.all(np.diff(table(errors).probability(np.arange(-1, 2, 0.001))) <= 1e-15)


def test_few_blocks_in_the_tail_are_told_by_their_neighbours():
    """With 256 blocks per point, error rates down to 1e-4 are right within a factor of four."""
    coarse = waterfall(256)
    snr_db = np.array([0.05, 0.2, 0.35, 0.45, 0.55])
    truth = ndtr((0.2 - snr_db) / 0.1)
    assert np.all(np.abs(np.log2(coarse.probability(snr_db) / truth)) < 2)


def test_below_the_waterfall_everything_is_lost():
    assert waterfall(256).probability([-1.0, -30.0]).tolist() == [1.0, 1.0]


def test_beyond_the_last_point_errors_die_out_no_faster_than_before():
    """From one tenth of a decibel to the next the error rate falls by less than it last did."""
    before, last, beyond = table().probability([0.2, 0.3, 0.4])
    assert last / before <= beyond / last < 0.2


def test_no_errors_at_all_are_not_taken_for_an_error_rate_of_zero():
    errors = (1000, 500, 100, 0)
    assert 0 < table(errors).probability(0.3) <= table(errors).interval()[1][3]


def test_interval_is_clopper_pearson():
    low, high = table().interval(0.95)
    for errors, a, b in zip((1000, 500, 100, 1), low, high):
        expected = binomtest(errors, 1000).proportion_ci(0.95)
        assert (a, b) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert table((1000, 0), (1000, 1000)).interval()[0][1] == 0


def test_snr_at_inverts_probability():
    assert table().probability(table().snr_at(0.3)) == pytest.approx(0.3)
    with pytest.raises(LinksimError, match="use one from"):
        table().snr_at(1e-9)


@pytest.mark.parametrize("errors, blocks", [((3,), (5,)), ((7, 1), (5, 5)), ((-1, 0), (5, 5)), ((0, 0), (0, 5))])
def test_what_is_no_table_is_refused(errors, blocks):
    with pytest.raises(LinksimError, match="measured again"):
        table(errors, blocks)


@pytest.mark.parametrize(
    "info_bits, expected",
    [(8448, 8448), (8192, 8448), (7000, 7104), (4096, 4224), (2304, 2304), (168, 168)],
)
def test_long_blocks_share_the_table_of_the_nearest_length(info_bits, expected):
    configuration = CodeConfiguration(4, 1, info_bits, math.ceil(info_bits * 1.5 / 4) * 4)
    key = representative_key(configuration, 2 / 3, "awgn", 20)
    assert key.info_bits == expected
    if expected in REPRESENTATIVE_BITS:
        assert key.coded_bits == pytest.approx(expected * 1.5, abs=4)
    else:
        assert key.coded_bits == configuration.coded_bits


def test_a_channel_without_tables_is_refused():
    with pytest.raises(LinksimError, match="use awgn or rayleigh-fast"):
        transport_error_probability(Transport("4-QAM 1/3", 256), "rayleigh-slow", 0.0)


def test_code_blocks_of_a_transport_block_fail_independently(cache):
    """Of 24 code blocks of which each fails with probability p, all arrive with (1 - p)^24."""
    transport = Transport("16-QAM 2/3", 73_728)
    key = BlerKey("awgn", 4, 1, 8448, 12672, 20)
    write_tables(cache / f"{key.name}.csv", {key: table(key=key)})
    assert transport.num_code_blocks == 24
    p = table().probability(np.array([-1.0, 0.15, 0.3, 0.5]))
    probability = transport_error_probability(transport, "awgn", np.array([-1.0, 0.15, 0.3, 0.5]))
    assert probability == pytest.approx(1 - (1 - p) ** 24)
    assert transport_error_probability(transport, "awgn", 0.3).shape == ()


def test_where_nothing_fits_everything_is_lost():
    assert transport_error_probability(Transport("4-QAM 1/3", 20), "awgn", [0.0, 40.0]).tolist() == [1, 1]


def test_tables_survive_storage(tmp_path):
    other = BlerKey("rayleigh-fast", 4, 1, 8448, 12672, 20)
    tables = {KEY: table(), other: table(errors=(900, 3), blocks=(1000, 1000), key=other)}
    write_tables(tmp_path / "bler.csv", tables)
    again = read_tables(tmp_path / "bler.csv")
    assert set(again) == set(tables)
    for key, one in tables.items():
        for name in ("snr_db", "errors", "blocks"):
            assert np.array_equal(getattr(again[key], name), getattr(one, name))
    assert list(tmp_path.iterdir()) == [tmp_path / "bler.csv"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "not a table\n",
        lambda text: text.replace(",1000\n", ",x\n", 1),
        lambda text: text.replace(",500,1000", ",5000,1000"),
        lambda text: "\0" * 100,
        lambda text: "",
    ],
)
def test_a_damaged_table_is_named_and_left_as_it_is(cache, damage):
    path = cache / f"{KEY.name}.csv"
    write_tables(path, {KEY: table()})
    path.write_text(damage(path.read_text()))
    before = path.read_bytes()
    clear()
    with pytest.raises(LinksimError, match=KEY.name):
        block_error_tables(Transport("4-QAM 1/3", 256), "awgn")
    assert path.read_bytes() == before


def test_a_missing_table_is_an_error_where_it_may_not_be_measured(cache):
    with pytest.raises(LinksimError, match="measure it"):
        block_error_tables(Transport("4-QAM 1/3", 256), "awgn", measure=False)


def test_a_cache_that_cannot_be_written_is_a_line_of_its_own(tmp_path):
    (tmp_path / "bler").write_text("a file where a folder should be")
    with pytest.raises(LinksimError, match="LINKSIM_CACHE"):
        write_tables(tmp_path / "bler" / "x.csv", {KEY: table()})


def test_fingerprint_follows_the_packaged_tables(cache, monkeypatch):
    """Tables of this channel and modulation count, those of others do not."""
    before = tables_fingerprint("awgn", 2), tables_fingerprint("awgn", 4)
    write_tables(bler_store.PACKAGED, {KEY: table()})
    clear()
    assert tables_fingerprint("awgn", 2) != before[0]
    assert tables_fingerprint("awgn", 4) == before[1]


@pytest.mark.slow
def test_a_missing_table_is_measured_once_and_kept(cache, monkeypatch):
    """The measured waterfall lies within 3 dB above the BICM limit of 4-QAM 1/3, -2.26 dB."""
    transport = Transport("4-QAM 1/3", 256)
    ((measured, count),) = block_error_tables(transport, "awgn")
    assert (measured.key, count) == (KEY, 1)
    assert -2.26 < measured.snr_at(0.1) < 0.74
    assert measured.errors[0] >= 0.98 * measured.blocks[0]
    assert measured.errors[-1] < 1e-3 * measured.blocks[-1]
    monkeypatch.setattr("linksim.phy.bler.measure.measure_table", None)
    clear()
    ((again, _),) = block_error_tables(transport, "awgn")
    assert np.array_equal(again.errors, measured.errors)


@pytest.mark.slow
def test_a_coarse_measurement_is_continued_not_begun_again():
    """Blocks are numbered: counting the first 256 and then the others equals counting all."""
    simulation = BlockErrors(KEY)
    some = simulation.measure(-1.0, 10**6, 256)
    assert simulation.measure(-1.0, 10**6, 512, *some) == simulation.measure(-1.0, 10**6, 512)
    coarse = measure_table(KEY, min_errors=20, max_blocks=256)
    fine = measure_table(KEY, before=coarse, min_errors=60, max_blocks=512)
    assert set(coarse.snr_db) & set(fine.snr_db)
    assert fine.blocks.max() == 512


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_tables_foretell_what_the_chain_delivers(channel):
    """Transport blocks sent in the waterfall, CRC and all: inside the 99.9 % interval."""
    from linksim.phy.channels.flat import get_channel, noise_variance
    from linksim.phy.channels.equalize import equalize
    from linksim.phy.rng import draw_keys, picture_key

    transport = Transport("16-QAM 1/2", 512)
    draws = 400
    snr_db = block_error_tables(transport, channel)[0][0].snr_at(0.3)
    generator = np.random.default_rng(5)
    payload = generator.integers(0, 256, (draws, transport.payload_bytes)).astype(np.uint8)
    radio = get_channel(channel, csi=True)
    keys = draw_keys(picture_key(channel, "test", 0), range(draws))
    y, no = radio(transport.transmit(payload), snr_db, keys), noise_variance(snr_db)
    if radio.csi:
        y, no = equalize(*y, no)
    lost = draws - int(transport.receive(y, no).delivered.sum())
    interval = binomtest(lost, draws).proportion_ci(0.999)
    assert interval.low <= transport_error_probability(transport, channel, snr_db) <= interval.high


def packaged_keys(channel):
    return [key for key in bler_store.packaged_tables() if key.channel == channel]


@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_kodak_and_cifar_need_no_measurement(channel):
    """Every scheme of the papers at the usual bandwidths finds its table in the package."""
    uses = [24_576, 49_152, 73_728, 98_304, 147_456, 256, 512]
    missing = set(needed_keys(PAPER_MCS, uses, channel)) - set(packaged_keys(channel))
    assert not missing, f"missing: {sorted(key.name for key in missing)}"


def test_long_codes_lose_at_most_1_2_db_against_their_bicm_limit():
    """Ten per cent of code blocks of 8448 bits are lost within 1.2 dB above the limit on AWGN."""
    seen = 0
    for key, packaged in bler_store.packaged_tables().items():
        if key.channel != "awgn" or key.info_bits != 8448:
            continue
        limit = bicm_limit_db(key.bits_per_symbol, key.info_bits / key.coded_bits)
        assert limit < packaged.snr_at(0.1) < limit + 1.2, key.name
        seen += 1
    assert seen == 9
