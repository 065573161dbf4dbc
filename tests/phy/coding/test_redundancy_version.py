"""Redundancy versions, and a link that retransmits: a sketch of hybrid ARQ (TS 38.212, 5.4.2.1)."""

import numpy as np
import pytest

from linksim import identity
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.phy import Awgn, Transport
from linksim.phy._tf import tf
from linksim.phy.coding.ldpc import LdpcCode
from linksim.phy.rng import draw_keys, picture_key


def random_bits(rows, n, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (rows, n)).astype(np.float32)


@pytest.mark.parametrize("base_graph, columns", [(1, (0, 17, 33, 56)), (2, (0, 13, 25, 43))])
@pytest.mark.parametrize("info_bits", [600, 1000, 2500])
def test_a_version_starts_where_38_212_says(base_graph, columns, info_bits):
    """k_0 of table 5.4.2.1-2 in the buffer with filler bits, which are then skipped, written out by hand."""
    n = 2 * info_bits
    code = LdpcCode(base_graph, info_bits, n, 2, (0, 1, 2, 3))
    bits = random_bits(2, info_bits)
    # Version 0 with as many bits as there are is the whole buffer without filler bits.
    whole = LdpcCode(base_graph, info_bits, code.buffer_bits // 2 * 2, 2)
    buffer = deinterleaved(whole.encode(tf.constant(bits)).numpy())
    z, fillers = code.encoder.z, code.encoder.k_ldpc - info_bits
    length = {1: 66, 2: 50}[base_graph] * z
    filler = np.zeros(length, bool)
    filler[info_bits - 2 * z : info_bits - 2 * z + fillers] = True
    position = np.cumsum(~filler) - 1  # in the buffer without filler bits
    for version, column in enumerate(columns):
        sent = deinterleaved(code.encode(tf.constant(bits), version).numpy())
        order = [position[i % length] for i in range(column * z, column * z + 2 * length) if not filler[i % length]]
        usable = [(i, j) for i, j in enumerate(order[:n]) if j < buffer.shape[1]]
        at, of = np.array(usable).T
        assert len(at) >= n - 1
        np.testing.assert_array_equal(sent[:, at], buffer[:, of])


def deinterleaved(coded, bits_per_symbol=2):
    """Undo the bit interleaver of 5.4.2.2."""
    rows, n = coded.shape
    return coded.reshape(rows, n // bits_per_symbol, bits_per_symbol).transpose(0, 2, 1).reshape(rows, n)


@pytest.mark.parametrize("version", [0, 1, 2, 3])
@pytest.mark.parametrize("coded_bits", [1000, 6400])
def test_recovering_the_rate_puts_bits_where_they_came_from(version, coded_bits):
    """Two versions agree where both know a bit; repetitions add up."""
    code = LdpcCode(2, 500, coded_bits, 4, (0, 1, 2, 3))
    bits = tf.constant(random_bits(3, 500))
    llr = [2 * code.encode(bits, v) - 1 for v in (0, version)]
    first, other = (code.recover_rate(x, v).numpy() for x, v in zip(llr, (0, version), strict=True))
    known = (first != 0) & (other != 0)
    assert known.sum() > 0 or coded_bits == 1000
    np.testing.assert_array_equal(np.sign(first[known]), np.sign(other[known]))
    assert np.abs(other).sum() == 3 * coded_bits


@pytest.mark.parametrize("mcs", ["16-QAM 1/2", "64-QAM 3/4", "4-QAM 1/3"])
def test_version_zero_sends_the_same_symbols_whatever_may_follow(mcs):
    alone, more = Transport(mcs, 900), Transport(mcs, 900, redundancy_versions=(0, 2))
    payload = np.random.default_rng(0).integers(0, 256, (2, alone.payload_bytes)).astype(np.uint8)
    np.testing.assert_array_equal(alone.transmit(payload).numpy(), more.transmit(payload).numpy())
    assert not np.array_equal(more.transmit(payload, 2).numpy(), more.transmit(payload).numpy())
    with pytest.raises(LinksimError, match="redundancy version 2"):
        alone.transmit(payload, 2)


def test_a_second_version_adds_more_than_a_repetition():
    """4 dB below the cliff at rate 0.7: one transmission fails, two of version 0 fail, 0 and 2 together arrive.

    Two alike are worth 3 dB, one at half the rate is worth more (incremental redundancy).
    """
    transport = Transport("4-QAM 2/3", 1500, redundancy_versions=(0, 2))
    payload = np.random.default_rng(0).integers(0, 256, (30, transport.payload_bytes)).astype(np.uint8)
    snr_db, keys = -0.2, draw_keys(picture_key("awgn", "harq", 0), range(30))
    received = {}
    for name, version, start in (("first", 0, 0), ("repeated", 0, 1500), ("second", 2, 1500)):
        y, no = Awgn()(transport.transmit(payload, version), snr_db, keys, start)
        received[name] = transport.soft_bits(y, no, version)
    alone = transport.decode(received["first"]).delivered.mean()
    repeated = transport.decode(received["first"] + received["repeated"]).delivered.mean()
    combined = transport.decode(received["first"] + received["second"])
    assert alone == 0.0 and repeated < 0.8 and combined.delivered.mean() > 0.95
    assert np.array_equal(combined.payload[combined.delivered], payload[combined.delivered])


class RetransmittingLink(Link):
    """Raw pixels behind LDPC; what fails is sent once more as redundancy version 2 and combined."""

    def __init__(self, mcs, channel, num_symbols):
        self.name, self.channel = "hybrid ARQ", channel
        self.transport = Transport(mcs, num_symbols, redundancy_versions=(0, 2))

    def fingerprint(self):
        return identity.fingerprint("retransmitting link", 1, channel=self.channel, transport=self.transport)

    def transmit(self, pictures, value, draws, seed=0):
        outcomes, n = [], self.transport.num_symbols
        for index, picture in enumerate(pictures):
            payload = np.resize(picture.pixels.ravel(), [1, self.transport.payload_bytes]).astype(np.uint8)
            keys = draw_keys(picture_key(self.channel.noise_identity, picture.sha256, seed), draws)
            sent = tf.repeat(self.transport.transmit(payload), len(draws), 0)
            first = self.transport.soft_bits(*self.channel(sent, value, keys))
            arrived, uses = self.transport.decode(first).delivered, np.full(len(draws), n)
            if (again := np.flatnonzero(~arrived)).size:
                sent = tf.repeat(self.transport.transmit(payload, 2), len(again), 0)
                second = self.transport.soft_bits(*self.channel(sent, value, tf.gather(keys, again), start=n), 2)
                arrived[again] = self.transport.decode(first[again] + second).delivered
                uses[again] += n
            shown = np.where(arrived[:, None, None, None], picture.pixels, 128).astype(np.uint8)
            outcomes.append(Outcomes(np.full(len(draws), index), np.ones(len(draws), int), arrived, shown, None, uses))
        return Reception([outcomes], [[Bandwidth(2 * n) for _ in pictures]])


def test_a_link_that_retransmits_charges_each_draw_what_it_took():
    """High up one transmission is enough, at the cliff some draws take two, and two reach lower than one."""
    picture = Picture("small", np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8))
    link = RetransmittingLink("4-QAM 2/3", Awgn(), 600)

    def uses_and_arrivals(snr_db):
        (outcomes,) = link.transmit([picture], snr_db, range(40)).layers[0]
        return outcomes.channel_uses, outcomes.delivered

    uses, arrived = uses_and_arrivals(8.0)
    assert arrived.all() and set(uses) == {600}
    uses, arrived = uses_and_arrivals(3.1)
    assert arrived.all() and set(uses) == {600, 1200}
    uses, arrived = uses_and_arrivals(0.5)
    assert arrived.mean() > 0.9 and set(uses) == {1200}


def test_a_code_that_was_not_made_for_a_version_says_so():
    with pytest.raises(LinksimError, match="give some of 0, 1, 2, 3"):
        LdpcCode(2, 500, 1000, 2, (4,))
