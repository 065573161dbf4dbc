"""DS2C2 of the zoo: what remains of a photograph when blocks of its enhancement layer are lost."""

import numpy as np
import pytest

from linksim import images, zoo
from linksim.codecs.conversation import receive, rehearse
from linksim.phy import PixelInterleaver, RandomInterleaver
from linksim.pixels import mean_squared_error, psnr_of_mse

BLOCK = 8 * 1056


@pytest.fixture(scope="module")
def codec():
    return zoo.load("ds2c2/photos-16bits-z8")


def test_a_photograph_degrades_block_by_block(codec):
    """Interleaved, every further block lost costs quality, none of it all: 15 dB and more with half of them gone."""
    picture = images.load("sample")[1]
    (base, bits), (first, last) = rehearse(codec, picture.pixels[None].astype("float32") / 255, None)
    spread = PixelInterleaver(codec.channels, RandomInterleaver())
    blocks = -(-bits.shape[1] // BLOCK)

    def psnr(shown) -> float:
        pixels = np.rint(np.clip(np.asarray(shown)[0], 0, 1) * 255).astype(np.uint8)
        return psnr_of_mse(mean_squared_error(picture.pixels, pixels))

    found = []
    for lost in range(blocks + 1):
        sent = np.asarray(spread(bits)).copy()
        sent[:, : lost * BLOCK] = -1
        found.append(psnr(receive(codec, [base, np.asarray(spread.inverse(sent))], None, picture.size)[-1]))
    assert blocks >= 3
    assert found[0] == pytest.approx(psnr(last), abs=0.01) and found[0] > psnr(first) + 1
    assert all(more > fewer for more, fewer in zip(found, found[1:])), found
    assert found[blocks // 2] > 15 and max(-np.diff(found)) < 0.6 * (found[0] - found[-1])
