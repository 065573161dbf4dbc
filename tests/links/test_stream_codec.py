"""An image codec over a channel that erases blocks: the picture is there, or it is not."""

from functools import partial

import numpy as np
import pytest

from linksim.codecs import Bytes
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import ByteBearer, ConversationLink, StreamCodec
from linksim.phy import BlockErasure, Bsc, ZChannel
from linksim.phy.rng import draw_keys, picture_key
from linksim.source import Jpeg
from linksim.source.curves import RdCurves

RAMP = np.add.outer(np.arange(48), np.arange(72))[..., None] + np.array([0, 40, 90])
PICTURE = Picture("p", (RAMP % 256).astype(np.uint8))


def link(bpp=6.0, channel=BlockErasure, axis="erasure_probability"):
    return ConversationLink(StreamCodec(Jpeg(), bpp), {Bytes: ByteBearer(channel, axis)}, axis=axis)


def test_the_best_stream_within_the_bits():
    codec = StreamCodec(Jpeg(), 6.0)
    reception = link().transmit([PICTURE], 0.0, range(1))
    uses = reception.bandwidth[0][0].channel_uses
    stream = codec.curves.encode(PICTURE.pixels, 6.0 * 48 * 72 / 8)
    assert uses == 8 * len(stream) <= 6.0 * 48 * 72
    assert (reception.layers[0][0].load_pixels()[0] == Jpeg().decode(stream)).all()


def test_all_or_nothing():
    """A stream of three blocks arrives as often as none of the three is lost; else the receiver shows grey."""
    short = partial(BlockErasure, block_bytes=200)
    assert 2 * 1600 < link().transmit([PICTURE], 0.0, range(1)).bandwidth[0][0].channel_uses <= 3 * 1600
    outcomes = link(channel=short).transmit([PICTURE], 0.2, range(400)).layers[0][0]
    assert outcomes.delivered.mean() == pytest.approx(0.8**3, abs=0.08)
    assert (outcomes.load_pixels()[~outcomes.delivered] == 128).all()
    assert np.ptp(outcomes.load_pixels()[outcomes.delivered], axis=0).max() == 0


@pytest.mark.parametrize("channel", [Bsc, ZChannel])
def test_one_wrong_bit_is_enough(channel):
    keys = np.asarray(draw_keys(picture_key(channel.name, "x", 0)[None], range(300)))[0]
    streams = [bytes([0x0F] * 10)] * 300
    arrived = ByteBearer(channel, "bit_error_probability").send(streams, 0.02, keys, 0)
    ones = 80 if channel is Bsc else 40
    assert np.mean([a is not None for a in arrived]) == pytest.approx(0.98**ones, abs=0.09)
    assert {a for a in arrived if a is not None} == {streams[0]}


def test_too_few_bits_are_one_line():
    with pytest.raises(LinksimError, match="give it at least that"):
        link(0.01).transmit([PICTURE], 0.0, range(1))
    with pytest.raises(LinksimError, match="give a number above 0"):
        StreamCodec(Jpeg(), 0)


def test_fingerprints_know_codec_budget_and_channel():
    made = [link(), link(5.0), link(channel=Bsc)]
    assert len({one.fingerprint() for one in made}) == 3


def test_draw_after_draw_codes_a_picture_once(monkeypatch):
    sent, shown = [], []
    encode, decode = RdCurves.encode, Jpeg.decode
    monkeypatch.setattr(RdCurves, "encode", lambda *a, **options: sent.append(1) or encode(*a, **options))
    monkeypatch.setattr(Jpeg, "decode", lambda *a, **options: shown.append(1) or decode(*a, **options))
    over = link()
    for draw in range(4):
        over.transmit([PICTURE], 0.0, range(draw, draw + 1))
    assert len(sent) == len(shown) == 1
    others = [Picture(str(i), (PICTURE.pixels + 1 + i).astype(np.uint8)) for i in range(40)]
    pixels = [over.transmit([p], 0.0, range(1)).layers[0][0].load_pixels()[0] for p in others]
    assert len(sent) == 41 and len({p.tobytes() for p in pixels}) == 40
