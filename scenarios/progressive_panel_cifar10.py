"""Six CIFAR-10 pictures that sharpen layer by layer, five layers of 1/12 at 13 dB over AWGN.

After Kurka and Gündüz (2019): `panel.png` shows six test pictures as they are received after each layer,
`curve.png` the same link from 1 to 19 dB on a hundred of them.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

links = [
    AnalogLink(zoo.load("multiple-decoders/cifar10-awgn-5x1_12-snr13"), Awgn(), name="five layers, trained at 13 dB")
]

sweep = Sweep(
    "progressive_panel_cifar10", links, pictures="cifar10", max_pictures=100, snr_db=(1, 7, 13, 19), panel_value=13
)

if __name__ == "__main__":
    sweep.main()
