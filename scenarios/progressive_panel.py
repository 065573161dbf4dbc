"""Four Kodak photographs that sharpen layer by layer, five layers of 1/48 at 13 dB over AWGN.

After Kurka and Gündüz (2019): `panel.png` shows every photograph as it is received after each layer,
`curve.png` the same link from 1 to 19 dB. The model was trained on photographs: one that has seen only
CIFAR-10 takes Kodak too, but gets the brightness of large areas wrong, and not every layer improves.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

MODEL = "multiple-decoders/photos-awgn-5x1_48-snr13"

links = [AnalogLink(zoo.load(MODEL), Awgn(), name="five layers, trained at 13 dB")]

sweep = Sweep("progressive_panel", links, pictures="kodak", max_pictures=4, snr_db=(1, 7, 13, 19), panel_value=13)

if __name__ == "__main__":
    sweep.main()
