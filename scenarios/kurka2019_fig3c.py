"""Five layers of 1/12 over AWGN against BPG + 5G LDPC and BPG at capacity, at 1/12 to 5/12.

Figure 3c of Kurka and Gunduz (2019): the best of five models per SNR and layer, each total bandwidth in
a plot of its own beside separation links that were given just that bandwidth. BPG codes every picture by
itself, so that a small picture pays for its header. The first 2,000 test pictures, because BPG takes
its time; most of it is spent once, its streams are kept.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, zoo
from linksim.links.budget import cbr_label
from linksim.phy import PAPER_MCS, Awgn
from linksim.source import Bpg

channel = Awgn()
models = [
    AnalogLink(
        zoo.load(f"multiple-decoders/cifar10-awgn-5x1_12-snr{snr}"), channel, name=f"five layers, trained at {snr} dB"
    )
    for snr in (1, 4, 7, 13, 19)
]
links = [BestOf(models, name="five layers, best training SNR")]

for cbr in (1 / 12, 2 / 12, 3 / 12, 4 / 12, 5 / 12):
    schemes = [SeparationLink(Bpg(), mcs, channel, cbr) for mcs in PAPER_MCS]
    links += [
        BestOf(schemes, name=f"BPG + LDPC, best, CBR {cbr_label(cbr)}"),
        CapacityLink(Bpg(), channel, cbr),
    ]

# Here: the baseline as papers draw it, BPG over mosaics of pictures (`linksim.source.Tiled`).

sweep = Sweep(
    "kurka2019_fig3c", links, pictures="cifar10", max_pictures=2000, snr_db=range(1, 26, 3), panel_snr_db=13
)

if __name__ == "__main__":
    sweep.main()
