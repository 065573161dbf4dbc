"""BPG + 5G LDPC, BPG + capacity and DeepJSCC on Kodak over slow and fast Rayleigh fading, CBR 1/16.

The digital links know the fading (perfect CSI), DeepJSCC does not: it was trained on AWGN and is
shown with the equalised symbols too, which tells what the missing channel knowledge costs.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, zoo
from linksim.phy import PAPER_MCS, RayleighFast, RayleighSlow
from linksim.source import Bpg

CBR = 1 / 16
codec = zoo.load("deepjscc/photos-1_16-snr10")
links = []

for law, fading in (("slow", RayleighSlow), ("fast", RayleighFast)):
    known = fading(csi=True)
    schemes = [
        SeparationLink(Bpg(), mcs, known, CBR, name=f"BPG + {mcs.name}, {law}, CSI") for mcs in PAPER_MCS
    ]
    links += [
        BestOf(schemes, name=f"BPG + LDPC, best, {law}, CSI"),
        CapacityLink(Bpg(), known, CBR, name=f"BPG + capacity, {law}, CSI"),
        AnalogLink(codec, known, name=f"DeepJSCC, {law}, CSI"),
        AnalogLink(codec, fading(), name=f"DeepJSCC, {law}"),
    ]

sweep = Sweep("kodak_rayleigh", links, pictures="kodak", snr_db=range(0, 31, 2), panel_snr_db=20)

if __name__ == "__main__":
    sweep.main()
