"""BPG or LIC-GMM-AM + 5G LDPC or capacity and DeepJSCC on Kodak over slow and fast Rayleigh fading, CBR 1/16.

All receivers know the fading (perfect CSI); DeepJSCC was trained on AWGN and decodes the equalised
symbols. One picture more or less lost moves a slow-fading point by tenths of a decibel, so the
intervals are wider than elsewhere.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, zoo
from linksim.phy import PAPER_MCS, RayleighFast, RayleighSlow
from linksim.source import Bpg

CBR = 1 / 16
deepjscc = zoo.load("deepjscc/photos-1_16-snr10")
sources = (Bpg(), zoo.Lic())
links = []

for law, fading in (("slow", RayleighSlow), ("fast", RayleighFast)):
    known = fading(csi=True)
    for source in sources:
        schemes = [
            SeparationLink(source, mcs, known, CBR, name=name, tags={"scheme": name})
            for mcs in PAPER_MCS
            for name in [f"{source.name} + {mcs.name}, {law}, CSI"]
        ]
        capacity = f"{source.name} + capacity, {law}, CSI"
        links += [
            BestOf(schemes, name=f"{source.name} + LDPC, best, {law}, CSI"),
            CapacityLink(source, known, CBR, name=capacity, tags={"scheme": capacity}),
        ]
    links.append(AnalogLink(deepjscc, known, name=f"DeepJSCC, {law}, CSI"))

sweep = Sweep(
    "kodak_rayleigh",
    links,
    pictures="kodak",
    snr_db=range(0, 31, 5),
    ci_half_width=0.3,
    max_draws=256,
    panel_value=20,
)

if __name__ == "__main__":
    sweep.main()
