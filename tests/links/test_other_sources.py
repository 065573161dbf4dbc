"""Other source codecs in the place of a sweep's: what is replaced, what it is called, what stays."""

import numpy as np
import pytest
from link_kinds import KINDS
from smooth_pictures import smooth

from linksim.codecs import Bytes
from linksim.errors import LinksimError
from linksim.images import Picture
from linksim.links import BestOf, ByteBearer, CapacityLink, ConversationLink, SeparationLink, StreamCodec
from linksim.links.along import Along
from linksim.links.other_sources import with_sources
from linksim.phy import Awgn, BlockErasure, get_mcs
from linksim.source import Jpeg, Jpeg2000, Tiled

AWGN = Awgn()
SCHEMES = [get_mcs(name) for name in ("4-QAM 1/2", "16-QAM 1/2")]


def separation(source, mcs=SCHEMES[0], **options):
    return SeparationLink(source, mcs, AWGN, cbr=0.9, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_with_its_own_codec_a_link_is_what_it_was(kind):
    link = KINDS[kind]()
    if not link.source_names:
        with pytest.raises(LinksimError, match="no link has a source codec"):
            with_sources([link], [Jpeg()])
        return
    (same,) = with_sources([link], [Jpeg()])
    assert (same.name, same.tags, same.fingerprint()) == (link.name, link.tags, link.fingerprint())


def test_a_codec_of_the_same_name_keeps_its_settings():
    from linksim.source import Bpg

    fast = separation(Bpg(preset="ultrafast"))
    assert with_sources([fast], [Bpg()]) == [fast]


@pytest.mark.parametrize(
    "make",
    [
        separation,
        lambda source: separation(source, name=f"{source.name} behind LDPC", tags={"scheme": f"{source.name}, fixed"}),
        lambda source: separation(source, mode="chain", harq=2),
        lambda source: CapacityLink(source, AWGN, 1 / 4),
        lambda source: separation(Tiled(source, smooth(4))),
        lambda source: ConversationLink(
            StreamCodec(source, 4.0),
            {Bytes: ByteBearer(BlockErasure, "erasure_probability")},
            axis="erasure_probability",
        ),
    ],
)
def test_a_link_is_as_if_it_had_been_made_with_the_other(make):
    """Name, tags, fingerprint, and what it sends; and the link that was there is left alone."""
    jpeg = make(Jpeg())
    before = jpeg.name, dict(jpeg.tags), jpeg.fingerprint()
    one, other = with_sources([jpeg], [Jpeg(), Jpeg2000()])
    made = make(Jpeg2000())
    assert (one.name, dict(one.tags), one.fingerprint()) == before == (jpeg.name, dict(jpeg.tags), jpeg.fingerprint())
    assert (other.name, dict(other.tags), other.fingerprint()) == (made.name, dict(made.tags), made.fingerprint())


def test_what_is_sent_is_of_the_other_codec():
    picture = Picture("p", np.tile(smooth(1)[0], (2, 2, 1)))
    jpeg = separation(Jpeg())
    jpeg.transmit([picture], 20.0, range(2))  # its plan is made, and must not be found by the other
    (other,) = with_sources([jpeg], [Jpeg2000()])
    (outcomes,) = other.transmit([picture], 20.0, range(2)).layers[0]
    shown = outcomes.load_pixels()
    assert outcomes.delivered.all()
    assert (shown == separation(Jpeg2000()).transmit([picture], 20.0, range(2)).layers[0][0].load_pixels()).all()
    assert (shown != jpeg.transmit([picture], 20.0, range(2)).layers[0][0].load_pixels()).any()


def test_envelopes_and_other_axes():
    best = BestOf([separation(Jpeg(), mcs) for mcs in SCHEMES], name="JPEG + LDPC, best", tags={"scheme": "JPEG, best"})
    along = Along("cbr", {r: CapacityLink(Jpeg(), AWGN, r) for r in (1 / 4, 1 / 8)}, at=10.0, name="at capacity")
    codec = KINDS["analog, awgn"]()
    found = with_sources([best, codec, along], [Jpeg(), Jpeg2000()])
    assert [entry.name for entry in found] == [
        "JPEG + LDPC, best",
        "JPEG2000 + LDPC, best",
        codec.name,
        "at capacity",
        "at capacity, JPEG2000",
    ]
    assert found[1].tags["scheme"] == "JPEG2000, best" and found[2] is codec
    assert [m.name for m in found[1].members] == [separation(Jpeg2000(), mcs).name for mcs in SCHEMES]
    assert [m.fingerprint() for m in found[1].members] == [separation(Jpeg2000(), m).fingerprint() for m in SCHEMES]
    assert found[4].fingerprint() != found[3].fingerprint() == along.fingerprint()
    assert best.name == "JPEG + LDPC, best" and best.members[0].source_names == ("JPEG",)


def test_what_differed_in_its_source_codec_alone_is_there_once():
    both = [separation(Jpeg()), separation(Jpeg2000())]
    assert [link.name for link in with_sources(both, [Jpeg2000()])] == [both[1].name]


def test_an_envelope_over_source_codecs_is_refused():
    with pytest.raises(LinksimError, match="several source codecs"):
        with_sources([BestOf([separation(Jpeg()), separation(Jpeg2000())], name="both")], [Jpeg()])
