"""What learning adds to linear theory: CIFAR-10 over AWGN, k/n = 1/12 and 1/6, codecs that know the SNR.

The network of Bourtsoulatze, Kurka and Gündüz (2019), every model at its own SNR; a residual network, one model for
all SNRs; and the best linear analog code, which is not trained at all. 10,000 test pictures.
"""

from linksim import Along, AnalogLink, Curves, Panel, Sweep, zoo
from linksim.phy import Awgn

SNRS = (1, 4, 7, 10, 13, 16, 19)
channel = Awgn()
links = []
for rate, label in (("1_12", "1/12"), ("1_6", "1/6")):
    scheme = "DeepJSCC, residual network"
    one = zoo.load(f"deepjscc-resnet/cifar10-{rate}")
    links.append(AnalogLink(one, channel, name=f"{scheme}, {label}", tags={"scheme": scheme}))
    scheme = "DeepJSCC, small network"
    models = {snr: AnalogLink(zoo.load(f"deepjscc/cifar10-{rate}-snr{snr}"), channel) for snr in SNRS}
    links.append(Along("snr_db", models, at=None, name=f"{scheme}, {label}", tags={"scheme": scheme}))
    linear = zoo.load(f"linear/cifar10-{rate}")
    links.append(AnalogLink(linear, channel, name=f"best linear code, {label}", tags={"scheme": "best linear code"}))

sweep = Sweep(
    "cifar10_matched",
    links,
    pictures="cifar10",
    snr_db=SNRS,
    figures=[Curves(), Curves(y="psnr_of_mean_mse"), Panel(value=10)],
    panel_value=10,
)

if __name__ == "__main__":
    sweep.main()
