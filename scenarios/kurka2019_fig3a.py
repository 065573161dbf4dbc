"""Two layers of 1/12 over AWGN, one encoder and two decoders: one curve per training SNR and layer.

Figure 3a of Kurka and Gündüz (2019): a picture after its first layer, and after both, beside single-layer
DeepJSCC of 1/12 and of 1/6, and the best linear codes. Sending in layers should cost next to nothing: the
dashed curves meet the baseline of 1/12, the solid ones that of 1/6. 10,000 test pictures.
"""

from linksim import AnalogLink, BestOf, Sweep, zoo
from linksim.phy import Awgn

TRAINING_SNRS = (1, 4, 7, 13, 19)
channel = Awgn()

links = [
    AnalogLink(
        zoo.load(f"multiple-decoders/cifar10-awgn-2x1_12-snr{snr}"), channel, name=f"two layers, trained at {snr} dB"
    )
    for snr in TRAINING_SNRS
]
for label, rate in (("1/12", "1_12"), ("1/6", "1_6")):
    models = [
        AnalogLink(
            zoo.load(f"deepjscc/cifar10-{rate}-snr{snr}"),
            channel,
            name=f"DeepJSCC {label}, trained at {snr} dB",
            tags={"scheme": f"DeepJSCC, trained at {snr} dB"},
        )
        for snr in TRAINING_SNRS
    ]
    scheme = "DeepJSCC, best training SNR"
    links.append(BestOf(models, name=f"DeepJSCC {label}, best training SNR", tags={"scheme": scheme}))
    linear = zoo.load(f"linear/cifar10-{rate}")
    links.append(AnalogLink(linear, channel, name=f"best linear code {label}", tags={"scheme": "best linear code"}))

sweep = Sweep("kurka2019_fig3a", links, pictures="cifar10", snr_db=range(1, 26, 3), panel_value=13)

if __name__ == "__main__":
    sweep.main()
