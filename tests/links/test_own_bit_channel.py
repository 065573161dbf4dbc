"""A channel for bits, and an enhancement codec, of a newcomer: one short class each."""

import numpy as np

from linksim.codecs import Bits, Bytes, Codec, Shown
from linksim.images import Picture
from linksim.links import BitBearer, ConversationLink, ErrorFreeBearer
from linksim.phy._tf import tf
from linksim.phy.channels.bits import ERASED, BitChannel


class Bursts(BitChannel):
    """Every 1,000 bits one chance for all of them."""

    name = "bursts"

    def _send(self, bits, keys):
        lost = tf.repeat(self._events(keys, -(-tf.shape(bits)[-1] // 1000)), 1000, axis=-1)
        return tf.where(lost[..., : tf.shape(bits)[-1]], ERASED, bits)


class GreyAndBitPlanes(Codec):
    """A base of the mean grey, one byte; behind it the three highest bits of each value, which may get lost."""

    num_layers = 2

    def converse(self, pictures, snr_db, size, training=False, seed=None):
        values = np.rint(255 * np.asarray(pictures)).astype(np.uint8)
        arrived = yield Bytes([bytes([int(row.mean())]) for row in values])
        grey = np.stack([np.full((*size, 3), a[0] / 255, np.float32) for a in arrived])
        yield Shown(grey)
        planes = np.stack([values >> 7, (values >> 6) & 1, (values >> 5) & 1], -1).reshape(len(values), -1)
        got = np.asarray((yield Bits(planes.astype(np.float32)))).reshape(*values.shape, 3)
        known = (got @ np.array([128.0, 64.0, 32.0]) + 16) / 255
        yield Shown(np.where((got < 0).any(-1), grey, known).astype(np.float32))


def test_bursts_hit_whole_stretches_and_are_nested():
    bits = np.ones((40, 3500), np.float32)
    from linksim.phy.rng import draw_keys, picture_key

    keys = np.asarray(draw_keys(picture_key("bursts", "x", 0)[None], range(40)))[0]
    less, more = (np.asarray(BitBearer(Bursts).send(bits, p, keys, 0)) == -1 for p in (0.2, 0.5))
    stretches = less[:, :3000].reshape(40, 3, 1000)
    assert np.all(stretches == stretches[:, :, :1]) and 0.1 < less.mean() < 0.3
    assert np.all(more[less])


def test_the_picture_degrades_smoothly_with_the_losses():
    rng = np.random.default_rng(0)
    picture = Picture("p", rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
    link = ConversationLink(
        GreyAndBitPlanes(), {Bytes: ErrorFreeBearer(), Bits: BitBearer(Bursts)}, axis="erasure_probability"
    )
    errors = []
    for p in (0.0, 0.25, 0.5, 1.0):
        shown = np.concatenate([o.load_pixels() for o in link.transmit([picture], p, range(20)).layers[1]])
        errors.append(np.mean((shown.astype(float) - picture.pixels) ** 2))
    assert errors[0] < 100 and all(a < b for a, b in zip(errors, errors[1:]))
