"""Facts about digital links: separation, capacity, envelopes."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import BestOf, CapacityLink, MemberPoint, SeparationLink
from linksim.links.separation import MODES
from linksim.phy import Awgn, Mcs, RayleighFast, RayleighSlow, get_mcs
from linksim.source import Jpeg


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
        point = Jpeg().best_within(picture.pixels, link().transport(picture)[0].payload_bytes - 1)
        np.testing.assert_array_equal(pixels[0], Jpeg().decode(Jpeg().stream(picture.pixels, point.quality)))
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


def test_slow_fading_fails_as_often_as_the_fade_is_too_deep(picture):
    """Above the cliff on average: P(loss) = 1 - exp(-threshold/snr), the outage law of Rayleigh fading."""
    made = link(channel=RayleighSlow(csi=True))
    snr_db, draws = 10.0, 4000
    delivered, lost = shares(made.transmit([picture], snr_db, range(draws)))
    transport, _ = made.transport(picture)
    from linksim.phy.bler import transport_error_probability

    grid = np.linspace(-5, 8, 1301)
    cliff = np.interp(-0.5, -transport_error_probability(transport, "awgn", grid), grid)
    expected = 1 - np.exp(-(10 ** ((cliff - snr_db) / 10)))
    assert lost / draws == pytest.approx(expected, abs=4 * np.sqrt(expected / draws))


@pytest.mark.parametrize(
    "channel, snrs",
    [(Awgn(), (0.4, 0.9, 1.4)), (RayleighSlow(csi=True), (0.0, 6.0, 12.0))],
    ids=["awgn", "rayleigh-slow"],
)
@pytest.mark.slow
def test_factored_is_the_law_of_the_chain(picture, channel, snrs):
    """At and around the cliff the two modes lose the same share, within four standard errors."""
    draws = 200
    for snr_db in snrs:
        share = {}
        for mode, seed in zip(MODES, (1, 2), strict=True):
            delivered, _ = shares(link(mode=mode, channel=channel).transmit([picture], snr_db, range(draws), seed))
            share[mode] = delivered / draws
        error = np.sqrt(2 * 0.25 / draws)
        assert share["factored"] == pytest.approx(share["chain"], abs=4 * error)


def test_learned_and_digital_links_meet_the_same_fades(picture):
    """The gain that a digital link with CSI reads off is the one by which an analog link's symbols are multiplied."""
    from linksim.links import AnalogLink
    from linksim.phy.rng import draw_keys, picture_key

    seen = []

    def decode(symbols, snr_db, size):
        seen.append(symbols.copy())
        return np.zeros((len(symbols), *size, 3), np.float32)

    def encode(pictures):
        return np.ones((len(pictures), 8), np.complex64)

    analog = AnalogLink((encode, decode), RayleighSlow())
    analog.transmit([picture], 300.0, range(5), seed=3)
    digital = RayleighSlow(csi=True)
    keys = draw_keys(picture_key(digital.noise_identity, picture.sha256, 3)[None], range(5))
    np.testing.assert_allclose(seen[-1][:, 0], digital.fading(keys, 1).numpy()[0, :, 0], rtol=1e-5)


def test_capacity_gets_the_shannon_rate(picture):
    """3 bits per channel use at 8.45 dB: the chosen stream is the largest that fits into 3k/8 bytes."""
    made = CapacityLink(Jpeg(), Awgn(), 1 / 2)
    snr_db = 10 * np.log10(7)
    reception = made.transmit([picture], snr_db, range(1))
    point = Jpeg().best_within(picture.pixels, 4608 * 3 // 8)
    assert reception.layers[0][0].keys == [f"{Jpeg().fingerprint()}:{point.quality}"]


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
