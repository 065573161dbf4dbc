"""DS2C2 through the 5G chain over AWGN, beside BPG + LDPC and BPG + capacity of as many channel uses, and DeepJSCC.

The base layer is one transport block of a robust scheme, the enhancement bits are code blocks of a faster one. A code
block that fails is erased, its bits are kept as the decoder left them, or weighted by how sure it is of them; the base
may also be taken to arrive, as in the paper.
"""

from linksim import AnalogLink, BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import CodeBlockBearer, ConversationLink, TransportBearer
from linksim.phy import PAPER_MCS, Awgn, PixelInterleaver, RandomInterleaver, get_mcs
from linksim.source import Bpg

BASE, ENHANCEMENT = "4-QAM 2/3", "16-QAM 1/2"
CBR = 0.104  # what DS2C2 takes on average, for BPG; DeepJSCC has 1/12

codec = zoo.load("ds2c2/photos-16bits-z8")
spread = PixelInterleaver(codec.channels, RandomInterleaver())


channel = Awgn()


def ds2c2(name: str, failed: str, error_free: bool = False) -> ConversationLink:
    """What becomes of the bits of code blocks that fail; the base layer as one transport block, or taken to arrive."""
    bearers = {
        Bytes: TransportBearer(BASE, channel, error_free=error_free),
        Bits: CodeBlockBearer(ENHANCEMENT, channel, interleaver=spread, failed=failed),
    }
    return ConversationLink(codec, bearers, name=name)


links = [
    ds2c2("DS2C2, failed bits soft", "soft"),
    ds2c2("DS2C2, failed bits kept", "keep"),
    ds2c2("DS2C2, failed bits erased", "erase"),
    ds2c2("DS2C2, soft, base error-free", "soft", error_free=True),
    SeparationLink(Bpg(), get_mcs(ENHANCEMENT), channel, CBR),
    BestOf(
        [SeparationLink(Bpg(), mcs, channel, CBR) for mcs in PAPER_MCS],
        name="BPG + LDPC, best",
        tags={"scheme": "BPG + LDPC, best"},
    ),
    CapacityLink(Bpg(), channel, CBR),
    AnalogLink(zoo.load("deepjscc-resnet/photos-1_12"), channel, name="DeepJSCC, residual network"),
]

sweep = Sweep(
    "ds2c2_phy_awgn",
    links,
    pictures="kodak",
    snr_db=[1, 2, 2.6, 2.8, 3, 3.2, 3.5, 4, 4.5, 5, 5.5, 6, 6.2, 6.4, 7, 8, 10],
    ci_half_width=0.3,
    max_draws=16,
    figures=[Curves(split="none"), Panel(value=4.5)],
)

if __name__ == "__main__":
    sweep.main()
