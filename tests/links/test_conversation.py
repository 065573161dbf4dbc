"""A codec of two parts that go two ways: its colour as protected bytes, its light as bits over erasures."""

from collections import Counter

import numpy as np
import pytest

from linksim.codecs import Bits, Bytes, Codec, Shown
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import ConversationLink
from linksim.links.bearers import BitBearer, CodeBlockBearer, ErrorFreeBearer, SymbolBearer, TransportBearer
from linksim.phy import Awgn, BlockErasure, RayleighSlow


class ColourAndLight(Codec):
    """Layer 1: the mean colour, three bytes. Layer 2: for every pixel whether it is lighter than the mean."""

    num_layers = 2

    def converse(self, pictures, snr_db, size, training=False, seed=None):
        pictures = np.asarray(pictures)
        colour = np.rint(255 * pictures.mean(axis=(1, 2))).astype(np.uint8)
        arrived = yield Bytes([row.tobytes() for row in colour])
        known = [np.frombuffer(a or b"\x80\x80\x80", np.uint8) / np.float32(255) for a in arrived]
        flat = np.broadcast_to(np.stack(known)[:, None, None], (len(known), *size, 3))
        yield Shown(flat)
        lighter = pictures.mean(axis=3) > pictures.mean(axis=(1, 2, 3))[:, None, None]
        bits = np.asarray((yield Bits(lighter.reshape(len(pictures), -1).astype(np.float32))))
        sign = np.where(bits < 0, 0, 2 * bits - 1).reshape(-1, *size, 1)
        yield Shown(np.clip(flat + 0.25 * sign, 0, 1))


def pictures():
    rng = np.random.default_rng(0)
    return [
        Picture(str(i), rng.integers(0, 256, (*size, 3), dtype=np.uint8))
        for i, size in enumerate([(8, 9), (6, 6), (8, 9)])
    ]


def link(axis="snr_db", blocks=8):
    light = BlockErasure(0.5, blocks) if axis == "snr_db" else (lambda p: BlockErasure(p, blocks))
    colour = TransportBearer("4-QAM 1/2", Awgn(), snr_db=None if axis == "snr_db" else 10.0)
    return ConversationLink(ColourAndLight(), {Bytes: colour, Bits: BitBearer(light)}, axis=axis)


def shown(there, some, value, draws, layer):
    """{picture: (delivered, pixels) per draw}, each draw by itself."""
    found = {}
    for draw in draws:
        for outcomes in there.transmit(some, value, range(draw, draw + 1)).layers[layer]:
            for i, ok, pixels in zip(outcomes.picture, outcomes.delivered, outcomes.load_pixels(), strict=True):
                found.setdefault(int(i), []).append((bool(ok), pixels))
    return found


def counted(reception, layer):
    """How often each picture was received how."""
    found = Counter()
    for o in reception.layers[layer]:
        for i, n, ok, pixels in zip(o.picture, o.count, o.delivered, o.load_pixels(), strict=True):
            found[int(i), bool(ok), pixels.tobytes()] += int(n)
    return found


def test_bytes_cross_a_cliff_on_the_snr_axis():
    """At -15 dB no colour arrives and grey is shown; at 10 dB all do, and the picture has its mean colour."""
    low, high = (shown(link(), pictures(), snr_db, range(3), 0) for snr_db in (-15.0, 10.0))
    for i, picture in enumerate(pictures()):
        assert [ok for ok, _ in low[i]] == [False] * 3 and np.all(low[i][0][1] == 128)
        assert [ok for ok, _ in high[i]] == [True] * 3
        assert np.abs(high[i][0][1][0, 0] - picture.pixels.mean(axis=(0, 1))).max() <= 1


def test_light_is_erased_block_by_block_on_the_erasure_axis():
    """At p = 0 every pixel is lighter or darker than the colour; at p = 1 none; in between blocks of 64 are flat,
    and what is erased at 0.3 is erased at 0.6."""
    there = link("erasure_probability")
    flat = {}
    for p in (0.0, 0.3, 0.6, 1.0):
        first, second = (shown(there, pictures()[:1], p, range(20), layer)[0] for layer in (0, 1))
        flat[p] = np.array([np.all(a == b, axis=-1) for (_, a), (_, b) in zip(first, second)]).reshape(20, -1)
    assert not flat[0.0].any() and flat[1.0].all()
    blocks = flat[0.3][:, :64]
    assert np.all(blocks == blocks[:, :1]) and 0 < blocks[:, 0].sum() < 20
    assert not np.any(flat[0.3] & ~flat[0.6])


def test_both_ways_are_charged():
    """Three bytes and the closing one in a transport block, and one channel use for each bit."""
    reception = link().transmit(pictures(), 10.0, range(1))
    for picture, first, second in zip(pictures(), *reception.bandwidth, strict=True):
        assert sum(second.items.values()) == pytest.approx(second.channel_uses)
        assert second.items["part 2, bits: bits"] == picture.pixels.size // 3
        assert {name.split(": ")[1] for name in first.items} >= {"stream", "transport-block CRC", "parity"}
        assert second.channel_uses - first.channel_uses == picture.pixels.size // 3
        assert first.channel_uses >= 8 * 4


def test_company_and_splits_change_nothing():
    """All at once, or picture by picture and in two halves: the same pictures, as often."""
    whole = counted(link().transmit(pictures(), 1.0, range(6), seed=3), 1)
    apart = Counter()
    for i, picture in enumerate(pictures()):
        for draws in (range(2), range(2, 6)):
            for (_, ok, pixels), n in counted(link().transmit([picture], 1.0, draws, seed=3), 1).items():
                apart[i, ok, pixels] += n
    assert whole == apart and len(whole) > 3 and whole.total() == 18


def test_code_blocks_carry_bits_too():
    """The same codec, its light as code blocks of the 5G chain over the same channel: all there, or erased."""
    for snr_db, same in ((10.0, False), (-15.0, True)):
        bearers = {Bytes: TransportBearer("4-QAM 1/2", Awgn(), snr_db=10.0), Bits: CodeBlockBearer("4-QAM 1/2", Awgn())}
        there = ConversationLink(ColourAndLight(), bearers)
        (_, first), (_, second) = (shown(there, pictures()[:1], snr_db, range(1), layer)[0][0] for layer in (0, 1))
        assert np.array_equal(first, second) == same


def test_fingerprints_know_the_bearers():
    prints = {link().fingerprint(), link(blocks=4).fingerprint(), link("erasure_probability").fingerprint()}
    assert len(prints) == 3 and link().fingerprint() in prints


def test_bearers_that_do_not_fit_are_refused():
    codec = ColourAndLight()
    with pytest.raises(LinksimError, match="fixed erasure_probability"):
        ConversationLink(codec, {Bits: BitBearer(BlockErasure)})
    with pytest.raises(LinksimError, match="no bearer varies"):
        ConversationLink(codec, {Bits: BitBearer(BlockErasure(0.1))})
    with pytest.raises(LinksimError, match="csi=True"):
        TransportBearer("4-QAM 1/2", RayleighSlow())
    with pytest.raises(LinksimError, match="sends Bytes, for which there is no bearer"):
        from linksim.codecs import Symbols

        ConversationLink(codec, {Symbols: SymbolBearer(Awgn())}).transmit(pictures(), 1.0, range(1))


def test_a_later_part_on_one_channel_starts_behind_the_first():
    """With feedback, strings of other lengths beside it change nothing of a picture; draws say what they took."""

    class Twice(Codec):
        needs_reception = True

        def converse(self, pictures, snr_db, size, training=False, seed=None):
            pictures = np.asarray(pictures)
            words = [bytes(row[0, 0, :].astype("float32").tobytes()) * (1 + int(4 * row[0, 0, 0])) for row in pictures]
            first = yield Bytes(words)
            again = yield Bytes([w if a is None else b"" for w, a in zip(words, first)])
            got = np.array([[x is not None, y is not None, 0] for x, y in zip(first, again)], np.float32)
            yield Shown(np.broadcast_to(got[:, None, None], pictures.shape))

    there = ConversationLink(Twice(), {Bytes: TransportBearer("4-QAM 1/2", Awgn())}, feedback=True)
    some = [Picture(str(v), np.full((4, 4, 3), v, np.uint8)) for v in (20, 200, 90)]
    together, alone = there.transmit(some, 0.5, range(40)), there.transmit(some[2:], 0.5, range(40))
    a = {key[1:]: n for key, n in counted(together, 0).items() if key[0] == 2}
    assert a == {key[1:]: n for key, n in counted(alone, 0).items()}
    assert len(a) > 1  # some needed the second
    uses = np.concatenate([o.channel_uses for o in together.layers[0]])
    assert len(np.unique(uses)) > 1


@pytest.mark.parametrize("encodes_for_snr, times", [(False, 1), (True, 2)])
def test_a_picture_is_encoded_anew_only_for_codecs_that_encode_for_the_snr(encodes_for_snr, times):
    class Counting(ColourAndLight):
        def converse(self, pictures, *rest, **others):
            seen.append(bool(np.any(np.asarray(pictures))))
            return super().converse(pictures, *rest, **others)

    Counting.encodes_for_snr, seen = encodes_for_snr, []
    bearers = {Bytes: TransportBearer("4-QAM 1/2", Awgn()), Bits: BitBearer(BlockErasure(0.5, 8))}
    there = ConversationLink(Counting(), bearers)
    for snr_db in (5.0, 10.0):
        there.transmit(pictures()[:1], snr_db, range(2))
    assert sum(seen) == times  # receivers have black pictures


def test_what_arrives_alike_is_decoded_once(monkeypatch):
    """Of pictures that are decoded one at a time: as often as something else arrived, and the same as if each were."""
    monkeypatch.setattr("linksim.links.conversation.batch_rows", lambda size: 1)
    there, decoded = link(blocks=36), []
    converse = there.codec.converse
    there.codec.converse = lambda *given: decoded.append(given) or converse(*given)
    one = pictures()[:1]
    once = there.transmit(one, 10.0, range(12))
    different = len(counted(once, 1))
    assert different <= 4, "each of two blocks is there or not"
    assert len(decoded) == 1 + different  # the transmitter's, and one for each
    there.transmit(one, 10.0, range(12, 24))
    assert len(decoded) <= 1 + 4
    monkeypatch.setattr("linksim.remembered.Remembered.__call__", lambda self, key, make: make())
    every = there.transmit(one, 10.0, range(12))
    assert counted(every, 1) == counted(once, 1) and counted(every, 0) == counted(once, 0)
    assert len(decoded) > 12


class OneMore(ColourAndLight):
    """Asks for a part that depends on the picture, which a receiver does not have."""

    def converse(self, pictures, snr_db, size, training=False, seed=None):
        yield from super().converse(pictures, snr_db, size)
        if not np.any(np.asarray(pictures)):
            yield Bits(np.zeros((len(pictures), 3), np.float32))


class OtherFirst(ColourAndLight):
    def converse(self, pictures, snr_db, size, training=False, seed=None):
        if not np.any(np.asarray(pictures)):
            yield Bits(np.zeros((len(pictures), 3), np.float32))
        yield from super().converse(pictures, snr_db, size)


@pytest.mark.parametrize("codec, what", [(OneMore, "as part 3, and nothing"), (OtherFirst, "as part 1, and Bytes")])
def test_a_receiver_that_asks_for_what_was_not_sent_is_told(codec, what):
    there = ConversationLink(codec(), link().bearers)
    with pytest.raises(LinksimError, match=f"asks for Bits {what} was sent"):
        there.transmit(pictures(), 10.0, range(1))


def test_where_nothing_gets_lost_one_draw_is_certain():
    """It stands for all; with losses the first layer, of which none gets lost, is certain and the second is not."""
    bearers = {Bytes: ErrorFreeBearer(), Bits: BitBearer(BlockErasure)}
    made = ConversationLink(ColourAndLight(), bearers, axis="erasure_probability")
    for p in (0.0, 0.3):
        first, second = (layer[0] for layer in made.transmit(pictures()[1:2], p, range(3, 10)).layers)
        assert first.count.tolist() == [7] and second.count.sum() == 7
        assert first.certain and second.certain == (p == 0)
        assert (len(second.count) > 1) == (p > 0), "alike, or with the block that holds them all and without"
