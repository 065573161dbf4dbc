"""Streams with wrong bits: which ones, what a decoder makes of them, and what it refuses."""

import pickle

import numpy as np
import pytest
from smooth_pictures import smooth

from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import UnprotectedLink, unprotected
from linksim.source import Jpeg, Jpeg2000, SourceCodec
from linksim.source.curves import RdCurves

PICTURE = Picture("p", smooth(2, 96)[1])


class Plain(SourceCodec):
    """Bytes as they are, behind a byte that must be 85: what comes out says which bits were wrong."""

    name, qualities = "plain", range(1)

    def fingerprint(self):
        return "plain"

    def encode_at(self, picture, quality):
        return bytes([85]) + picture.tobytes()

    def decode(self, data, max_pixels=1 << 26):
        if data[0] != 85:
            raise LinksimError("the stream is damaged; send it again")
        side = round((len(data[1:]) / 3) ** 0.5)
        return np.frombuffer(data[1:], np.uint8).reshape(side, side, 3)


def flips(value: int, draws: range, seed: int = 0, picture: Picture = PICTURE) -> list:
    """Positions of the wrong bits, draw by draw; None where the decoder refused."""
    outcomes = UnprotectedLink(Plain(), 32).transmit([picture], value, draws, seed).layers[0][0]
    differ = outcomes.load_pixels() ^ picture.pixels
    found = [set(np.flatnonzero(np.unpackbits(one.ravel()))) for one in differ]
    return [one if ok else None for one, ok in zip(found, outcomes.delivered, strict=True)]


def test_so_many_bits_are_wrong_and_with_more_the_same_ones_again():
    one, five = flips(1, range(40)), flips(5, range(40))
    assert all(len(a) == 1 and len(b) == 5 and a < b for a, b in zip(one, five, strict=True) if a and b)
    assert len({*map(str, one)}) > 35 and flips(5, range(10, 20)) == five[10:20]
    assert flips(1, range(40), seed=1) != one


def test_every_bit_is_as_likely():
    positions = [p for found in flips(150, range(20)) if found for p in found]
    thirds = np.histogram(positions, bins=3, range=(0, 8 * PICTURE.pixels.size))[0]
    assert np.abs(thirds / sum(thirds) - 1 / 3).max() < 0.03


def test_without_wrong_bits_it_is_the_codec():
    reception = UnprotectedLink(Jpeg(), 2.0).transmit([PICTURE], 0, range(3))
    (outcomes,), (bandwidth,) = reception.layers[0], reception.bandwidth[0]
    curves = RdCurves(Jpeg())
    stream = curves.encode(PICTURE.pixels, 2.0 * PICTURE.pixels.size / 24)
    assert bandwidth.channel_uses == 8 * len(stream) and outcomes.certain and outcomes.count.tolist() == [3]
    assert (outcomes.load_pixels()[0] == curves.decode(stream)).all()


def test_what_a_decoder_refuses_is_grey_and_not_delivered():
    """All bits of the first byte are wrong once all bits are."""
    size = 8 * (1 + PICTURE.pixels.size)
    outcomes = UnprotectedLink(Plain(), 32).transmit([PICTURE], size, range(2)).layers[0][0]
    assert not outcomes.delivered.any() and (outcomes.load_pixels() == 128).all()


@pytest.mark.parametrize("codec", [Jpeg(), Jpeg2000()], ids=["jpeg", "jpeg2000"])
def test_wrong_bits_cost_quality(codec):
    means = []
    for value in (0, 1, 30):
        outcomes = UnprotectedLink(codec, 2.0).transmit([PICTURE], value, range(12)).layers[0][0]
        errors = np.square(outcomes.load_pixels().astype(float) - PICTURE.pixels).mean(axis=(1, 2, 3))
        means.append(np.average(errors, weights=outcomes.count))
    assert means[0] < means[1] < means[2]


@pytest.mark.parametrize(
    ("value", "bpp", "said"),
    [
        (0.5, 2.0, "give whole numbers"),
        (float("nan"), 2.0, "give whole numbers"),
        (1e7, 2.0, "no more than these"),
    ],
)
def test_what_is_not_possible_is_one_line(value, bpp, said):
    with pytest.raises(LinksimError, match=said):
        UnprotectedLink(Jpeg(), bpp).transmit([PICTURE], value, range(1))


def test_a_picture_that_does_not_fit_is_an_outage():
    reception = UnprotectedLink(Jpeg(), 0.01).transmit([PICTURE], 1, range(5))
    (outcomes,), (bandwidth,) = reception.layers[0], reception.bandwidth[0]
    assert (outcomes.load_pixels() == 128).all() and not outcomes.delivered.any() and outcomes.certain
    assert outcomes.count.tolist() == [5] and bandwidth.items == {"unused": float(int(0.01 * 96 * 96))}


def test_what_can_change_a_result_changes_the_fingerprint():
    made = [UnprotectedLink(codec, bpp) for codec in (Jpeg(), Jpeg2000()) for bpp in (0.5, 1.0)]
    assert len({link.fingerprint() for link in made}) == len(made)
    with pytest.raises(LinksimError, match="give a number above 0"):
        UnprotectedLink(Jpeg(), 0)


def test_a_quality_instead_of_a_rate():
    link = UnprotectedLink(Jpeg(), quality=40)
    uses = link.transmit([PICTURE], 0, range(1)).bandwidth[0][0].channel_uses
    assert uses == 8 * len(Jpeg().encode_at(PICTURE.pixels, 40)) and link.name == "JPEG, quality 40"
    assert link.source_names == () and link.with_source(Jpeg2000()) is link
    assert UnprotectedLink(Jpeg(), 1.0).with_source(Jpeg2000()).source_names == ("JPEG2000",)
    assert UnprotectedLink(Jpeg(), quality=41).fingerprint() != link.fingerprint()
    with pytest.raises(LinksimError, match="give bpp, or quality"):
        UnprotectedLink(Jpeg(), 1.0, quality=40)
    assert UnprotectedLink(Jpeg(), quality=np.int64(40)).fingerprint() == link.fingerprint()
    for given, said in (({}, "give bpp, or quality"), ({"quality": 1000}, "has no quality 1000|quality 1000")):
        with pytest.raises(LinksimError, match=said):
            UnprotectedLink(Jpeg(), **given)


def test_pictures_of_several_sizes_come_through_each_with_its_own_bits():
    """In another process, too, and whatever it has coded before."""
    other = Picture("q", smooth(3, 64)[2])
    link = UnprotectedLink(Jpeg(), 3.0)
    alone = [link.transmit([picture], 3, range(2)) for picture in (PICTURE, other)]
    both = pickle.loads(pickle.dumps(link)).transmit([PICTURE, other], 3, range(2))
    for index, one in enumerate(alone):
        outcomes, bandwidth = both.layers[0][index], both.bandwidth[0][index]
        assert (outcomes.picture == index).all() and bandwidth == one.bandwidth[0][0]
        assert (outcomes.load_pixels() == one.layers[0][0].load_pixels()).all()


def test_which_bits_are_wrong(golden):
    """Of a stream of 385 bits, three each."""
    picture = Picture("golden", np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    found = flips(3, range(12), picture=picture)
    output = np.array([sorted(one) if one else [0] * 3 for one in found])
    golden.check("unprotected", unprotected.VERSION, output, "linksim/links/unprotected.py")
