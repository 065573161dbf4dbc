"""Residual transmission over AWGN, two layers of 1/12: estimated by the transmitter, and with feedback.

Figure 4a of Kurka and Gündüz (2019): the second layer sends what the first left over. Without feedback the
transmitter subtracts the mean of 10 simulated receptions, and stays below multiple decoders, which are
drawn for 13 dB; with feedback, the best training SNR, it gains. The first 2,000 test pictures, because
every one is received ten times more by the transmitter.
"""

from linksim import AnalogLink, BestOf, Sweep, zoo
from linksim.phy import Awgn

TRAINING_SNRS = (1, 4, 7, 13, 19)
channel = Awgn()
codecs = {snr: zoo.load(f"residual/cifar10-awgn-2x1_12-snr{snr}") for snr in TRAINING_SNRS}

links = [
    AnalogLink(codec, channel, name=f"residual, m = 10, trained at {snr} dB", realizations=10)
    for snr, codec in codecs.items()
]
with_feedback = [
    AnalogLink(codec, channel, name=f"residual, feedback, trained at {snr} dB", feedback=True)
    for snr, codec in codecs.items()
]
links += [
    BestOf(with_feedback, name="residual, feedback, best training SNR"),
    AnalogLink(
        zoo.load("multiple-decoders/cifar10-awgn-2x1_12-snr13"), channel, name="multiple decoders, trained at 13 dB"
    ),
]

sweep = Sweep("kurka2019_fig4a", links, pictures="cifar10", max_pictures=2000, snr_db=range(1, 26, 3), panel_value=13)

if __name__ == "__main__":
    sweep.main()
