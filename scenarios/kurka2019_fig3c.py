"""Five layers of 1/12 over AWGN against BPG + 5G LDPC and BPG at capacity, at 1/12 to 5/12.

Figure 3c of Kurka and Gündüz (2019): the best of five models per SNR and layer, each total bandwidth in
a plot of its own beside separation links that were given just that bandwidth. BPG codes every picture by
itself, so that a small picture pays for its header. Dashed: the generous way of papers, 64 pictures in
one file whose header is free. The first 1,000 test pictures, because BPG takes its time; most of it is
spent once, its streams are kept.
"""

from linksim import AnalogLink, BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep, images, zoo
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
sources = (Bpg(), Tiled(Bpg(), [picture.pixels for picture in pictures]))
for cbr in (i / 12 for i in range(1, 6)):
    for source in sources:
        schemes = [SeparationLink(source, mcs, channel, cbr) for mcs in PAPER_MCS]
        best, capacity = f"{source.name} + LDPC, best", f"{source.name} + capacity"
        links += [
            BestOf(schemes, name=f"{best}, CBR {cbr_label(cbr)}", tags={"scheme": best}),
            CapacityLink(source, channel, cbr, name=f"{capacity}, CBR {cbr_label(cbr)}", tags={"scheme": capacity}),
        ]

alone, tiled = (source.name for source in sources)
dashed = {f"{tiled} + {what}": f"{alone} + {what}" for what in ("LDPC, best", "capacity")}

sweep = Sweep(
    "kurka2019_fig3c",
    links,
    pictures=pictures,
    snr_db=range(1, 26, 3),
    figures=[Curves(variants=dashed), Panel(value=13)],
    panel_value=13,
)

if __name__ == "__main__":
    sweep.main()
