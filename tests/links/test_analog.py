"""Facts about analog links."""

import numpy as np
import pytest
from link_fakes import rows_decode, rows_encode

from linksim import Along, zoo
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import AnalogLink
from linksim.phy import Awgn, RayleighSlow


def pictures(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [Picture(str(i), rng.integers(0, 256, (*s, 3), dtype=np.uint8)) for i, s in enumerate(sizes)]


@pytest.fixture(scope="module")
def codec():
    return create("deepjscc", {"latent_channels": 4})


def by_picture(reception, count):
    """{picture: pixels [D, H, W, 3]} of the first layer."""
    found = {}
    for outcomes in reception.layers[0]:
        for i, pixels in zip(outcomes.picture, outcomes.load_pixels(), strict=True):
            found.setdefault(int(i), []).append(pixels)
    assert sorted(found) == list(range(count))
    return found


@pytest.mark.parametrize("channel", [Awgn(), RayleighSlow(), RayleighSlow(csi=True)], ids=lambda c: c.label)
def test_a_picture_sees_the_same_channel_in_any_company(codec, channel):
    """Alone or among others, in one call or in two: the same reconstructions of the same draws."""
    link = AnalogLink(codec, channel)
    some = pictures([(16, 16), (8, 12), (16, 16)])
    together = by_picture(link.transmit(some, 3.0, range(4), seed=5), 3)
    alone = by_picture(link.transmit(some[2:], 3.0, range(2, 4), seed=5), 1)
    difference = np.array(together[2][2:], int) - np.array(alone[0], int)
    assert np.abs(difference).max() <= 1  # a sum in another order may round to the neighbouring byte
    assert not np.array_equal(together[2][0], together[2][1])


def test_every_picture_is_encoded_once():
    calls = []

    def encode(x):
        calls.append(len(x))
        return rows_encode(x)

    link = AnalogLink((encode, rows_decode), Awgn())
    some = pictures([(4, 4), (4, 4)])
    for snr_db in (0.0, 10.0):
        link.transmit(some, snr_db, range(3))
    assert sum(calls) == 2


def test_noiseless_functions_return_the_picture():
    """At 120 dB a codec that sends pixel values gives the picture back, up to its own scaling."""
    link = AnalogLink((lambda x: rows_encode(x), lambda s, snr, size: rows_decode(s, snr, size)), Awgn())
    (picture,) = pictures([(6, 6)])
    (pixels,) = by_picture(link.transmit([picture], 120.0, range(1)), 1)[0]
    sent = rows_encode(picture.pixels[None] / 255.0)
    expected = np.rint(np.clip(rows_decode(sent, 0, (6, 6)), 0, 1) * 255)
    assert np.abs(pixels.astype(int) - expected[0].astype(int)).max() <= 1


def test_quality_falls_with_the_noise(codec):
    """Mean squared distance to the noiseless reconstruction grows as the SNR falls."""
    link = AnalogLink(codec, Awgn())
    some = pictures([(16, 16)] * 4)
    clean = np.array([by_picture(link.transmit(some, 120.0, range(1)), 4)[i][0] for i in range(4)], float)
    errors = []
    for snr_db in (20, 10, 0):
        got = by_picture(link.transmit(some, float(snr_db), range(8)), 4)
        errors.append(np.mean([(np.array(got[i], float) - clean[i]) ** 2 for i in range(4)]))
    assert errors[0] < errors[1] < errors[2]


def test_bandwidth_counts_the_padding(codec):
    """5x6 pixels are padded to 8x8: 4 cells of 4 reals are 8 channel uses."""
    reception = AnalogLink(codec, Awgn()).transmit(pictures([(5, 6)]), 10.0, range(1))
    assert reception.bandwidth[0][0].channel_uses == 8


def test_wrong_power_is_refused():
    link = AnalogLink((lambda x: 2 * rows_encode(x), rows_decode), Awgn(), name="loud")
    with pytest.raises(LinksimError, match="loud.*power 4"):
        link.transmit(pictures([(4, 4)]), 10.0, range(1))


def test_wrong_shapes_and_types_are_refused():
    some = pictures([(4, 4)])
    for encode, decode in [
        (lambda x: rows_encode(x).real, rows_decode),
        (lambda x: rows_encode(x)[0], rows_decode),
        (rows_encode, lambda s, snr, size: np.zeros((len(s), 2, 2, 3))),
        (rows_encode, lambda s, snr, size: np.full((len(s), *size, 3), np.nan)),
    ]:
        with pytest.raises(LinksimError, match="must give|keep them"):
            AnalogLink((encode, decode), Awgn()).transmit(some, 10.0, range(1))
    with pytest.raises(LinksimError, match="pair of functions"):
        AnalogLink("deepjscc", Awgn())


def test_fingerprint_follows_weights_channel_and_functions(codec):
    base = AnalogLink(codec, Awgn()).fingerprint()
    assert base == AnalogLink(codec, Awgn(), name="other").fingerprint()
    assert base != AnalogLink(codec, RayleighSlow()).fingerprint()
    other = create("deepjscc", {"latent_channels": 4})
    assert base != AnalogLink(other, Awgn()).fingerprint()
    own = AnalogLink((rows_encode, rows_decode), Awgn()).fingerprint()
    assert own == AnalogLink((rows_encode, rows_decode), Awgn()).fingerprint()
    softer = AnalogLink((rows_encode, lambda s, snr, size: 0.9 * rows_decode(s, snr, size)), Awgn())
    assert own != softer.fingerprint()


def test_random_encoders_are_found_out():
    rng = np.random.default_rng(0)

    def encode(x):
        noisy = rows_encode(x) + 0.1 * rng.normal(size=(len(x), 1))
        return noisy / np.sqrt(np.mean(np.abs(noisy) ** 2, axis=1, keepdims=True))

    with pytest.raises(LinksimError, match="other symbols each time"):
        AnalogLink((encode, rows_decode), Awgn()).fingerprint()


@pytest.mark.parametrize(
    "decode",
    [
        lambda s, snr, size: 255 * np.clip(rows_decode(s, snr, size), 0, 1),
        lambda s, snr, size: np.uint8(255 * np.clip(rows_decode(s, snr, size), 0, 1)),
        lambda s, snr, size: np.full((len(s), *size, 3), 2.0),  # all but black, and 0..255 all the same
    ],
    ids=["floats", "bytes", "dark"],
)
def test_pictures_in_0_to_255_are_refused(decode):
    with pytest.raises(LinksimError, match="divide by 255"):
        AnalogLink((rows_encode, decode), Awgn()).transmit(pictures([(6, 6)]), 20.0, range(1))


def test_an_overshoot_is_clipped():
    """A linear decoder whose values scatter far around [0, 1] is right: they are clipped."""
    wild = lambda s, snr, size: 0.5 + np.random.default_rng(0).normal(size=(len(s), *size, 3))  # noqa: E731
    (pixels,) = by_picture(AnalogLink((rows_encode, wild), Awgn()).transmit(pictures([(6, 6)]), 5.0, range(1)), 1)[0]
    assert pixels.min() == 0 and pixels.max() == 255


def test_an_encoder_may_be_told_the_snr():
    """`encode(pictures, snr_db)` is called once per SNR; the fingerprint knows what it makes of some of them."""
    told = []

    def encode(x, snr_db):
        told.append(snr_db)
        return rows_encode(x) * (1 if snr_db < 5 else 1j)

    link = AnalogLink((encode, rows_decode), Awgn())
    for snr_db in (0.0, 10.0):
        link.transmit(pictures([(4, 4)]), snr_db, range(2))
    assert told == [0.0, 10.0]
    turned = AnalogLink((lambda x: rows_encode(x), rows_decode), Awgn())
    assert link.fingerprint() != turned.fingerprint()


def test_decoders_that_are_told_less():
    """A decoder takes what its arguments say, and by that is another one where it gives the same."""
    some = pictures([(6, 6)])
    told = []

    def full(symbols, snr_db, size):
        return rows_decode(symbols, snr_db, size)

    def of_snr(symbols, snr_db):
        told.append(snr_db)
        return rows_decode(symbols, snr_db, (round((symbols.shape[1] * 2 / 3) ** 0.5),) * 2)

    def of_size(symbols, size):
        return rows_decode(symbols, 0.0, size)

    def alone(symbols, weights=2):
        assert weights == 2
        return of_snr(symbols, 0.0)

    links = [AnalogLink((rows_encode, f), Awgn(), probe_size=(6, 6)) for f in (full, of_snr, of_size, alone)]
    shown = [link.transmit(some, 7.0, range(1)).layers[0][0].load_pixels() for link in links]
    assert all(np.array_equal(pixels, shown[0]) for pixels in shown) and 7.0 in told
    assert len({link.fingerprint() for link in links}) == 4
    assert links[0].transceiver.identity().keys() == {"functions"}, "as it always was"


def test_decoders_are_told_by_names_in_any_order():
    """Beside arguments of their own; arguments of other names by their places."""
    some = pictures([(6, 6)])

    def turned(symbols, size, snr_db, clip=True):
        assert clip and snr_db in (0.0, 7.0, 10.0, 20.0)
        return rows_decode(symbols, snr_db, size)

    def with_its_own(symbols, iterations=10, size=None):
        assert iterations == 10
        return rows_decode(symbols, 0.0, size)

    def by_place(y, s, hw):
        return rows_decode(y, s, hw)

    links = [AnalogLink((rows_encode, f), Awgn(), probe_size=(6, 6)) for f in (turned, with_its_own, by_place)]
    shown = [link.transmit(some, 7.0, range(1)).layers[0][0].load_pixels() for link in links]
    assert all(np.array_equal(pixels, shown[0]) for pixels in shown)
    for unknown in (lambda y, snr_db, size, gain: y, lambda y, size, gain: y):
        with pytest.raises(LinksimError, match="decode takes gain, which nobody gives it"):
            AnalogLink((rows_encode, unknown), Awgn())


def test_a_decoder_without_arguments_is_refused():
    with pytest.raises(LinksimError, match="decode takes no argument"):
        AnalogLink((rows_encode, lambda: None), Awgn())


def test_a_link_says_which_weights_it_has():
    """Those of its codecs as they are, by their titles; plain functions have none."""
    name, other = "deepjscc/cifar10-1_6-snr10", "deepjscc/cifar10-1_12-snr10"
    link = AnalogLink(zoo.load(name), Awgn())
    assert dict(link.model_weights) == {name: zoo.stored_digest(name)}
    both = Along("cbr", {1 / 12: AnalogLink(zoo.load(other), Awgn()), 1 / 6: link}, at=10.0, name="both")
    assert dict(both.model_weights) == {each: zoo.stored_digest(each) for each in (name, other)}
    changed = zoo.load(name)
    changed.set_weights([1.01 * w for w in changed.get_weights()])
    assert AnalogLink(changed, Awgn()).model_weights[name] != zoo.stored_digest(name)
    assert dict(AnalogLink((rows_encode, rows_decode), Awgn()).model_weights) == {}
