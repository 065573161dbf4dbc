"""Facts about what a codec class must keep to, and what happens where it does not."""

import pickle

import keras
import numpy as np
import pytest

from linksim.codecs import Autoencoder, SingleDecoder
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import AnalogLink
from linksim.phy import Awgn

PICTURES = [Picture(str(i), np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)) for i in (1, 2)]


class Dense(Autoencoder):
    """The smallest codec that learns: one dense layer at each end, built at the first call."""

    def __init__(self, latent_channels=2, stride=2, name=None, **about):
        super().__init__(latent_channels, stride, name=name, **about)
        self.down = keras.layers.Conv2D(latent_channels, stride, strides=stride)
        self.up = keras.layers.Conv2DTranspose(3, stride, strides=stride, activation="sigmoid")

    def analyze(self, pictures, training=False):
        return self.down(pictures)

    def synthesize(self, latent, training=False):
        return self.up(latent)

    def get_config(self):
        return {**super().get_config(), "latent_channels": self.latent_channels, "stride": self.stride}


def transmit(codec, snr_db=10.0):
    return AnalogLink(codec, Awgn()).transmit(PICTURES, snr_db, range(2))


def test_a_codec_that_was_never_called_is_built():
    """Two fresh codecs have weights of their own, and so fingerprints; a worker gets the same weights."""
    one, other = AnalogLink(Dense(), Awgn()), AnalogLink(Dense(), Awgn())
    before = one.fingerprint()
    assert before != other.fingerprint()
    assert pickle.loads(pickle.dumps(one)).fingerprint() == before
    one.transmit(PICTURES, 10.0, range(1))
    assert one.fingerprint() == before


def test_the_snr_reaches_only_an_encoder_that_says_so():
    told = []

    class Curious(Dense):
        def encode(self, pictures, snr_db=None, training=False):
            told.append(snr_db)
            return super().encode(pictures, snr_db, training)

    for says_so in (False, True):
        codec = Curious()
        codec.encodes_for_snr = says_so
        link = AnalogLink(codec, Awgn())
        told.clear()
        link.transmit(PICTURES, 10.0, range(1))
        # once for what is sent, and once, pruned, where the receiver runs the same conversation
        assert [snr_db is not None for snr_db in told] == [says_so, says_so]


SINGLE = {
    "other symbols than promised": (
        "encode",
        lambda s: s[:, :-1],
        r"symbols of layer 1 are \(None, 15, 2\); .*\[B, 16, 2\]",
    ),
    "no pairs": ("encode", lambda s: s[..., 0], r"symbols of layer 1 are \(None, 16\); .*\[B, 16, 2\]"),
    "one row for all pictures": ("encode", lambda s: s[:1], "symbols have 1 rows for 2"),
    "one picture for all rows": ("decode", lambda p: p[:1], "pictures shown have 1 rows for 4"),
    "pictures too small": ("decode", lambda p: p[:, 1:], r"pictures shown are \(None, 7, 8, 3\); .*\[B, 8, 8, 3\]"),
    "grey pictures": ("decode", lambda p: p[..., :1], r"pictures shown are \(None, 8, 8, 1\)"),
    "not a number": ("decode", lambda p: p * np.float32("nan"), "values that are not finite"),
    "infinite": ("decode", lambda p: p / np.float32(0), "values that are not finite"),
}


def silent(dialogue):
    """A conversation that keeps its last picture to itself."""
    parts, reply = list(range(3)), None
    for _ in parts:
        reply = yield dialogue.send(reply)


LAYERED = {
    "a picture missing": ("converse", silent, "showed 1 pictures; .*each of 2 layers"),
    "a part too many": ("encode_layers", lambda layers: [*layers, layers[-1]], "part 3 is Symbols; .*carries 2 parts"),
    "a first picture that is not finite": ("show", lambda p: p / np.float32(0), "not finite"),
    "a layer without symbols": ("layer_symbols", lambda k: k[:1], "each of 2 layers"),
}


@pytest.mark.parametrize("wrong", [*SINGLE, *LAYERED])
def test_a_codec_that_breaks_its_word_is_named_in_one_line(wrong):
    """Each by a codec that is right but for this."""
    codec = Dense(title="mine") if wrong in SINGLE else SingleDecoder((2, 2), title="mine")
    transmit(codec)
    method, change, message = (SINGLE | LAYERED)[wrong]
    own = getattr(codec, method)
    setattr(codec, method, lambda *a, **k: change(own(*a, **k)))
    with pytest.raises(LinksimError, match=f"^mine: .*{message}") as error:
        transmit(codec)
    assert "\n" not in str(error.value)


def test_tags_say_what_is_known():
    """One layer of 2 reals on 2x2 pixels: 1/12 of the picture's values. Two layers have two bandwidth ratios."""
    assert AnalogLink(Dense(), Awgn(), name="one").tags == {"scheme": "one", "role": "learned", "cbr": 1 / 12}
    trained = SingleDecoder((2, 2), title="two", training_snr_db=7.0)
    link = AnalogLink(trained, Awgn(), tags={"scheme": "my scheme"})
    assert link.name == "two" and link.tags == {"scheme": "my scheme", "role": "learned", "training_snr_db": 7.0}


def test_what_a_receiver_shows_comes_from_what_arrived():
    """A codec that shows the transmitter's own pictures shows black: its receiver has none."""
    from linksim.codecs.parts import Shown, Symbols

    class Cheat(Dense):
        def converse(self, pictures, snr_db, size, training=False, seed=None):
            yield Symbols(self.encode(pictures))
            yield Shown(pictures)

    (outcomes,) = transmit(Cheat()).layers[0]
    assert np.all(outcomes.load_pixels() == 0)
