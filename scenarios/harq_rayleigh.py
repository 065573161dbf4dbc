"""BPG + 5G LDPC with up to four transmissions (HARQ) on Kodak over slow Rayleigh fading, CBR 1/16 each.

Retransmissions of redundancy versions 2, 3 and 1 are combined with what was received before, and meet an
independent fade each; feedback is free. What they take varies from draw to draw, so the mean bandwidth ratio
stands beside the quality: one-shot schemes, their envelope and the outage capacity are drawn at CBR 1/16, at
which one transmission is sent, and at 1/8 and 1/4, which is what two and four of them take. All receivers know
the fading (perfect CSI). Six pictures: HARQ sends the real bits of every draw.
"""

from linksim import BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep
from linksim.links.allotment import cbr_label
from linksim.phy import RayleighSlow, get_mcs
from linksim.source import Bpg

SCHEMES = [get_mcs(name) for name in ("4-QAM 1/2", "16-QAM 1/2", "16-QAM 2/3", "64-QAM 2/3")]
channel = RayleighSlow(csi=True)


def tags(scheme, cbr):
    """`plot` tells the plots of a figure apart: retransmissions take more, and not the same at each SNR."""
    return {"scheme": scheme, "plot": f"CBR {cbr_label(cbr)} per transmission"}


def harq(mcs, cbr=1 / 16):
    scheme = f"BPG + {mcs.name}, HARQ 4"
    return SeparationLink(Bpg(), mcs, channel, cbr, mode="chain", harq=4, name=scheme, tags=tags(scheme, cbr))


links = [harq(mcs) for mcs in SCHEMES]
for cbr in (1 / 16, 1 / 8, 1 / 4):
    at = f"CBR {cbr_label(cbr)}"
    once = [
        SeparationLink(Bpg(), mcs, channel, cbr, name=f"{scheme}, {at}", tags=tags(scheme, cbr))
        for mcs in SCHEMES
        for scheme in [f"BPG + {mcs.name}"]
    ]
    best, capacity = "BPG + LDPC, one shot, best", "BPG + capacity, 10% outage"
    links += [
        BestOf(once, name=f"{best}, {at}", tags=tags(best, cbr)),
        CapacityLink(Bpg(), channel, cbr, name=f"{capacity}, {at}", tags=tags(capacity, cbr)),
    ]

sweep = Sweep(
    "harq_rayleigh",
    links,
    pictures="kodak",
    max_pictures=6,
    snr_db=range(0, 31, 5),
    ci_half_width=0.5,
    max_draws=64,
    panel_value=10,
    figures=[
        Curves(group="scheme", split="plot"),
        Curves(y="cbr", group="scheme", split="none"),
        Curves(x="cbr", group="scheme", at=10),
        Panel(value=10),
    ],
)

if __name__ == "__main__":
    sweep.main()
