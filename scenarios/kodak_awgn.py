"""BPG or LIC-GMM-AM + 5G LDPC or capacity, DeepJSCC and the best linear code on Kodak over AWGN, at five ratios.

The separation baseline of the deep JSCC literature (as in the WITT and NTSCC figures): quality
against SNR, every fixed scheme and their envelopes, with the published points as markers; and quality
against bandwidth ratio at 10 dB.
"""

from linksim import AnalogLink, BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep, zoo
from linksim.links.allotment import cbr_label
from linksim.phy import PAPER_MCS, Awgn
from linksim.source import Bpg

channel = Awgn()
lic = zoo.Lic()
links = [
    AnalogLink(zoo.load(model), channel, name=f"{scheme}, CBR {cbr}", tags={"scheme": scheme})
    for scheme, cbr, model in [
        ("DeepJSCC, residual network", "1/48", "deepjscc-resnet/photos-1_48"),
        ("DeepJSCC, residual network", "1/24", "deepjscc-resnet/photos-1_24"),
        ("DeepJSCC, residual network", "1/16", "deepjscc-resnet/photos-1_16"),
        ("DeepJSCC, residual network", "1/12", "deepjscc-resnet/photos-1_12"),
        ("DeepJSCC, small network", "1/16", "deepjscc/photos-1_16-snr10"),
        *(
            ("best linear code", cbr, f"linear/photos-{cbr.replace('/', '_')}")
            for cbr in ("1/48", "1/24", "1/16", "1/12")
        ),
    ]
]

for cbr in (1 / 48, 1 / 24, 1 / 16, 1 / 12, 1 / 8):
    schemes = [SeparationLink(Bpg(), mcs, channel, cbr) for mcs in PAPER_MCS]
    links += [
        BestOf(schemes, rule=rule, name=f"{scheme}, CBR {cbr_label(cbr)}", tags={"scheme": scheme})
        for rule, scheme in (("oracle", "BPG + LDPC, best"), ("target-bler", "BPG + LDPC, BLER <= 10 %"))
    ]
    schemes = [SeparationLink(lic, mcs, channel, cbr) for mcs in PAPER_MCS]
    scheme = "LIC-GMM-AM + LDPC, best"
    links.append(BestOf(schemes, name=f"{scheme}, CBR {cbr_label(cbr)}", tags={"scheme": scheme}))
    links += [CapacityLink(codec, channel, cbr) for codec in (Bpg(), lic)]

sweep = Sweep(
    "kodak_awgn",
    links,
    pictures="kodak",
    snr_db=range(0, 21),
    figures=[Curves(), Curves(x="cbr", group="scheme", at=10), Panel(value=10)],
    panel_value=10,
)

if __name__ == "__main__":
    sweep.main()
