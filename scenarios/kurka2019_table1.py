"""Residual transmission at 13 dB: what it is worth that the transmitter knows what was received.

Table I of Kurka and Gunduz (2019): two layers of 1/12 over AWGN, the transmitter subtracting the mean of
m simulated receptions, or by feedback the real one. 10,000 test pictures, each sent 10 times. The
row m = 1000 is 10 million receptions, most of the time by far; `--pictures cifar10:1000` is a tenth of it.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
codec = zoo.load("residual/cifar10-awgn-2x1_12-snr13")

links = [AnalogLink(codec, channel, realizations=m, name=f"m = {m}") for m in (1, 10, 100, 1000)]
links.append(AnalogLink(codec, channel, feedback=True, name="feedback"))

sweep = Sweep("kurka2019_table1", links, pictures="cifar10", snr_db=[13], ci_half_width=None, max_draws=10)

if __name__ == "__main__":
    sweep.main()
