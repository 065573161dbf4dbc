"""Bits that are shown as pictures: where they belong, as the channel leaves them."""

import numpy as np
import pytest

from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import BitPictures, IndependentBits, LatentBits, StreamBits
from linksim.phy import BlockErasure, ZChannel
from linksim.source import Jpeg

PICTURE = Picture("p", np.random.default_rng(0).integers(0, 256, (60, 84, 3), dtype=np.uint8))


def planes(link: BitPictures, p: float, draws: int = 1) -> np.ndarray:
    """`[planes, draws, H, W]` of the red channel."""
    layers = link.transmit([PICTURE], p, range(draws)).layers
    return np.stack([outcomes[0].load_pixels()[..., 0] for outcomes in layers])


def test_a_bit_is_a_square_where_it_belongs():
    source = IndependentBits(3)
    bits = source.bits(PICTURE)
    shown = planes(BitPictures(source, ZChannel, "bit_error_probability", "coins"), 0.0)
    assert shown.shape == (3, 1, 60, 84) and bits.shape == (8, 11, 3)
    for plane in range(3):
        assert (shown[plane, 0] == 255 * np.kron(bits[..., plane], np.ones((8, 8)))[:60, :84]).all()


def test_the_channel_does_to_them_what_it_does():
    """Of a z channel no zero becomes a one; a lost block of 1056 bytes is all of these bits."""
    z = BitPictures(IndependentBits(4), ZChannel, "bit_error_probability", "coins")
    before, after = planes(z, 0.0, 40), planes(z, 0.25, 40)
    assert (after <= before).all() and (after[before == 255] == 0).mean() == pytest.approx(0.25, abs=0.02)
    lost = planes(BitPictures(IndependentBits(4), BlockErasure, "erasure_probability", "coins"), 1.0)
    assert (lost == 128).all()


def test_bits_of_a_latent_are_those_that_the_codec_sends():
    codec = create("ds2c2", {"channels": 5, "base": {"filters": 4, "blocks": 1, "classes": 0}})
    residual = codec.encode_residual(np.float32(PICTURE.pixels[None] / 255 - codec.rgan(PICTURE.pixels[None] / 255)))
    assert (LatentBits(codec).bits(PICTURE).reshape(1, -1) == np.asarray(residual)).mean() > 0.99
    link = BitPictures(LatentBits(codec), ZChannel, "bit_error_probability", "latent")
    assert [b[0].channel_uses for b in link.transmit([PICTURE], 0.1, range(2)).bandwidth] == [
        88 * n for n in range(1, 6)
    ]


def test_bits_of_a_stream_are_its_first_ones():
    source = StreamBits(Jpeg(), 16)
    bits = source.bits(PICTURE).transpose(2, 0, 1).reshape(-1)
    streams = [Jpeg().encode_at(PICTURE.pixels, quality) for quality in reversed(Jpeg().qualities)]
    first = next(stream for stream in streams if 8 * len(stream) >= len(bits))
    assert (bits == np.unpackbits(np.frombuffer(first, np.uint8))[: len(bits)]).all()
    with pytest.raises(LinksimError, match="take fewer planes"):
        StreamBits(Jpeg(), 10_000).bits(PICTURE)


def test_what_can_change_the_bits_changes_the_fingerprint():
    made = [
        BitPictures(source, channel, "bit_error_probability", "x")
        for source in (IndependentBits(4), IndependentBits(4, 0.4), StreamBits(Jpeg(), 4))
        for channel in (ZChannel, BlockErasure)
    ]
    assert len({link.fingerprint() for link in made}) == len(made)
