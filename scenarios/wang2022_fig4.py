"""PSNR, MS-SSIM, LPIPS and DISTS against the SNR at CBR 1/48: deep JSCC for perception or for MSE, and BPG.

Fig. 4 of Wang et al. (2022) on Kodak. FID is of whole sets of pictures: `linksim score` gives it for two folders.
"""

from linksim import AnalogLink, BestOf, CapacityLink, Curves, Panel, SeparationLink, Sweep, zoo
from linksim.phy import PAPER_MCS, Awgn, get_mcs
from linksim.source import Bpg

CBR = 1 / 48
METRICS = ("psnr", "ms_ssim", "lpips", "dists")
PERCEPTUAL, MSE = "perceptual deep JSCC", "deep JSCC (MSE)"
channel = Awgn()


def learned(rate: str) -> list[AnalogLink]:
    """One network in two trainings at a bandwidth ratio, such as "1_48"."""
    models = {PERCEPTUAL: f"deepjscc-resnet/photos-{rate}-gan", MSE: f"deepjscc-resnet/photos-{rate}"}
    return [
        AnalogLink(zoo.load(model), channel, name=f"{scheme}, CBR {rate.replace('_', '/')}", tags={"scheme": scheme})
        for scheme, model in models.items()
    ]


def separation(cbr: float, label: str) -> list:
    """BPG with the best scheme at every SNR, and with a code that reaches capacity."""
    schemes = [SeparationLink(Bpg(), mcs, channel, cbr) for mcs in PAPER_MCS]
    return [
        BestOf(schemes, name=f"BPG + LDPC, best, CBR {label}", tags={"scheme": "BPG + LDPC, best"}),
        CapacityLink(Bpg(), channel, cbr, name=f"BPG + capacity, CBR {label}", tags={"scheme": "BPG + capacity"}),
    ]


best, capacity = separation(CBR, "1/48")
scheme_of_the_paper = SeparationLink(Bpg(), get_mcs("16-QAM 2/3"), channel, CBR)

sweep = Sweep(
    "wang2022_fig4",
    [*learned("1_48"), best, scheme_of_the_paper, capacity],
    pictures="kodak",
    metrics=METRICS,
    snr_db=[0, 1, 4, 7, 10, 13, 15],
    max_draws=2,
    figures=[*(Curves(y=metric) for metric in METRICS), Panel(value=10, metrics=("lpips",))],
)

if __name__ == "__main__":
    sweep.main()
