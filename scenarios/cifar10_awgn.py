"""DeepJSCC on CIFAR-10 over AWGN, k/n = 1/12 and 1/6: one curve per training SNR, and the best linear code.

The figure of Bourtsoulatze, Kurka and Gündüz (2019): every model over all test SNRs, so that both
the matched points and the graceful degradation around them can be read. The linear code is told the SNR and
needs no training. 10,000 test pictures.
"""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
links = [
    AnalogLink(
        zoo.load(f"deepjscc/cifar10-{rate}-snr{snr}"),
        channel,
        name=f"DeepJSCC {label}, trained at {snr} dB",
        tags={"scheme": f"DeepJSCC, trained at {snr} dB"},
    )
    for rate, label in (("1_12", "1/12"), ("1_6", "1/6"))
    for snr in (1, 4, 7, 10, 13, 16, 19)
]
links += [
    AnalogLink(
        zoo.load(f"linear/cifar10-{rate}"),
        channel,
        name=f"best linear code {label}",
        tags={"scheme": "best linear code"},
    )
    for rate, label in (("1_12", "1/12"), ("1_6", "1/6"))
]

sweep = Sweep("cifar10_awgn", links, pictures="cifar10", snr_db=(1, 4, 7, 10, 13, 16, 19, 22), panel_value=10)

if __name__ == "__main__":
    sweep.main()
