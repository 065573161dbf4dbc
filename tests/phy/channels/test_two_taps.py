"""A sketch: a channel with two taps, whose receiver learns them from pilots that are charged."""

import numpy as np
import pytest
from link_fakes import rows_decode, rows_encode

from linksim.images import Picture
from linksim.links import AnalogLink, SeparationLink
from linksim.phy import get_mcs
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel, Received
from linksim.phy.channels.equalize import equalize
from linksim.phy.rng import Stream, complex_normal
from linksim.source import Jpeg

PILOT_NOISE = 0x50494C4F


class TwoTaps(Channel):
    """OFDM of 64 subcarriers over y[t] = h0 x[t] + h1 x[t - 1] + n[t], one pair of taps per transmission.

    A cyclic prefix of one symbol per block keeps blocks apart; one block of pilots of power 1 tells the taps
    to the receiver, as far as its noise lets them be seen.
    """

    name = "two-taps"
    fades = True
    SUBCARRIERS = 64

    def __init__(self):
        super().__init__(csi=True)

    def overhead(self, num_symbols):
        return self.SUBCARRIERS + 1 + -(-num_symbols // self.SUBCARRIERS)

    def _response(self, taps, n, start):
        spectrum = tf.signal.fft(tf.pad(taps, [[0, 0]] * (len(taps.shape) - 1) + [[0, self.SUBCARRIERS - 2]]))
        return tf.gather(spectrum, (start + tf.range(n)) % self.SUBCARRIERS, axis=-1)

    def fading(self, keys, n, start=0):
        power = tf.constant([0.8**0.5, 0.2**0.5], tf.complex64)
        return self._response(complex_normal(keys, 2, Stream.FADING) * power, n, start)

    def call(self, x, no, keys, start):
        n = tf.shape(x)[-1]
        sigma = tf.cast(tf.sqrt(no), tf.complex64)
        y = self.fading(keys, n, start) * x + sigma * complex_normal(keys, n, Stream.NOISE, start)
        # Least squares over the pilots: the noise of 64 of them in two taps.
        pilots = self.fading(keys, self.SUBCARRIERS) + sigma * complex_normal(keys, self.SUBCARRIERS, PILOT_NOISE)
        estimate = self._response(tf.signal.ifft(pilots)[..., :2], n, start)
        return Received(*equalize(y, estimate, no * tf.ones(tf.concat([tf.shape(x)[:-1], [1]], 0))))


@pytest.fixture
def picture():
    return Picture("p", np.random.default_rng(1).integers(60, 200, (32, 48, 3), np.uint8))


def test_an_analog_link_pays_for_pilots_and_prefixes(picture):
    link = AnalogLink((rows_encode, rows_decode), TwoTaps(), probe_size=(32, 48))
    ((bandwidth,),) = link.transmit([picture], 30.0, range(2)).bandwidth
    symbols = 32 * 48 * 3 // 2
    assert bandwidth.items == {"symbols": symbols, "channel overhead": 65 + symbols // 64}
    assert bandwidth.channel_uses == sum(bandwidth.items.values())


def test_a_digital_link_keeps_its_budget_and_gets_through(picture):
    link = SeparationLink(Jpeg(), get_mcs("4-QAM 1/3"), TwoTaps(), cbr=1.0, mode="chain")
    reception = link.transmit([picture], 25.0, range(6))
    ((bandwidth,),) = reception.bandwidth
    assert bandwidth.channel_uses == 32 * 48 * 3
    assert bandwidth.items["channel overhead"] > 65
    assert sum(int(o.count[0]) for o in reception.layers[0] if o.delivered[0]) >= 5


def test_what_the_receiver_learns_gets_better_with_the_snr():
    """The error of equalised symbols falls with the noise, and a part later in a transmission meets the same taps."""
    channel, keys = TwoTaps(), np.arange(40, dtype=np.uint32).reshape(20, 2)
    x = np.ones((20, 640), np.complex64)
    errors = [np.median(np.abs(channel(x, snr, keys).symbols.numpy() - 1)) for snr in (0.0, 20.0, 40.0)]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    late = channel(x[:, :64], 40.0, keys, start=128).symbols.numpy()
    np.testing.assert_allclose(late, channel(x, 40.0, keys).symbols.numpy()[:, 128:192], atol=1e-4)
