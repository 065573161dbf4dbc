"""What `one_snr.py` trained beside the model for all SNRs, on Kodak: `linksim run results/recipes/one_snr_compare.py`."""

from linksim import AnalogLink, Sweep, zoo
from linksim.phy import Awgn

channel = Awgn()
sweep = Sweep(
    "one_snr",
    [
        AnalogLink(zoo.load("deepjscc-resnet/photos-1_48"), channel, name="all SNRs"),
        AnalogLink(zoo.load("photos-1_48-snr10"), channel, name="10 dB alone"),  # in runs/, where training left it
    ],
    pictures="kodak",
    snr_db=[7, 10, 13],
    ci_half_width=0.02,
    max_draws=4,
)

if __name__ == "__main__":
    sweep.main()
