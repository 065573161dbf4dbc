"""DS2C2 over slow Rayleigh fading that the receiver knows, one fade for a picture, with what `ds2c2_phy_awgn` compares.

Code blocks that fail are erased, drawn from the block-error tables (`ds2c2_chain_vs_erasure` compares the two).
"""

from ds2c2_phy_awgn import BASE, CBR, ENHANCEMENT, codec, spread

from linksim import AnalogLink, BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import CodeBlockBearer, ConversationLink, TransportBearer
from linksim.phy import PAPER_MCS, RayleighSlow, get_mcs
from linksim.source import Bpg

channel = RayleighSlow(csi=True)


def ds2c2(name: str, error_free: bool) -> ConversationLink:
    """The base layer as one transport block, or taken to arrive."""
    bearers = {
        Bytes: TransportBearer(BASE, channel, mode="factored", error_free=error_free),
        Bits: CodeBlockBearer(ENHANCEMENT, channel, interleaver=spread, mode="factored"),
    }
    return ConversationLink(codec, bearers, name=name)


sweep = Sweep(
    "ds2c2_phy_rayleigh",
    [
        ds2c2("DS2C2, failed blocks erased", error_free=False),
        ds2c2("DS2C2, erased, base error-free", error_free=True),
        SeparationLink(Bpg(), get_mcs(ENHANCEMENT), channel, CBR),
        BestOf(
            [SeparationLink(Bpg(), mcs, channel, CBR) for mcs in PAPER_MCS],
            name="BPG + LDPC, best",
            tags={"scheme": "BPG + LDPC, best"},
        ),
        CapacityLink(Bpg(), channel, CBR),
        AnalogLink(zoo.load("deepjscc-resnet/photos-1_12"), channel, name="DeepJSCC, residual network"),
    ],
    pictures="kodak",
    snr_db=range(0, 26, 5),
    ci_half_width=0.5,
    max_draws=64,
    figures=[Curves(split="none"), Panel(value=10)],
)

if __name__ == "__main__":
    sweep.main()
