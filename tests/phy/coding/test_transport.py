"""Bytes to symbols and back in an exact number of channel uses."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.phy.coding.decoders.belief_propagation import BeliefPropagation
from linksim.phy.coding.transport import Transport


def random_payload(transport, batch=2, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (batch, transport.payload_bytes)).astype(np.uint8)


def complex_noise(shape, no, seed=0):
    generator = np.random.default_rng(seed)
    return np.sqrt(no / 2) * (generator.normal(size=shape) + 1j * generator.normal(size=shape))


@pytest.mark.parametrize(
    "mcs, num_symbols",
    [
        ("16-QAM 1/2", 20),
        ("4-QAM 1/3", 256),
        ("64-QAM 3/4", 512),
        ("256-QAM 3/4", 333),
        ("nr1:0", 2000),  # far below rate 1/5: the circular buffer wraps around
        ("nr3:0", 3000),
        ("4-QAM 1/3", 12_701),  # one code block at the limit of base graph 1
        ("16-QAM (4096, 6144)", 4000),
        ("nr2:27", 2500),
    ],
)
def test_without_noise_every_byte_arrives(mcs, num_symbols):
    transport = Transport(mcs, num_symbols)
    payload = random_payload(transport)
    symbols = transport.transmit(payload)
    assert symbols.shape == (2, num_symbols)
    received = transport.receive(symbols, 1e-3)
    assert received.delivered.all() and received.blocks_passed.all()
    assert received.blocks_passed.shape == (2, transport.num_code_blocks)
    assert received.payload.dtype == np.uint8
    assert np.array_equal(received.payload, payload)


@pytest.mark.slow
@pytest.mark.parametrize("mcs", ["4-QAM 1/3", "16-QAM 2/3", "64-QAM 3/4"])
def test_a_kodak_picture_at_one_sixteenth_arrives_one_decibel_above_its_cliff(mcs):
    transport = Transport(mcs, 73_728)
    snr_db = {"4-QAM 1/3": -0.8, "16-QAM 2/3": 9.8, "64-QAM 3/4": 16.3}[mcs]
    no = 10 ** (-snr_db / 10)
    payload = random_payload(transport, batch=1)
    received = transport.receive(transport.transmit(payload) + complex_noise([1, 73_728], no), no)
    assert received.delivered.all()
    assert np.array_equal(received.payload, payload)


def test_mean_symbol_power_is_one():
    """Over random payloads of every modulation, to within the spread of the constellation."""
    for mcs in ["4-QAM 1/2", "16-QAM 1/2", "64-QAM 1/2", "256-QAM 3/4"]:
        transport = Transport(mcs, 4000)
        power = np.mean(np.abs(transport.transmit(random_payload(transport, 4)).numpy()) ** 2)
        assert power == pytest.approx(1.0, abs=0.02)


def test_symbols_lie_on_the_constellation_of_38_211():
    """16-QAM has the levels 1 and 3, over the square root of 10, in both dimensions."""
    transport = Transport("16-QAM 1/2", 500)
    symbols = transport.transmit(random_payload(transport)).numpy() * np.sqrt(10)
    levels = np.unique(np.round(np.concatenate([symbols.real, symbols.imag]), 4))
    assert levels.tolist() == [-3, -1, 1, 3]


@pytest.mark.parametrize("bits_per_symbol", [2, 4, 6, 8])
def test_demapping_one_dimension_at_a_time_is_exact(bits_per_symbol):
    """LLRs of square Gray QAM equal those of Sionna's demapper on all points."""
    from sionna.phy.mapping import Demapper

    from linksim.phy._tf import tf
    from linksim.phy.coding.qam import QamDemapper

    y = tf.constant(complex_noise([3, 50], 1.0), tf.complex64)
    no = tf.constant(np.random.default_rng(2).uniform(0.05, 1, [3, 50]), tf.float32)
    reference = Demapper("app", "qam", bits_per_symbol)(y, no)
    np.testing.assert_allclose(QamDemapper(bits_per_symbol)(y, no), reference, rtol=1e-3, atol=1e-3)


def test_a_lost_code_block_is_named_and_the_transport_block_not_delivered():
    transport = Transport("16-QAM 2/3", 9216)
    assert transport.num_code_blocks == 3
    payload = random_payload(transport)
    y = transport.transmit(payload).numpy()
    y[1, 3072:6144] = complex_noise([3072], 1.0)
    received = transport.receive(y, 0.05)
    assert received.blocks_passed.tolist() == [[True, True, True], [True, False, True]]
    assert received.delivered.tolist() == [True, False]
    assert np.array_equal(received.payload[0], payload[0])


@pytest.mark.parametrize("value", [0.0, np.nan, 1e-9])
def test_symbols_without_information_are_never_delivered(value):
    """An erased block decodes to zeros, which pass every CRC: it must be lost all the same."""
    transport = Transport("4-QAM 1/2", 300)
    received = transport.receive(np.full([2, 300], value, np.complex64), 1.0)
    assert not received.delivered.any() and not received.blocks_passed.any()


def test_pure_noise_is_never_delivered():
    transport = Transport("4-QAM 1/2", 300)
    assert not transport.receive(complex_noise([64, 300], 1.0), 1.0).delivered.any()


def test_a_row_does_not_depend_on_the_batch():
    """Near the cliff, where some rows are lost, each row decodes alone as it does among others."""
    transport = Transport("4-QAM 1/2", 1000)
    payload = random_payload(transport, 40)
    y = transport.transmit(payload).numpy() + complex_noise([40, 1000], 10**-0.1)
    together = transport.receive(y, 10**-0.1)
    assert 0 < together.delivered.sum() < 40
    for rows in (slice(0, 1), slice(1, 8), slice(8, 40)):
        part = transport.receive(y[rows], 10**-0.1)
        assert np.array_equal(part.delivered, together.delivered[rows])
        assert np.array_equal(part.payload, together.payload[rows])
    symbols = transport.transmit(payload[3:4]).numpy()
    assert np.array_equal(symbols, transport.transmit(payload).numpy()[3:4])


def test_noise_variance_may_be_given_per_call_row_or_symbol():
    """A weak row demapped with its own noise variance arrives; the shapes mean the same."""
    transport = Transport("16-QAM 1/2", 600)
    no = np.array([0.02, 0.1], np.float32)
    y = transport.transmit(random_payload(transport)).numpy() + complex_noise([2, 600], 1) * np.sqrt(no)[:, None]
    for shape in (no, no[:, None], np.repeat(no[:, None], 600, axis=1), 0.05):
        assert transport.receive(y, shape).delivered.all()


def test_a_budget_too_small_for_a_byte_does_not_fit():
    transport = Transport("4-QAM 1/3", 20)
    assert not transport.fits
    assert (transport.payload_bytes, transport.num_code_blocks, transport.coded_bits) == (0, 0, [])
    assert transport.bandwidth_items() == {"unused": 20.0}
    with pytest.raises(LinksimError, match="use more"):
        transport.transmit(np.zeros([1, 0], np.uint8))


def test_wrong_arrays_are_refused():
    transport = Transport("16-QAM 1/2", 100)
    with pytest.raises(LinksimError, match="use uint8"):
        transport.transmit(np.zeros([1, transport.payload_bytes + 1], np.uint8))
    with pytest.raises(LinksimError, match="use uint8"):
        transport.transmit(np.zeros([1, transport.payload_bytes], np.float32))
    with pytest.raises(LinksimError, match="use"):
        transport.receive(np.zeros([1, 99], np.complex64), 1.0)
    with pytest.raises(LinksimError, match="per symbol"):
        transport.receive(np.zeros([2, 100], np.complex64), np.ones(3))


def test_an_empty_batch_stays_empty():
    transport = Transport("16-QAM 1/2", 100)
    symbols = transport.transmit(np.zeros([0, transport.payload_bytes], np.uint8))
    assert symbols.shape == (0, 100)
    assert transport.receive(symbols, 1.0).payload.shape == (0, transport.payload_bytes)


@pytest.mark.parametrize("mcs", ["16-QAM 2/3", "64-QAM 2/3"])
def test_a_payload_of_zeros_is_sent_like_any_other(mcs):
    """Scrambled (TS 38.211, 7.3.1.1): mean power 1 and all points of the constellation, in every code block."""
    transport = Transport(mcs, 12_288)
    symbols = transport.transmit(np.zeros([1, transport.payload_bytes], np.uint8)).numpy()[0]
    for block in np.split(symbols, transport.num_code_blocks):
        assert np.mean(np.abs(block) ** 2) == pytest.approx(1.0, abs=0.05)
        assert len(np.unique(np.round(block, 3))) == 2**transport.mcs.bits_per_symbol


def test_fingerprint_follows_sizes_decoder_and_parts(monkeypatch):
    made = [
        Transport("16-QAM 1/2", 100),
        Transport("16-QAM 1/2", 101),
        Transport("16-QAM 2/3", 100),
        Transport("16-QAM 1/2", 100, "bp10"),
        Transport("16-QAM 1/2", 100, redundancy_versions=(0, 2)),
    ]
    before = [transport.fingerprint() for transport in made]
    assert len(set(before)) == len(made)
    for module in (
        "decoders.layered",
        "ldpc",
        "qam",
        "scrambling",
        "segmentation",
        "plan",
        "chain",
        "transport",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"linksim.phy.coding.{module}.VERSION", 10_000)
            assert made[0].fingerprint() != before[0], module


def test_an_unknown_decoder_is_refused():
    with pytest.raises(LinksimError, match="choose one of layered20 or bp20"):
        Transport("16-QAM 1/2", 100, "viterbi")
    with pytest.raises(LinksimError, match="iterations"):
        Transport("16-QAM 1/2", 100, BeliefPropagation(0))
