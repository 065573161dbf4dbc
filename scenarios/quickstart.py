"""DeepJSCC, BPG + 5G LDPC and BPG + capacity on the built-in photographs, over AWGN.

A first curve within minutes: the same comparison as `kodak_awgn`, on the colour photographs that
come with scikit-image, at one bandwidth ratio and with five schemes. The best linear code, which needs no
training, shows what learning adds.
"""

from linksim import AnalogLink, BestOf, CapacityLink, SeparationLink, Sweep, zoo
from linksim.phy import Awgn, get_mcs
from linksim.source import Bpg

CBR = 1 / 16
channel = Awgn()
SCHEMES = ("4-QAM 1/3", "4-QAM 2/3", "16-QAM 1/2", "16-QAM 2/3", "64-QAM 2/3")

links = [
    BestOf([SeparationLink(Bpg(), mcs, channel, CBR) for mcs in map(get_mcs, SCHEMES)], name="BPG + LDPC, best of 5"),
    CapacityLink(Bpg(), channel, CBR, name="BPG + capacity"),
    AnalogLink(zoo.load("deepjscc-resnet/photos-1_16"), channel, name="DeepJSCC, residual network for all SNRs"),
    AnalogLink(zoo.load("deepjscc/photos-1_16-snr10"), channel, name="DeepJSCC, small network, trained at 10 dB"),
    AnalogLink(zoo.load("linear/photos-1_16"), channel, name="best linear code"),
]

sweep = Sweep("quickstart", links, pictures="sample", snr_db=range(0, 21, 2), panel_value=10)

if __name__ == "__main__":
    sweep.main()
