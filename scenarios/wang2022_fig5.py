"""The metrics of fig. 4 against the bandwidth ratio at 10 dB: deep JSCC for perception or for MSE, and BPG.

Fig. 5 of Wang et al. (2022) on Kodak; how much bandwidth the same LPIPS costs each.
"""

from wang2022_fig4 import METRICS, MSE, channel, learned, separation

from linksim import AnalogLink, Curves, Sweep, zoo

wide = [
    AnalogLink(zoo.load(f"deepjscc-resnet/photos-1_{n}"), channel, name=f"{MSE}, CBR 1/{n}", tags={"scheme": MSE})
    for n in (16, 12)
]
rates = {"1/48": 1 / 48, "1/24": 1 / 24, "1/16": 1 / 16, "1/12": 1 / 12, "1/8": 1 / 8}

sweep = Sweep(
    "wang2022_fig5",
    [
        *learned("1_48"),
        *learned("1_24"),
        *wide,
        *(link for label, cbr in rates.items() for link in separation(cbr, label)),
    ],
    pictures="kodak",
    metrics=METRICS,
    snr_db=[10],
    max_draws=2,
    figures=[Curves(x="cbr", y=metric, group="scheme", at=10) for metric in METRICS],
)

if __name__ == "__main__":
    sweep.main()
