"""Five layers of 1/12 over AWGN against BPG + 5G LDPC and BPG at capacity, at 1/12 to 5/12.

Figure 3c of Kurka and Gündüz (2019): the best of five models per SNR and layer, each total bandwidth in
a plot of its own beside separation links that were given just that bandwidth. BPG codes every picture by
itself, so that a small picture pays for its header. Dashed: the generous way of papers, 64 pictures in
one file whose header is free. The first 1,000 test pictures, because BPG takes its time; most of it is
spent once, its streams are kept.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, images, zoo
from linksim.links.allotment import cbr_label
from linksim.phy import PAPER_MCS, Awgn
from linksim.source import Bpg, Tiled

channel = Awgn()
models = [
    AnalogLink(
        zoo.load(f"multiple-decoders/cifar10-awgn-5x1_12-snr{snr}"), channel, name=f"five layers, trained at {snr} dB"
    )
    for snr in (1, 4, 7, 13, 19)
]
links = [BestOf(models, name="five layers, best training SNR")]

pictures = images.load("cifar10", 1000)
tiled = Tiled(Bpg(), [picture.pixels for picture in pictures])
variants = {}
for i in range(1, 6):
    of = {}
    for source in (Bpg(), tiled):
        schemes = [SeparationLink(source, mcs, channel, cbr=i / 12) for mcs in PAPER_MCS]
        of[source.name] = [
            BestOf(schemes, name=f"{source.name} + LDPC, best, CBR {cbr_label(i / 12)}"),
            CapacityLink(source, channel, cbr=i / 12, name=f"{source.name} + capacity, CBR {cbr_label(i / 12)}"),
        ]
        links += of[source.name]
    variants |= {b.name: a.name for a, b in zip(of["BPG"], of[tiled.name], strict=True)}

sweep = Sweep(
    "kurka2019_fig3c", links, pictures=pictures, snr_db=range(1, 26, 3), panel_snr_db=13, variants=variants
)

if __name__ == "__main__":
    sweep.main()
