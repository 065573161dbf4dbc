"""Two layers of 1/12 over slow Rayleigh fading that nobody knows: one curve per training SNR and layer.

Figure 3b of Kurka and Gündüz (2019): as figure 3a, with one fade for both layers of a transmission, and
neither transmitter nor receiver told of it. The picture degrades gracefully with the mean SNR, and the
second layer still adds to the first. 10,000 test pictures.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import RayleighSlow

channel = RayleighSlow()
links = [
    AnalogLink(
        zoo.load(f"multiple-decoders/cifar10-rayleigh-slow-2x1_12-snr{snr}"),
        channel,
        name=f"two layers, trained at {snr} dB",
    )
    for snr in (1, 4, 7, 13, 19)
]

sweep = Sweep("kurka2019_fig3b", links, pictures="cifar10", snr_db=range(1, 26, 3), panel_value=13)

if __name__ == "__main__":
    sweep.main()
