"""A ladder of models is a source codec: links ask it as they ask BPG, and foreign models fit in."""

import re
from pathlib import Path

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source import Learned, RdCurves


class Coarse:
    """A model that sends every pixel's upper bits."""

    def __init__(self, bits):
        self.bits = bits

    def compress(self, picture):
        height, width, _ = picture.shape
        spread = np.unpackbits(picture.reshape(-1, 1), axis=1)[:, : self.bits]
        return bytes([height, width]) + np.packbits(spread).tobytes()

    def size_of(self, stream):
        return stream[0], stream[1]

    def decompress(self, stream):
        height, width = self.size_of(stream)
        if self.bits == 1:
            raise KeyError("a model that is not ours")
        bits = np.unpackbits(np.frombuffer(stream[2:], np.uint8))[: 3 * height * width * self.bits]
        kept = np.packbits(bits.reshape(-1, self.bits), axis=1)
        return kept.reshape(height, width, 3)

    def fingerprint(self):
        return f"coarse {self.bits}"


@pytest.fixture
def ladder():
    return Learned([Coarse(bits) for bits in (8, 4, 2)], "coarse")


def test_the_best_rung_within_the_bytes_is_sent(ladder, crop):
    picture = crop(20, 30)
    curves = RdCurves(ladder)
    sizes = curves.points(picture).num_bytes
    assert list(sizes) == [1 + 2 + 3 * 20 * 30 * bits // 8 for bits in (8, 4, 2)]
    assert curves.best_within(picture, sizes[1] + 3).quality == 1
    assert curves.best_within(picture, sizes[2] - 1) is None
    np.testing.assert_array_equal(ladder.decode(ladder.encode_at(picture, 0)), picture)
    assert np.abs(ladder.decode(ladder.encode_at(picture, 1)).astype(int) - picture).max() < 16


def test_its_identity_is_that_of_its_models_in_their_order(ladder):
    same = Learned([Coarse(bits) for bits in (8, 4, 2)], "another name")
    assert ladder.fingerprint() == same.fingerprint()
    others = ((4, 8, 2), (8, 4), (8, 4, 3))
    assert len({Learned([Coarse(b) for b in bits], "x").fingerprint() for bits in others} | {ladder.fingerprint()}) == 4


def test_bad_streams_and_foreign_errors_are_one_line(ladder, crop):
    stream = ladder.encode_at(crop(20, 30), 2)
    for damaged in (b"", b"\x03" + stream[1:], stream[:1], stream[:2], stream[:-40]):
        with pytest.raises(LinksimError) as error:
            ladder.decode(damaged)
        assert "\n" not in str(error.value)
    with pytest.raises(LinksimError, match="says 20x30"):
        ladder.decode(stream, max_pixels=599)
    with pytest.raises(LinksimError, match="cannot decode"):
        Learned([Coarse(1)], "coarse").decode(b"\0" + Coarse(1).compress(crop(4, 4)))
    with pytest.raises(LinksimError, match="no quality 3"):
        ladder.encode_at(crop(4, 4), 3)
    with pytest.raises(LinksimError, match="0 models"):
        Learned([], "nothing")


def test_a_compressai_model_as_the_docs_make_one(crop):
    """The very code of docs/howto/source-codec.md, with a network that was not trained."""
    pytest.importorskip("torch")
    google = pytest.importorskip("compressai.models.google")
    from linksim import SeparationLink
    from linksim.images.picture import Picture
    from linksim.phy import Awgn, get_mcs

    page = (Path(__file__).parents[2] / "docs" / "howto" / "source-codec.md").read_text()
    (code,) = re.findall(r"```python\n(import hashlib\n.*?)```", page, re.DOTALL)
    names = {}
    exec(code, names)
    source = names["ladder"]([google.ScaleHyperprior(8, 12)], "not trained")
    picture = crop(50, 70)
    shown = source.decode(source.encode_at(picture, 0))
    assert shown.shape == picture.shape and shown.dtype == np.uint8
    link = SeparationLink(source, get_mcs("4-QAM 1/2"), Awgn(), cbr=2.0)
    (outcomes,) = link.transmit([Picture("one", picture)], 20.0, range(1)).layers[0]
    np.testing.assert_array_equal(outcomes.load_pixels()[0], shown)
