"""Encoding, CRCs, rate matching and QAM in compiled loops, against Sionna's blocks and plain arithmetic."""

import numpy as np
import pytest
import tensorflow as tf
from sionna.phy.fec.crc import CRCEncoder
from sionna.phy.fec.ldpc import LDPC5GEncoder
from sionna.phy.mapping import Demapper, Mapper

from linksim.phy.coding import _turns
from linksim.phy.coding.chain import CodeBlockChain
from linksim.phy.coding.ldpc import LdpcCode
from linksim.phy.coding.plan import CodeConfiguration
from linksim.phy.coding.qam import QamDemapper, QamMapper
from linksim.phy.coding.segmentation import Crc


def some_bits(rows, n, seed=0):
    return np.random.default_rng(seed).integers(0, 2, [rows, n]).astype(np.float32)


# A lifting size of each of the eight sets of TS 38.212, table 5.3.2-1, for both base graphs, small and large ones.
@pytest.mark.parametrize(
    ("base_graph", "info_bits", "lifting"),
    [
        *[(1, 22 * z - fillers, z) for z, fillers in ((16, 0), (384, 0), (160, 7), (224, 100), (18, 3), (176, 1))],
        *[(1, 22 * z, z) for z in (52, 240, 208, 15)],
        *[(2, 10 * z - fillers, z) for z, fillers in ((384, 0), (320, 9), (112, 40), (144, 0), (352, 2), (208, 5))],
        *[(2, k, z) for k, z in ((12, 2), (100, 18), (192, 32), (300, 40), (640, 72), (560, 72))],
    ],
)
def test_code_words_are_those_of_sionna(base_graph, info_bits, lifting):
    code = LdpcCode(base_graph, info_bits, 4 * info_bits, 2, redundancy_versions=(0, 2))
    assert code.graph.lifting == lifting
    bits = some_bits(5, info_bits)
    expected = code.encoder(tf.constant(bits)).numpy()
    assert np.array_equal(code._buffer_of(bits), expected[:, : code.buffer_bits])


def test_rate_matched_bits_are_those_of_sionna():
    """Its interleaver too."""
    sionna = LDPC5GEncoder(400, 840, num_bits_per_symbol=4)
    bits = some_bits(3, 400)
    code = LdpcCode(2, 400, 840, 4)
    assert np.array_equal(code.encode(bits), sionna(tf.constant(bits)))


@pytest.mark.parametrize(("coded_bits", "version"), [(400, 2), (3000, 0), (3000, 3), (840, 1)])
def test_rates_are_matched_and_recovered(coded_bits, version):
    """By the text of TS 38.212, 5.4.2.1 and 5.4.2.2, one bit after the other."""
    code = LdpcCode(2, 200, coded_bits, 4, redundancy_versions=(0, 1, 2, 3))
    bits = some_bits(2, 200)
    buffer, start = code._buffer_of(bits), code._starts[version]
    order = [(start + k) % code.buffer_bits for k in range(coded_bits)]
    rows = np.array(order).reshape(4, -1).T.reshape(-1)  # written row by row, read column by column
    assert np.array_equal(code.encode(bits, version), buffer[:, rows])

    llr = np.random.default_rng(1).normal(size=[2, coded_bits]).astype(np.float32)
    expected = np.zeros([2, code.buffer_bits])
    for place, value in zip(rows, llr.T):
        expected[:, place] += value
    np.testing.assert_allclose(code.recover_rate(llr, version), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["CRC24A", "CRC24B"])
@pytest.mark.parametrize("length", [1, 7, 8, 40, 101, 8424])
def test_crcs_are_those_of_sionna(name, length):
    bits = some_bits(4, length)
    closed = Crc(name).attach(bits)
    assert np.array_equal(closed, CRCEncoder(name)(tf.constant(bits)))
    assert Crc(name).check(closed).numpy().all()
    assert closed.dtype == tf.float32


@pytest.mark.parametrize("bits_per_symbol", [2, 4, 6, 8])
def test_symbols_are_those_of_sionna(bits_per_symbol):
    bits = some_bits(3, 60 * bits_per_symbol)
    assert np.array_equal(QamMapper(bits_per_symbol)(bits), Mapper("qam", bits_per_symbol)(tf.constant(bits)))


@pytest.mark.parametrize("bits_per_symbol", [2, 4, 6, 8])
@pytest.mark.parametrize("snr_db", [-10.0, 5.0, 20.0])
def test_llrs_are_those_of_all_points_of_the_constellation(bits_per_symbol, snr_db):
    """Those of Sionna's exact demapper, which looks at all points."""
    rng, no = np.random.default_rng(0), np.float32(10 ** (-snr_db / 10))
    x = QamMapper(bits_per_symbol)(some_bits(2, 700 * bits_per_symbol)).numpy()
    noise = rng.normal(size=[2, 700, 2]) @ [1, 1j] * np.sqrt(no / 2)
    y = (x + noise).astype(np.complex64)
    expected = Demapper("app", "qam", bits_per_symbol)(tf.constant(y), tf.fill(y.shape, no)).numpy()
    found = QamDemapper(bits_per_symbol)(y, np.full(y.shape, no)).numpy()
    told = np.abs(expected) < 60
    np.testing.assert_allclose(found[told], expected[told], rtol=2e-5, atol=1e-4)
    assert np.array_equal(np.sign(found[~told]), np.sign(expected[~told]))
    assert np.all(np.abs(found[~told]) > 59)


@pytest.mark.parametrize("bits_per_symbol", [2, 4, 6, 8])
def test_hostile_symbols_leave_their_neighbours_alone(bits_per_symbol):
    y = QamMapper(bits_per_symbol)(some_bits(1, 300 * bits_per_symbol)).numpy()
    no = np.full(y.shape, 0.1, np.float32)
    alone = QamDemapper(bits_per_symbol)(y, no).numpy().reshape(300, -1)
    y[0, 10], y[0, 20], y[0, 30], no[0, 40] = np.nan, np.inf, 1e30, np.nan
    found = QamDemapper(bits_per_symbol)(y, no).numpy().reshape(300, -1)
    others = np.setdiff1d(np.arange(300), [10, 20, 30, 40])
    assert np.array_equal(found[others], alone[others])


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_do_not_depend_on_their_neighbours_or_on_threads(monkeypatch, threads):
    chain = CodeBlockChain(CodeConfiguration(6, 2, 500, 1002), decoder="layered20")
    bits = some_bits(40, chain.block_bits)
    x = chain.transmit(bits).numpy()
    y = x + (np.random.default_rng(1).normal(size=[*x.shape, 2]) @ [0.1, 0.1j]).astype(np.complex64)
    no = np.full(y.shape, 0.02, np.float32)
    monkeypatch.setattr(_turns, "_threads_of_tensorflow", lambda: threads)
    together = chain.transmit(bits), chain.soft_bits(y, no), *chain.receive(y, no)
    alone = chain.transmit(bits[7:8]), chain.soft_bits(y[7:8], no[7:8]), *chain.receive(y[7:8], no[7:8])
    for some, one in zip(together, alone):
        assert np.array_equal(some[7:8], one)
    assert np.array_equal(together[0], x)
