"""One picture over each scheme at 10 dB, with the bandwidth that it takes: fig. 1 of Wang et al. (2022)."""

from wang2022_fig4 import channel, learned

from linksim import Panel, SeparationLink, Sweep
from linksim.phy import get_mcs
from linksim.source import Bpg

perceptual, mse = learned("1_48")
digital = [
    SeparationLink(Bpg(), get_mcs("16-QAM 2/3"), channel, cbr, name=f"BPG + 16-QAM 2/3, CBR {label}")
    for label, cbr in (("1/48", 1 / 48), ("1/24", 1 / 24), ("1/12", 1 / 12))
]

sweep = Sweep(
    "wang2022_fig1",
    [perceptual, mse, *digital],
    pictures="kodak",
    metrics=("psnr", "lpips"),
    snr_db=[10],
    max_draws=2,
    figures=[
        Panel(value=10, picture=picture, metrics=("lpips",), cbr=True, zoom=zoom, file=f"panel_{picture + 1}")
        for picture, zoom in ((3, (150, 300, 96)), (4, (180, 330, 96)))
    ],
    keep_pictures=6,
    max_pictures=6,
)

if __name__ == "__main__":
    sweep.main()
