"""One network for every SNR and every number of layers, against one model per SNR and rate, on CIFAR-10 over AWGN.

Beyond Kurka and Gündüz (2019): a residual network that is told the SNR and how many layers of 1/24
arrived, up to k/n = 1/4. Beside it the small DeepJSCC with a model per SNR and rate, a residual network with a model
per rate, and DeepJSCC-l++ (Bian et al. 2023) at 7 dB. 10,000 test pictures.
"""

from linksim import AnalogLink, BestOf, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
small = [
    BestOf(
        [
            AnalogLink(
                zoo.load(f"deepjscc/cifar10-{rate}-snr{snr}"),
                channel,
                name=f"DeepJSCC {label} for {snr} dB",
                tags={"scheme": f"DeepJSCC for {snr} dB"},
            )
            for snr in (1, 4, 7, 10, 13, 19)
        ],
        name=f"DeepJSCC {label}, a model per SNR",
        tags={"scheme": "DeepJSCC, a model per SNR"},
    )
    for rate, label in (("1_12", "1/12"), ("1_6", "1/6"))
]
per_rate = [
    AnalogLink(
        zoo.load(f"deepjscc-resnet/cifar10-{rate}"),
        channel,
        name=f"residual network {label}, all SNRs",
        tags={"scheme": "residual network, a model per rate"},
    )
    for rate, label in (("1_12", "1/12"), ("1_6", "1/6"))
]
one = AnalogLink(zoo.load("adaptive/cifar10-awgn-6x1_24"), channel, name="one model, layers of 1/24")

sweep = Sweep(
    "progressive_modern",
    [one, *per_rate, *small],
    pictures="cifar10",
    snr_db=(0, 3, 7, 10, 13, 16, 19, 22, 25),
    panel_value=7,
)

if __name__ == "__main__":
    sweep.main()
