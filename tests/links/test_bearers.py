"""What bearers deliver and what they charge."""

import numpy as np
import pytest

from linksim.codecs import Bits, Bytes, Codec, Shown
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import BitBearer, CodeBlockBearer, ConversationLink, ErrorFreeBearer, TransportBearer
from linksim.links.bearers.protected import smallest_transport
from linksim.phy import Awgn, Bec, BlockErasure, BlockInterleaver, PixelInterleaver, RayleighSlow, ZChannel
from linksim.phy.bler.probability import code_block_error_probabilities
from linksim.phy.mcs import get_mcs
from linksim.phy.rng import draw_keys, picture_key

MCS = "4-QAM 1/2"
BITS = np.random.default_rng(0).integers(0, 2, (6, 20_000)).astype("float32")


def keys(rows, identity="awgn"):
    return np.asarray(draw_keys(picture_key(identity, "x", 0)[None], range(rows)))[0]


def test_charges_add_up_to_whole_channel_uses():
    """Stream, padding, CRCs, parity: their sum is the length of the transport block."""
    strings = [b"x" * n for n in (3, 100, 2500)]
    for bearer, values in ((TransportBearer(MCS, Awgn()), strings), (CodeBlockBearer(MCS, Awgn()), BITS)):
        charges = bearer.charges(values)
        assert {"stream", "end marker and padding", "transport-block CRC", "code-block CRCs", "parity"} <= set(charges)
        total = sum(charges.values())
        np.testing.assert_allclose(total, np.rint(total), atol=1e-9)
        if values is strings:
            np.testing.assert_allclose(charges["stream"], [8 * len(s) / 2 for s in strings])
    np.testing.assert_array_equal(ErrorFreeBearer().charges(strings)["stream"], [24, 800, 20_000])


def test_an_interleaver_spreads_a_lost_block():
    """Without it the bits of a lost block lie side by side; with it they are spread over the part, pixel by pixel."""
    plain = BitBearer(BlockErasure(0.5, 128))
    spread = BitBearer(BlockErasure(0.5, 128), interleaver=PixelInterleaver(16, BlockInterleaver(50)))
    lost = [np.asarray(b.send(BITS, 0.5, keys(6), 0)) == -1 for b in (plain, spread)]
    assert lost[0].sum() == lost[1].sum() > 0
    runs = [np.abs(np.diff(x.astype(int), axis=1)).sum() for x in lost]
    assert runs[1] > 20 * runs[0]
    for pixel in np.split(lost[1], 20_000 // 16, axis=1):
        assert np.all(pixel == pixel[:, :1])
    kept = np.asarray(spread.send(BITS, 0.5, keys(6), 0))
    np.testing.assert_array_equal(kept[~lost[1]], BITS[~lost[1]])


def test_a_failed_code_block_is_erased_or_kept():
    """In the waterfall: erased bits are marked; of the kept ones few are wrong, and not none."""
    erased = CodeBlockBearer(MCS, Awgn()).send(BITS, 0.7, keys(6), 0)
    kept = CodeBlockBearer(MCS, Awgn(), failed="keep").send(BITS, 0.7, keys(6), 0)
    lost = erased == -1
    assert 0 < lost.mean() < 1
    np.testing.assert_array_equal(erased[~lost], BITS[~lost])
    np.testing.assert_array_equal(kept[~lost], BITS[~lost])
    wrong = (kept != BITS)[lost].mean()
    assert 0 < wrong < 0.05


def test_soft_bits_of_failed_blocks_say_how_sure_they_are():
    """Below the waterfall, where all blocks fail: as signs weighted by their certainty, soft bits are nearer to what
    was sent than hard ones, and these nearer than erasures; and their probabilities are not overdone at the middle."""
    kept, soft = (CodeBlockBearer(MCS, Awgn(), failed=f).send(BITS, 0.5, keys(6), 0) for f in ("keep", "soft"))
    # A bit of which nothing is known is taken for a one.
    np.testing.assert_array_equal(kept, soft >= 0.5)
    errors = [np.mean((2 * got - 2 * BITS) ** 2) for got in (kept, soft)]
    assert errors[1] < 0.8 * errors[0] < 0.8
    unsure = (soft > 0.3) & (soft < 0.7)
    assert (kept != BITS)[unsure].mean() > 4 * (kept != BITS).mean()
    right = CodeBlockBearer(MCS, Awgn(), failed="soft").send(BITS[:2], 5.0, keys(2), 0)
    np.testing.assert_array_equal(right, BITS[:2])


def test_factored_code_blocks_follow_the_chain():
    """The share of lost code blocks by tables is their probability, and so is that by real bits, each within four
    deviations of its number of code blocks."""
    transport = smallest_transport(get_mcs(MCS), 2500)
    p = float(code_block_error_probabilities(transport, Awgn(), 0.7).mean())
    assert 0.1 < p < 0.9
    for mode, rows in (("chain", 60), ("factored", 2000)):
        bits = np.tile(BITS, (rows // 6 + 1, 1))[:rows]
        got = CodeBlockBearer(MCS, Awgn(), mode=mode).send(bits, 0.7, keys(rows), 0)
        spread = np.sqrt(p * (1 - p) / (rows * transport.num_code_blocks))
        assert (got == -1).mean() == pytest.approx(p, abs=4 * spread)


def test_parts_on_one_channel_meet_their_own_losses():
    """Drawn from tables as over the real channel: a later part does not lose what an earlier one lost."""
    bearer, bits = CodeBlockBearer(MCS, Awgn(), mode="factored"), np.tile(BITS, (50, 1))
    first, second = (bearer.send(bits, 0.7, keys(300), start)[:, 0] == -1 for start in (0, 21_000))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.25


def test_blocks_of_a_slow_fade_share_their_luck():
    """Over slow fading all code blocks of a transmission meet one fade: most are lost together or not at all."""
    bearer = CodeBlockBearer(MCS, RayleighSlow(csi=True), mode="factored")
    lost = (bearer.send(np.tile(BITS, (10, 1)), 5.0, keys(60, "rayleigh-slow"), 0) == -1).mean(axis=1)
    assert 0.1 < lost.mean() < 0.9
    assert np.mean((lost == 0) | (lost == 1)) > 0.9


def test_an_error_free_base_is_charged_and_arrives():
    bearer = TransportBearer(MCS, Awgn(), error_free=True)
    assert bearer.send([b"abc"], -30.0, keys(1), 0) == [b"abc"]
    assert sum(bearer.charges([b"abc"]).values()) > 24
    assert bearer.fingerprint() != TransportBearer(MCS, Awgn()).fingerprint()


def test_what_cannot_be_is_one_line():
    with pytest.raises(LinksimError, match="failed='keep' is not possible in mode 'factored'"):
        CodeBlockBearer(MCS, Awgn(), mode="factored", failed="keep")
    with pytest.raises(LinksimError, match="unknown mode"):
        TransportBearer(MCS, Awgn(), mode="fast")


class Counting(Codec):
    """A byte string and bits; counts how often it decodes and makes them."""

    num_layers = 2

    def __init__(self):
        super().__init__()
        self.counts = {}
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.built = True

    def converse(self, pictures, snr_db, size, training=False, seed=None):
        rows = len(pictures)

        def count(what, value):
            self.counts[what] = self.counts.get(what, 0) + 1
            return value

        def decode(arrived):
            return count("decode", np.full((len(arrived), *size, 3), 0.25, np.float32))

        base = yield Bytes(
            lambda: count("bytes", [b"same"] * rows), decode, lambda: np.full((rows, *size, 3), 0.25, np.float32)
        )
        yield Shown(base)
        bits = np.asarray((yield Bits(lambda: count("bits", np.ones((rows, 64), np.float32)))))
        yield Shown(np.clip(base + 0.5 * (bits > 0).mean(axis=1)[:, None, None, None], 0, 1))


def test_a_base_is_decoded_once_and_made_by_the_transmitter_alone():
    """Whatever the number of draws and of values on the axis, the same bytes are made and decoded once; the receiver,
    which holds the same conversation, makes neither bytes nor bits."""
    codec = Counting()
    link = ConversationLink(codec, {Bytes: ErrorFreeBearer(), Bits: BitBearer(Bec)}, axis="erasure_probability")
    picture = Picture("a", np.zeros((8, 8, 3), np.uint8))
    shown = [link.transmit([picture], p, range(5)).layers[1][0].load_pixels().mean() for p in (0.0, 1.0)]
    assert shown[0] > shown[1] + 100
    assert codec.counts == {"decode": 1, "bytes": 1, "bits": 1}


def test_a_codec_that_learned_is_asked_again():
    codec = Counting()
    link = ConversationLink(codec, {Bytes: ErrorFreeBearer(), Bits: BitBearer(Bec)}, axis="erasure_probability")
    picture = Picture("a", np.zeros((8, 8, 3), np.uint8))
    link.transmit([picture], 0.0, range(1))
    codec.scale.assign(0.25)
    link.transmit([picture], 0.0, range(1))
    assert codec.counts == {"decode": 2, "bytes": 2, "bits": 2}


def test_more_of_the_z_channels_losses_hold_those_of_less():
    less, more = (np.asarray(BitBearer(ZChannel(p)).send(BITS, p, keys(6), 0)) for p in (0.1, 0.3))
    assert np.all(more <= less) and np.all(less <= BITS)


def test_a_channel_by_the_snr_is_known_by_what_it_does():
    """Losses that depend on the SNR: two laws have two fingerprints."""

    def bearer(cliff):
        return BitBearer(lambda snr_db: BlockErasure(1.0 if snr_db < cliff else 0.1), axis="snr_db")

    assert bearer(3.0).fingerprint() == bearer(3.0).fingerprint() != bearer(3.5).fingerprint()
    lost = [np.mean(bearer(3.0).send(BITS, snr_db, keys(6), 0) == -1) for snr_db in (2.0, 4.0)]
    assert lost[0] == 1 and lost[1] < 0.5
