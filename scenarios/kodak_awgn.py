"""BPG + 5G LDPC, BPG + capacity and DeepJSCC on Kodak over AWGN, at five bandwidth ratios.

The separation baseline of the deep JSCC literature (as in the WITT and NTSCC figures): quality
against SNR, every fixed scheme and their envelopes, with the published points as markers.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, zoo
from linksim.links.allotment import cbr_label
from linksim.phy import PAPER_MCS, Awgn
from linksim.source import Bpg

channel = Awgn()
links = [AnalogLink(zoo.load("deepjscc/photos-1_16-snr10"), channel, name="DeepJSCC, CBR 1/16")]

for cbr in (1 / 48, 1 / 24, 1 / 16, 1 / 12, 1 / 8):
    schemes = [SeparationLink(Bpg(), mcs, channel, cbr) for mcs in PAPER_MCS]
    links += [
        BestOf(schemes, name=f"BPG + LDPC, best, CBR {cbr_label(cbr)}"),
        BestOf(schemes, rule="target-bler", name=f"BPG + LDPC, BLER <= 10 %, CBR {cbr_label(cbr)}"),
        CapacityLink(Bpg(), channel, cbr),
    ]

sweep = Sweep("kodak_awgn", links, pictures="kodak", snr_db=range(0, 21), panel_snr_db=10)

if __name__ == "__main__":
    sweep.main()
