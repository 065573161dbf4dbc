"""Facts about digital links: separation, capacity, envelopes."""

import pickle

import numpy as np
import pytest

from linksim import Sweep
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import BestOf, CapacityLink, MemberPoint, SeparationLink
from linksim.links.separation import MODES
from linksim.phy import NR_MCS_TABLES, PAPER_MCS, Awgn, Mcs, RayleighFast, RayleighSlow, Transport, get_mcs
from linksim.phy.bler.probability import transport_error_probability
from linksim.phy.channels.base import Channel
from linksim.source import Bpg, Jpeg, RdCurves, Tiled


@pytest.fixture(scope="module")
def picture():
    i, j, c = np.mgrid[0:48, 0:64, 0:3]
    smooth = 127 + 80 * np.sin(0.2 * i + 0.1 * j * (c + 1))
    return Picture("waves", np.rint(smooth).astype(np.uint8))


def link(mcs="4-QAM 1/2", channel=None, cbr=0.9, **options) -> SeparationLink:
    return SeparationLink(Jpeg(), get_mcs(mcs), channel or Awgn(), cbr, **options)


def shares(reception):
    """(delivered, lost) draws of a reception of one picture."""
    counts = {True: 0, False: 0}
    for outcomes in reception.layers[0]:
        for delivered, count in zip(outcomes.delivered, outcomes.count, strict=True):
            counts[bool(delivered)] += int(count)
    return counts[True], counts[False]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("snr_db, delivered", [(20.0, 3), (-10.0, 0)])
def test_far_from_the_cliff_nothing_is_left_to_chance(picture, mode, snr_db, delivered):
    reception = link(mode=mode).transmit([picture], snr_db, range(3))
    assert shares(reception) == (delivered, 3 - delivered)
    (outcomes,) = reception.layers[0]
    pixels = outcomes.load_pixels()
    if delivered:
        point = RdCurves(Jpeg()).best_within(picture.pixels, link().plan(picture).transport.payload_bytes - 1)
        np.testing.assert_array_equal(pixels[0], Jpeg().decode(RdCurves(Jpeg()).stream(picture.pixels, point.quality)))
    else:
        assert np.all(pixels == 128)


def test_chain_and_factored_agree_on_what_is_shown(picture):
    """Both name the decoded picture by one key, so that its metrics are computed once."""
    keys = [link(mode=mode).transmit([picture], 20.0, range(1)).layers[0][0].keys for mode in MODES]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("cbr", [1 / 16, 0.1, 0.9, 1.33])
@pytest.mark.parametrize("concealment", ["mid-grey", "mean-colour"])
def test_budget_is_never_exceeded_and_itemised_in_full(picture, cbr, concealment):
    made = link(cbr=cbr, concealment=concealment, mode="chain")  # the same budget, and needs no table
    (bandwidth,) = made.transmit([picture], 10.0, range(1)).bandwidth[0]
    assert bandwidth.channel_uses <= cbr * 3 * 48 * 64
    assert bandwidth.channel_uses > cbr * 3 * 48 * 64 - 1
    assert sum(bandwidth.items.values()) == pytest.approx(bandwidth.channel_uses)
    assert all(value >= 0 for value in bandwidth.items.values())
    if concealment == "mean-colour":
        assert bandwidth.items["mean colour"] == 24  # 24 bits at one bit per channel use


def test_capacity_budget_is_itemised_in_full(picture):
    made = CapacityLink(Jpeg(), Awgn(), 1 / 2, concealment="mean-colour")
    (bandwidth,) = made.transmit([picture], 10.0, range(1)).bandwidth[0]
    assert sum(bandwidth.items.values()) == pytest.approx(bandwidth.channel_uses) == pytest.approx(4608)


def test_mean_colour_is_what_it_says(picture):
    reception = link(concealment="mean-colour").transmit([picture], -10.0, range(1))
    np.testing.assert_array_equal(
        reception.layers[0][0].load_pixels()[0, 0, 0], np.rint(picture.pixels.mean(axis=(0, 1)))
    )


def test_no_quality_fits_is_an_outage(picture):
    """Far too few channel uses for any JPEG: concealed at every SNR, and not an error."""
    for made in (link(cbr=1 / 100), CapacityLink(Jpeg(), Awgn(), 1 / 5000)):
        assert shares(made.transmit([picture], 30.0, range(2))) == (0, 2)


def test_budgets_that_differ_are_told_apart():
    """0.1 and 0.100003 give different numbers of channel uses; 0.3333333 never gets those of 1/3."""
    one, other = link(cbr=0.1), link(cbr=0.100003)
    assert one.fingerprint() != other.fingerprint() and one.name != other.name
    big = Picture("big", np.zeros((512, 768, 3), np.uint8))
    assert link(cbr=0.3333333).plan(big).transport.num_symbols == int(0.3333333 * 512 * 768 * 3) < 512 * 768


def test_a_budget_of_nothing_is_refused(picture):
    with pytest.raises(LinksimError, match="0 channel uses"):
        link(cbr=1e-5).transmit([picture], 10.0, range(1))
    for cbr in (0, -1, float("nan")):
        with pytest.raises(LinksimError, match="cbr"):
            link(cbr=cbr)


def test_fading_without_csi_is_refused():
    for channel in (RayleighSlow(), RayleighFast()):
        with pytest.raises(LinksimError, match="csi=True"):
            link(channel=channel)
        with pytest.raises(LinksimError, match="csi=True"):
            CapacityLink(Jpeg(), channel, 1)


def test_a_channel_without_tables_or_formula_is_refused():
    """A law of the user's own is not taken for AWGN in silence; the chain takes it."""

    class Own(Channel):
        name, fades = "own", True

        def fading(self, keys, n, start=0):
            return RayleighSlow().fading(keys, n, start)

    with pytest.raises(LinksimError, match="mode='chain'"):
        link(channel=Own(csi=True))
    with pytest.raises(LinksimError, match="no capacity formula"):
        CapacityLink(Jpeg(), Own(csi=True), 1)
    link(channel=Own(csi=True), mode="chain")


def test_an_unpaid_mean_colour_is_not_shown(picture):
    """Nine channel uses at half a bit do not hold 24 bits: the receiver shows mid-grey."""
    made = CapacityLink(Jpeg(), Awgn(), 0.001, concealment="mean-colour")
    assert np.all(made.transmit([picture], -3.0, range(1)).layers[0][0].load_pixels() == 128)


def test_slow_fading_fails_as_often_as_the_fade_is_too_deep(picture):
    """Above the cliff on average: P(loss) = 1 - exp(-threshold/snr), the outage law of Rayleigh fading."""
    made = link(channel=RayleighSlow(csi=True))
    snr_db, draws = 10.0, 4000
    delivered, lost = shares(made.transmit([picture], snr_db, range(draws)))
    transport = made.plan(picture).transport
    grid = np.linspace(-5, 8, 1301)
    cliff = np.interp(-0.5, -transport_error_probability(transport, "awgn", grid), grid)
    expected = 1 - np.exp(-(10 ** ((cliff - snr_db) / 10)))
    assert lost / draws == pytest.approx(expected, abs=4 * np.sqrt(expected / draws))


@pytest.mark.parametrize(
    "channel, snrs",
    [
        (Awgn(), (0.9, 1.0, 1.1)),
        (RayleighSlow(csi=True), (0.0, 6.0, 12.0)),
        (RayleighFast(csi=True), (2.8, 2.95, 3.1)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
@pytest.mark.slow
def test_factored_is_the_law_of_the_chain(picture, channel, snrs):
    """At and around the cliff the two modes lose the same share, within four standard errors.

    One code block of 8294 bits, whose table is that of 8448 bits.
    """
    draws = 400
    for snr_db in snrs:
        share = {}
        for mode, seed in zip(MODES, (1, 2), strict=True):
            delivered, _ = shares(link(mode=mode, channel=channel).transmit([picture], snr_db, range(draws), seed))
            share[mode] = delivered / draws
        error = np.sqrt(2 * 0.25 / draws)
        assert share["factored"] == pytest.approx(share["chain"], abs=4 * error)


def test_learned_and_digital_links_meet_the_same_fades(picture):
    """The h that a digital link met is the one by which an analog link's symbols were multiplied."""
    from linksim.links import AnalogLink

    seen, met = [], []

    class Spied(RayleighSlow):
        def fading(self, keys, n, start=0):
            met.append(super().fading(keys, n, start))
            return met[-1]

    def decode(symbols, snr_db, size):
        seen.append(symbols.copy())
        return np.zeros((len(symbols), *size, 3), np.float32)

    def encode(pictures):
        return np.ones((len(pictures), 8), np.complex64)

    analog = AnalogLink((encode, decode), RayleighSlow())
    analog.transmit([picture], 300.0, range(5), seed=3)
    link(channel=Spied(csi=True)).transmit([picture], 10.0, range(5), seed=3)
    np.testing.assert_allclose(seen[-1][:, 0], met[0].numpy()[0, :, 0], rtol=1e-5)


def test_capacity_gets_the_shannon_rate(picture):
    """3 bits per channel use at 8.45 dB: the chosen stream is the largest that fits into 3k/8 bytes."""
    made = CapacityLink(Jpeg(), Awgn(), 1 / 2)
    snr_db = 10 * np.log10(7)
    reception = made.transmit([picture], snr_db, range(1))
    point = RdCurves(Jpeg()).best_within(picture.pixels, 4608 * 3 // 8)
    assert reception.layers[0][0].keys == [f"{RdCurves(Jpeg()).fingerprint()}:{point.quality}"]


def test_what_capacity_delivers_for_certain_has_no_interval(picture, tmp_path):
    """Without fades nothing is left to chance: two draws know the point. A fade may be in outage."""
    links = [CapacityLink(Jpeg(), channel, cbr=0.5) for channel in (Awgn(), RayleighSlow(csi=True))]
    result = Sweep("s", links, pictures=[picture], snr_db=[-30, 10], max_draws=2, out=tmp_path).run()
    table = result.table.query("metric == 'psnr'").set_index(["link", "snr_db"])
    half = (table["ci_high"] - table["ci_low"]) / 2
    assert half[links[0].name].tolist() == [0, 0] and half[links[1].name, 10] > 1
    assert half[links[1].name, -30] == 0, "where not even the lowest quality fits, it never does"


def test_slow_fading_capacity_is_in_outage_as_often_as_asked(picture):
    made = CapacityLink(Jpeg(), RayleighSlow(csi=True), 1, outage=0.2)
    delivered, lost = shares(made.transmit([picture], 25.0, range(4000)))
    assert lost / 4000 == pytest.approx(0.2, abs=0.026)


def test_envelopes_choose_by_their_rule():
    members = [link(m) for m in ("4-QAM 1/2", "16-QAM 1/2", "16-QAM 2/3")]
    points = [MemberPoint(28, 1.0), MemberPoint(30, 0.95), MemberPoint(31, 0.85)]
    assert BestOf(members).choose(points) == 2
    assert BestOf(members, rule="target-bler").choose(points) == 1
    assert BestOf(members, rule="target-bler").choose([MemberPoint(9, 0.5)] * 3) == 0
    same_rate = [link(m) for m in ("4-QAM 2/3", "16-QAM 1/3")]
    assert BestOf(same_rate, rule="target-bler").choose([MemberPoint(28, 0.91), MemberPoint(30, 1.0)]) == 1
    with pytest.raises(LinksimError, match="target-bler"):
        BestOf(members, rule="best")
    with pytest.raises(LinksimError, match="no members"):
        BestOf([])


def test_fingerprint_follows_everything_that_matters():
    made = [
        link(),
        link(mcs="4-QAM 2/3"),
        link(cbr=1 / 5),
        link(mode="chain"),
        link(concealment="mean-colour"),
        link(channel=RayleighSlow(csi=True)),
    ]
    assert len({m.fingerprint() for m in made}) == len(made)
    assert link(name="a").fingerprint() == link(name="b").fingerprint()
    assert isinstance(made[0].mcs, Mcs)


@pytest.fixture(scope="module")
def thumbnails(picture):
    """The six 16x16 pieces of the upper part of the waves, and noise, which costs the most."""
    cut = [picture.pixels[y : y + 16, x : x + 16].copy() for y in (0, 16) for x in (0, 16, 32)]
    cut.append(np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8))
    return [Picture(str(number), pixels) for number, pixels in enumerate(cut)]


def test_thumbnails_in_mosaics_run_through_both_links(thumbnails):
    """What arrives is the crop of the mosaic, and the bandwidth is itemised in full, shares and all."""
    tiled = Tiled(Jpeg(), [p.pixels for p in thumbnails], side=2)
    for made in (
        SeparationLink(tiled, get_mcs("4-QAM 1/2"), Awgn(), 5 / 3),
        CapacityLink(tiled, Awgn(), 1),
    ):
        reception = made.transmit(thumbnails, 20.0, range(2))
        for picture, outcomes, bandwidth in zip(thumbnails, reception.layers[0], reception.bandwidth[0], strict=True):
            assert outcomes.delivered.all() and outcomes.count.sum() == 2
            quality = int(outcomes.keys[0].rpartition(":")[2])
            np.testing.assert_array_equal(outcomes.load_pixels()[0], tiled.reconstruction(picture.pixels, quality))
            assert sum(bandwidth.items.values()) == pytest.approx(bandwidth.channel_uses)
            assert all(value >= 0 for value in bandwidth.items.values())
        # alone and in another order: the same pictures
        (alone,) = made.transmit(thumbnails[5:6], 20.0, range(2)).layers[0]
        np.testing.assert_array_equal(alone.load_pixels(), reception.layers[0][5].load_pixels())


def test_mosaics_cannot_be_sent_bit_by_bit(thumbnails):
    tiled = Tiled(Jpeg(), [p.pixels for p in thumbnails])
    with pytest.raises(LinksimError, match="mode='factored'"):
        SeparationLink(tiled, get_mcs("4-QAM 1/2"), Awgn(), 1, mode="chain")


def test_a_picture_outside_of_the_mosaics_is_refused(thumbnails):
    made = CapacityLink(Tiled(Jpeg(), [p.pixels for p in thumbnails[:3]]), Awgn(), 1)
    with pytest.raises(LinksimError, match="not in the set of 3"):
        made.transmit(thumbnails, 20.0, range(1))


def test_small_pictures_are_lost_where_the_smallest_bpg_file_is_longer_than_the_payload(thumbnails):
    """32x32 at 1/12 and QPSK 1/3: 256 channel uses carry 18 bytes, and BPG begins at about 30 (an outage);
    at the rate of 64-QAM 3/4 they carry 141, and most pictures fit."""
    pixels = np.concatenate([np.concatenate([t.pixels for t in thumbnails[i : i + 2]], 1) for i in (0, 2)])
    small = Picture("32x32", pixels)
    source = Bpg(preset="ultrafast")
    for name, payload, delivered in (("4-QAM 1/3", 18, False), ("64-QAM 3/4", 141, True)):
        made = SeparationLink(source, get_mcs(name), Awgn(), 1 / 12)
        assert made.plan(small).transport.payload_bytes == payload
        (outcomes,) = made.transmit([small], 40.0, range(4)).layers[0]
        assert outcomes.delivered.tolist() == [delivered]
    assert RdCurves(source).points(small.pixels).num_bytes.min() > 18


@pytest.mark.parametrize("channel", ["awgn", "rayleigh-fast"])
def test_nobody_waits_for_a_table(channel, monkeypatch):
    """Pictures of any size, over all schemes: nothing is measured."""
    monkeypatch.setattr("linksim.phy.bler.find.measure_table", None)
    for mcs in [*PAPER_MCS, *NR_MCS_TABLES["nr3"][::4]]:
        for uses in (2000, 12_345, 24_577, 300_001):
            lost = transport_error_probability(Transport(mcs, uses), channel, np.array([-20.0, 60.0]))
            assert lost[0] > 0.999 and lost[1] < 1e-3


def test_tags_say_what_a_legend_shows(picture):
    made = SeparationLink(Jpeg(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    assert made.tags == {"scheme": "JPEG + 16-QAM 2/3", "cbr": 1 / 16, "role": "scheme"}
    assert made.name == "JPEG + 16-QAM 2/3, CBR 1/16"
    capacity = CapacityLink(Jpeg(), RayleighSlow(csi=True), cbr=1 / 16, tags={"role": "bound", "colour": "black"})
    assert capacity.name == "JPEG + capacity, 10% outage, CBR 1/16, rayleigh-slow, CSI"
    assert capacity.tags == {
        "scheme": "JPEG + capacity, 10% outage, rayleigh-slow, CSI", "cbr": 1 / 16, "role": "bound", "colour": "black",
    }  # fmt: skip
    assert BestOf([link(cbr=0.5), link("16-QAM 1/2", cbr=0.5)], name="best").tags == {
        "scheme": "best", "cbr": 0.5, "role": "scheme",
    }  # fmt: skip
    assert "cbr" not in BestOf([link(cbr=0.5), link(cbr=0.25)]).tags


def test_a_quick_link_takes_predictions_and_measures_nothing(picture, monkeypatch):
    """Its results are another link's: the fingerprint says so."""
    monkeypatch.setattr("linksim.phy.bler.find.measure_table", None)
    made = link(mcs="16-QAM 1/2", cbr=0.31, tables="exact")
    quick = made.quick()
    assert (made.tables, quick.tables) == ("exact", "predicted")
    assert quick.name == made.name and quick.fingerprint() != made.fingerprint()
    quick.prepare([picture], 1)
    assert shares(quick.transmit([picture], 30.0, range(3))) == (3, 0)
    assert [m.tables for m in BestOf([made]).quick().members] == ["predicted"]
    with pytest.raises(LinksimError, match="predicted, exact"):
        link(tables="best")


def test_pilots_are_charged(picture):
    """A channel that takes every tenth channel use for itself: within the budget, and itemised."""

    class Piloted(Awgn):
        def overhead(self, num_symbols):
            return -(-num_symbols // 9)

    for make in (lambda c: link(channel=c, cbr=0.5, mode="chain"), lambda c: CapacityLink(Jpeg(), c, 0.5)):
        (plain,) = make(Awgn()).transmit([picture], 20.0, range(1)).bandwidth[0]
        (bandwidth,) = make(Piloted()).transmit([picture], 20.0, range(1)).bandwidth[0]
        assert plain.channel_uses == bandwidth.channel_uses == 4608
        assert sum(bandwidth.items.values()) == pytest.approx(4608)
        assert bandwidth.items["channel overhead"] == pytest.approx(460.8, abs=1)
    assert link(channel=Piloted(), cbr=0.5).plan(picture).transport.num_symbols == 4147


@pytest.mark.parametrize("mode", MODES)
def test_another_decoder_is_another_link(picture, mode):
    for other in ("layered10", "sionna"):
        assert link(mode=mode, decoder=other).fingerprint() != link(mode=mode).fingerprint()
    assert link(mode=mode, decoder="layered20").fingerprint() == link(mode=mode).fingerprint()


@pytest.mark.parametrize(
    "module",
    [
        "phy.rng", "phy.channels.base", "phy.channels.equalize", "phy.coding.decoders.layered",
        "phy.coding.ldpc", "phy.coding.plan", "links.separation", "links.concealment",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", MODES)
def test_a_fingerprint_follows_the_versions_of_its_parts(mode, module, monkeypatch):
    made = link(mode=mode, channel=RayleighFast(csi=True))
    before = made.fingerprint()
    name = "CONCEALMENT_VERSION" if "concealment" in module else "VERSION"
    where = "links.separation" if "concealment" in module else module
    monkeypatch.setattr(f"linksim.{where}.{name}", 10_000)
    assert made.fingerprint() != before


@pytest.mark.parametrize("module", ["phy.rng", "phy.channels.base", "phy.capacity", "links.capacity"])
def test_a_capacity_fingerprint_follows_the_versions_of_its_parts(module, monkeypatch):
    made = CapacityLink(Jpeg(), Awgn(), 1)
    before = made.fingerprint()
    monkeypatch.setattr(f"linksim.{module}.VERSION", 10_000)
    assert made.fingerprint() != before


def test_links_survive_pickling_without_what_they_have_worked_out(picture):
    made = link(mode="chain")
    made.transmit([picture], 20.0, range(1))
    again = pickle.loads(pickle.dumps(made))
    assert again.fingerprint() == made.fingerprint() and not again._plans
    assert shares(again.transmit([picture], 20.0, range(2))) == (2, 0)
