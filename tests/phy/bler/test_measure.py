"""Measuring block-error tables: what is counted, that a kill loses one point at most, that it is shown."""

import numpy as np
import pytest
from bler_tables import KEY, clear

from linksim.errors import LinksimError
from linksim.phy import RayleighFast, Transport, bicm_limit_db, get_channel
from linksim.phy.bler import find, measure, probability
from linksim.phy.bler.measure import BlockErrors, measure_table
from linksim.phy.bler.probability import block_error_curves, block_error_tables
from linksim.phy.bler.store import Progress, packaged_tables
from linksim.phy.bler.table import BlerKey
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.coding.decoders import get_decoder


@pytest.mark.slow
def test_a_missing_table_is_measured_once_and_kept(cache, monkeypatch):
    """The measured waterfall lies within 3 dB above the BICM limit of 4-QAM 1/3, -2.26 dB."""
    transport = Transport("4-QAM 1/3", 256)
    ((measured, count),) = block_error_tables(transport, "awgn")
    assert (measured.key, count) == (KEY, 1)
    assert -2.26 < waterfall(measured).snr_at(0.1) < 0.74
    assert measured.errors[0] >= 0.98 * measured.blocks[0]
    assert measured.errors[-1] < 1e-3 * measured.blocks[-1]
    monkeypatch.setattr("linksim.phy.bler.find.measure_table", None)
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


class FakeErrors:
    """Block errors by a formula: a waterfall of 168 bits around -1 dB. Counts what is asked of it."""

    asked = 0
    kill_after = None

    def __init__(self, key, channel=None, decoder=None):
        from linksim.phy import Awgn

        self.channel = Awgn()

    def measure(self, snr_db, min_errors, max_blocks, errors=0, blocks=0):
        FakeErrors.asked += 1
        if FakeErrors.asked == FakeErrors.kill_after:
            raise KeyboardInterrupt
        return round(max_blocks / (1 + np.exp(6 * (snr_db + 1)))), max_blocks


@pytest.fixture
def fake(monkeypatch, cache):
    monkeypatch.setattr(measure, "BlockErrors", FakeErrors)
    monkeypatch.setattr(FakeErrors, "asked", 0)
    monkeypatch.setattr(FakeErrors, "kill_after", None)
    return FakeErrors


def test_a_measurement_that_was_killed_goes_on_where_it_was(fake, cache):
    """Killed at any moment and begun again: the same table, and no finished point is measured twice."""
    whole = measure_table(KEY)
    total = fake.asked
    transport = Transport("4-QAM 1/3", 256)
    for kill_after in range(1, total + 1):
        fake.asked, fake.kill_after = 0, kill_after
        with pytest.raises(KeyboardInterrupt):
            block_error_tables(transport, "awgn")
        (part,) = cache.glob("*.part.json") if kill_after > 1 else (None,)
        fake.kill_after = None
        ((table, _),) = block_error_tables(transport, "awgn")
        assert fake.asked == total + 1  # the one that was killed, once more
        for name in ("snr_db", "errors", "blocks"):
            np.testing.assert_array_equal(getattr(table, name), getattr(whole, name))
        assert not list(cache.glob("*.part.json"))
        for path in cache.iterdir():
            path.unlink()
        clear()


def test_a_measurement_is_shown_without_a_terminal(fake, cache, capsys):
    """One line at the beginning and one at the end of every table, on standard error."""
    block_error_tables(Transport("4-QAM 1/3", 256), "awgn")
    out, err = capsys.readouterr()
    first, last = err.splitlines()
    assert (
        out == ""
        and KEY.name in first
        and first.startswith("linksim: measuring")
        and last.startswith("linksim: measured")
    )


def test_a_continued_measurement_says_so(fake, cache, capsys):
    fake.kill_after = 8
    with pytest.raises(KeyboardInterrupt):
        block_error_tables(Transport("4-QAM 1/3", 256), "awgn")
    fake.kill_after = None
    block_error_tables(Transport("4-QAM 1/3", 256), "awgn")
    assert "points of before" in capsys.readouterr().err


def test_a_table_of_another_way_of_measuring_is_not_reused(fake, cache, monkeypatch):
    transport = Transport("4-QAM 1/3", 256)
    block_error_tables(transport, "awgn")
    before = fake.asked
    block_error_tables(transport, "awgn")
    assert fake.asked == before
    monkeypatch.setattr("linksim.phy.coding.decoders.layered.VERSION", 10_000)
    block_error_tables(transport, "awgn")
    assert fake.asked == 2 * before


def test_a_size_without_a_table_is_predicted_and_nothing_measured(monkeypatch):
    monkeypatch.setattr(find, "measure_table", None)
    transport = Transport("16-QAM 1/2", 777)
    ((curve, count),) = block_error_curves(transport, "awgn")
    assert count == 1 and bicm_limit_db(4, 0.5) < curve.snr_at(0.1) < bicm_limit_db(4, 0.5) + 2.0
    with pytest.raises(LinksimError, match="measure it"):
        block_error_tables(transport, "awgn", measure=False)
    with pytest.raises(LinksimError, match="predicted, exact"):
        block_error_curves(transport, "awgn", tables="best")


def test_a_table_of_the_package_comes_before_a_prediction():
    key = next(key for key in packaged_tables() if key.decoder == "layered20")
    curve = probability._curve(key, get_channel(key.channel, csi=True), get_decoder(key.decoder), "predicted")
    assert curve is waterfall(packaged_tables()[key])


def test_where_nothing_can_be_predicted_it_is_measured(fake, cache):
    """There are no packaged tables here."""
    ((curve, _),) = block_error_curves(Transport("4-QAM 1/3", 256), "awgn")
    assert curve.name == KEY.name and fake.asked


def test_what_is_asked_for_exactly_is_measured(fake, cache, monkeypatch):
    monkeypatch.setattr("linksim.phy.bler.predicted.predicted_curve", None)
    ((curve, _),) = block_error_curves(Transport("4-QAM 1/3", 256), "awgn", tables="exact")
    assert curve.name == KEY.name and fake.asked


def test_a_key_is_for_its_own_channel_and_decoder():
    with pytest.raises(LinksimError, match="the key names"):
        BlockErrors(KEY, channel=RayleighFast(csi=True))
    with pytest.raises(LinksimError, match="no decoder"):
        BlockErrors(BlerKey("awgn", 2, 2, 168, 512, "viterbi"))


def test_a_block_depends_on_its_number_only():
    simulation = BlockErrors(KEY)
    assert simulation.count(-1.0, 0, 90) == simulation.count(-1.0, 0, 40) + simulation.count(-1.0, 40, 90)
    assert 0 < simulation.count(-1.0, 0, 90) < 90


def test_progress_without_a_file_keeps_nothing(tmp_path):
    progress = Progress()
    progress.save()
    progress.remove()
    assert not list(tmp_path.iterdir())
