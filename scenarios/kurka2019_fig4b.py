"""A single decoder for one layer and for two, over AWGN: one curve per training SNR and layer.

Figure 4b of Kurka and Gündüz (2019): layers that are missing are zeros to the one decoder. It should
come close to multiple decoders, which are drawn for 13 dB, with about two thirds of the parameters. 10,000
test pictures.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
links = [
    AnalogLink(
        zoo.load(f"single-decoder/cifar10-awgn-2x1_12-snr{snr}"), channel, name=f"single decoder, trained at {snr} dB"
    )
    for snr in (1, 4, 7, 13, 19)
]
links.append(
    AnalogLink(
        zoo.load("multiple-decoders/cifar10-awgn-2x1_12-snr13"), channel, name="multiple decoders, trained at 13 dB"
    )
)

sweep = Sweep("kurka2019_fig4b", links, pictures="cifar10", snr_db=range(1, 26, 3), panel_value=13)

if __name__ == "__main__":
    sweep.main()
