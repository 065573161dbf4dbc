"""The first two of two, three, four and five layers over AWGN, all trained at 13 dB.

Figure 3d of Kurka and Gündüz (2019): more layers for those who have the bandwidth should cost those who
have it not next to nothing, so the four curves of a layer should lie on each other. All layers are in
`curve.csv`. 10,000 test pictures.
"""

from linksim import AnalogLink, Curves, Panel, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
links = [
    AnalogLink(zoo.load(f"multiple-decoders/cifar10-awgn-{layers}x1_12-snr13"), channel, name=f"{layers} layers")
    for layers in (2, 3, 4, 5)
]

sweep = Sweep(
    "kurka2019_fig3d",
    links,
    pictures="cifar10",
    snr_db=range(1, 26, 3),
    figures=[Curves(layers=2), Panel(value=13, layers=2)],
    panel_value=13,
)

if __name__ == "__main__":
    sweep.main()
