"""Hybrid automatic repeat request: what it takes, what it gives, and that nothing else changes."""

import csv

import numpy as np
import pytest
from scipy.stats import binomtest

from linksim import Sweep
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import SeparationLink
from linksim.links.retransmission import REDUNDANCY_VERSIONS, noise_identities, send
from linksim.phy import Awgn, RayleighFast, RayleighSlow, Transport, bicm_capacity, get_mcs
from linksim.phy._tf import tf
from linksim.phy.rng import draw_keys, picture_key
from linksim.source import Jpeg

CHANNELS = [Awgn(), RayleighSlow(csi=True), RayleighFast(csi=True)]


@pytest.fixture(scope="module")
def picture():
    i, j, c = np.mgrid[0:32, 0:48, 0:3]
    return Picture("waves", np.rint(127 + 80 * np.sin(0.2 * i + 0.1 * j * (c + 1))).astype(np.uint8))


def link(harq=4, channel=None, mcs="16-QAM 1/2", cbr=0.9, **options):
    return SeparationLink(Jpeg(), get_mcs(mcs), channel or Awgn(), cbr, mode="chain", harq=harq, **options)


def sent(made, picture, snr_db, draws):
    """For every outcome: (delivered, transmissions) and how many draws had it."""
    one = made.plan(picture).bandwidth.channel_uses
    counts = {}
    for outcomes in made.transmit([picture], snr_db, draws).layers[0]:
        uses = np.full(len(outcomes.count), one) if outcomes.channel_uses is None else outcomes.channel_uses
        for delivered, count, spent in zip(outcomes.delivered, outcomes.count, uses, strict=True):
            what = bool(delivered), int(spent) / one
            counts[what] = counts.get(what, 0) + int(count)
    return counts


def arrivals(transport, channel, snr_db, num_draws, harq):
    """Of random bytes, by draw."""
    payload = np.random.default_rng(0).integers(0, 256, transport.payload_bytes, np.uint8).tobytes()
    keys = [draw_keys(picture_key(noise, "x", 0), range(num_draws)) for noise in noise_identities(channel, harq)]
    return payload, keys, send(transport, channel, payload, keys, snr_db)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_the_first_transmission_is_that_of_a_link_without(channel):
    """To the last draw: one receives in one go, the other keeps soft bits of a whole circular buffer."""
    mcs, snr_db = get_mcs("16-QAM 1/2"), {"awgn": 6.5, "rayleigh-slow": 8.0, "rayleigh-fast": 8.0}[channel.name]
    payload, keys, once = arrivals(Transport(mcs, 400), channel, snr_db, 60, 1)
    _, _, often = arrivals(Transport(mcs, 400, redundancy_versions=REDUNDANCY_VERSIONS), channel, snr_db, 60, 4)
    x = Transport(mcs, 400).transmit(np.frombuffer(payload, np.uint8)[None])
    direct = Transport(mcs, 400).receive(*channel(tf.repeat(x, 60, axis=0), snr_db, keys[0])).delivered
    assert 0 < direct.sum() < 60
    assert np.array_equal(once.delivered, direct) and np.all(once.transmissions == 1)
    assert np.array_equal(often.delivered & (often.transmissions == 1), direct)


def test_one_transmission_is_the_link_of_before(picture):
    """By default, and by its fingerprint: what was stored stays valid."""
    plain = SeparationLink(Jpeg(), get_mcs("16-QAM 1/2"), Awgn(), 0.9, mode="chain")
    assert plain.fingerprint() == link(harq=1).fingerprint() != link(harq=2).fingerprint()
    assert (plain.name, link().name) == ("JPEG + 16-QAM 1/2, CBR 9/10", "JPEG + 16-QAM 1/2, HARQ 4, CBR 9/10")
    (outcomes,) = plain.transmit([picture], 20.0, range(3)).layers[0]
    assert outcomes.channel_uses is None and outcomes.items is None


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_where_all_is_well_nothing_is_sent_again_and_where_nothing_arrives_four_times(picture, channel):
    """The two ends of every throughput curve: the whole rate, and none of it."""
    made = link(channel=channel)
    assert sent(made, picture, 80.0, range(5)) == {(True, 1.0): 5}
    assert sent(made, picture, -25.0, range(5)) == {(False, 4.0): 5}


def test_what_is_lost_in_the_end_is_concealed(picture):
    assert sent(link(harq=3), picture, -15.0, range(2)) == {(False, 3.0): 2}
    for outcomes in link().transmit([picture], -15.0, range(2)).layers[0]:
        assert np.all(outcomes.load_pixels() == 128)


def test_below_the_cliff_two_transmissions_arrive_where_one_never_does(picture):
    """3 dB below the cliff of one, which is at 6 dB: half the rate is sent after two, and needs about 4 dB less."""
    assert sent(link(harq=1), picture, 3.0, range(20)) == {(False, 1.0): 20}
    assert sent(link(harq=1), picture, 6.5, range(20)) == {(True, 1.0): 20}
    assert sent(link(), picture, 3.0, range(20)) == {(True, 2.0): 20}


def test_more_that_is_allowed_changes_nothing_before_it(picture):
    """Of two allowed transmissions each draw is what it is of four, up to its second."""
    channel = RayleighSlow(csi=True)
    two, four = (sent(link(harq, channel), picture, 3.0, range(40)) for harq in (2, 4))
    assert all(two[True, number] == four[True, number] > 0 for number in (1.0, 2.0))
    assert two[False, 2.0] == sum(count for (_, number), count in four.items() if number > 2)


def test_only_what_did_not_arrive_is_sent_again(picture):
    rows = []

    class Watched(RayleighSlow):
        def __call__(self, x, *arguments, **named):
            rows.append(int(x.shape[0]))
            return super().__call__(x, *arguments, **named)

    counts = sent(link(channel=Watched(csi=True)), picture, 3.0, range(30))
    assert rows[0] == 30 and rows == sorted(rows, reverse=True) and len(rows) == 4
    assert sum(rows) == sum(number * count for (_, number), count in counts.items())


def test_redundancy_versions_are_worth_more_than_repetition():
    """Three transmissions of version 0 alone against 0, 2, 3, of a high rate at one SNR."""
    mcs, snr_db = get_mcs("64-QAM 3/4"), 8.5
    gains = []
    for versions in ((0, 2), (0, 0)):
        transport = Transport(mcs, 500, redundancy_versions=sorted(set(versions)))
        keys = [draw_keys(picture_key(noise, "x", 0), range(40)) for noise in noise_identities(Awgn(), 2)]
        payload = np.zeros([1, transport.payload_bytes], np.uint8)
        soft = [
            transport.soft_bits(*Awgn()(tf.repeat(transport.transmit(payload, v), 40, axis=0), snr_db, k), v)
            for v, k in zip(versions, keys)
        ]
        gains.append(int(transport.decode(soft[0] + soft[1]).delivered.sum()))
    assert gains[0] > 30 > 10 > gains[1]


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_draws_do_not_depend_on_how_they_are_split(picture, channel):
    whole = sent(link(channel=channel), picture, 4.0, range(12))
    parts = [sent(link(channel=channel), picture, 4.0, part) for part in (range(5), range(5, 6), range(6, 12))]
    added = {what: sum(part.get(what, 0) for part in parts) for what in set().union(*parts)}
    assert added == whole and len(whole) > (channel.name == "rayleigh-slow")


def test_memory_is_bounded_and_the_bound_changes_nothing(picture, monkeypatch):
    whole = sent(link(channel=RayleighSlow(csi=True)), picture, 4.0, range(12))
    monkeypatch.setattr("linksim.links.retransmission._HELD_BITS", 1)  # one draw at a time
    assert sent(link(channel=RayleighSlow(csi=True)), picture, 4.0, range(12)) == whole


def test_every_transmission_meets_a_fade_of_its_own():
    channel = RayleighSlow(csi=True)
    fades = [
        np.abs(channel.fading(draw_keys(picture_key(noise, "x", 0), range(2000)), 1)[:, 0]) ** 2
        for noise in noise_identities(channel, 4)
    ]
    assert np.abs(np.corrcoef(fades) - np.eye(4)).max() < 0.1
    assert noise_identities(channel, 4)[0] == channel.noise_identity


@pytest.mark.parametrize("scheme, snr_db", [("4-QAM 2/3", 0.0), ("4-QAM 2/3", 3.0), ("16-QAM 1/2", 2.0)])
def test_outage_on_slow_fading_is_that_of_accumulated_information(scheme, snr_db):
    """Lost after t transmissions: no less often than the mutual information of t fades falls short of the rate (Caire
    and Tuninetti 2001), and no more often than it does 1.5 dB lower, or 2 dB lower for inputs of any kind."""
    channel, num_draws, mcs = RayleighSlow(csi=True), 400, get_mcs(scheme)
    transport = Transport(mcs, 900, redundancy_versions=REDUNDANCY_VERSIONS)
    _, keys, found = arrivals(transport, channel, snr_db, num_draws, 4)
    fades_db = 20 * np.log10([np.abs(channel.fading(of_draw, 1).numpy()[:, 0]) for of_draw in keys])
    rate = 8 * transport.payload_bytes / 900
    grid = np.linspace(-50, 30, 801)
    of_qam, of_any = bicm_capacity(mcs.bits_per_symbol, grid), np.log2(1 + 10 ** (grid / 10))
    ideal, poor, poor_of_any = (
        np.cumsum(np.interp(snr_db - loss + fades_db, grid, carried), axis=0) < rate
        for carried, loss in ((of_qam, 0.0), (of_qam, 1.5), (of_any, 2.0))
    )
    for number in (1, 2, 3, 4):
        lost = (found.transmissions > number) | ~found.delivered & (found.transmissions == number)
        # The very fades are compared: no draw arrives that cannot, but for a few within the reach of chance.
        assert np.mean(ideal[number - 1] & ~lost) < 0.01
        interval = binomtest(int(lost.sum()), num_draws).proportion_ci(0.99)
        assert ideal[number - 1].mean() <= lost.mean()
        assert interval.low <= min(poor[number - 1].mean(), poor_of_any[number - 1].mean())


def test_a_sweep_tells_the_mean_channel_uses(picture, tmp_path):
    """And what they went to, item by item."""
    made = link(channel=RayleighSlow(csi=True))
    counts = sent(made, picture, 4.0, range(16))
    one = made.plan(picture).bandwidth.channel_uses
    expected = one * sum(count * times for (_, times), count in counts.items()) / 16
    sweep = Sweep("s", [made], [picture], [4.0], ci_half_width=None, max_draws=16, metrics=["psnr"], out=tmp_path)
    row = sweep.run().rows[0]
    assert row.cbr == pytest.approx(expected / (3 * 32 * 48)) and one < expected < 4 * one
    with (tmp_path / "bandwidth.csv").open(newline="") as file:
        spent = {line["item"]: float(line["channel_uses"]) for line in csv.DictReader(file)}
    assert sum(spent.values()) == pytest.approx(expected, rel=1e-3)
    assert spent["retransmissions"] == pytest.approx(expected - one, rel=1e-3)


@pytest.mark.parametrize("concealment", ["mid-grey", "mean-colour"])
def test_each_transmission_takes_the_budget_and_is_itemised(picture, concealment):
    made = link(concealment=concealment)
    once = made.plan(picture).bandwidth
    assert once.channel_uses == int(0.9 * picture.pixels.size)
    for snr_db, number in ((20.0, 1), (3.5, 2), (-15.0, 4)):
        reception = made.transmit([picture], snr_db, range(2))
        (outcomes,), (most,) = reception.layers[0], reception.bandwidth[0]
        assert outcomes.channel_uses.tolist() == [number * once.channel_uses]
        assert sum(items[0] for items in outcomes.items.values()) == pytest.approx(number * once.channel_uses)
        assert most.channel_uses == 4 * once.channel_uses == pytest.approx(sum(most.items.values()))


def test_a_picture_that_does_not_fit_is_not_sent_again(picture):
    """Its channel uses stay reserved, once: there is nothing that a further transmission could bring."""
    reception = link(cbr=1 / 20).transmit([picture], 20.0, range(3))
    (outcomes,), (most,) = reception.layers[0], reception.bandwidth[0]
    assert not outcomes.delivered.any() and outcomes.count.tolist() == [3]
    assert outcomes.channel_uses.tolist() == [most.channel_uses] == [picture.pixels.size // 20]


def test_what_cannot_be_is_refused():
    with pytest.raises(LinksimError, match="mode='chain', or harq=1"):
        SeparationLink(Jpeg(), get_mcs("16-QAM 1/2"), Awgn(), 0.25, harq=2)
    for harq in (0, 5, 2.5, True, "4"):
        with pytest.raises(LinksimError, match="from 1 to 4"):
            link(harq=harq)
