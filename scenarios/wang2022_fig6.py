"""The pictures of a user study: perceptual deep JSCC beside BPG + LDPC of one to six times its bandwidth, at 10 dB.

Fig. 6 of Wang et al. (2022), whose participants saw 46 pairs of 256x256 patches of Kodak. This scenario makes what is
asked about; people give the answers:

    linksim run wang2022_fig6 --workers 2
    linksim study make results/wang2022_fig6 --at 10 --ours "perceptual deep JSCC, CBR 1/48" \\
        --theirs "BPG + LDPC, best, CBR 1/48" --theirs "BPG + LDPC, best, CBR 1/24" \\
        --theirs "BPG + LDPC, best, CBR 1/16" --theirs "BPG + LDPC, best, CBR 1/12" --theirs "BPG + LDPC, best, CBR 1/8"
    linksim study serve study --participants 20
    linksim study analyse study answers --out results/wang2022_fig6

The figure of preferences is drawn from the answers by the last command, and by each run from then on.
"""

from wang2022_fig4 import learned, separation
from wang2022_fig5 import rates

from linksim import Panel, Preferences, Sweep

sweep = Sweep(
    "wang2022_fig6",
    [
        *(link for rate in ("1_48", "1_24") for link in learned(rate)),
        *(link for label, cbr in rates.items() for link in separation(cbr, label)),
    ],
    pictures="kodak",
    snr_db=[10],
    max_draws=2,
    keep_pictures=24,
    figures=[Panel(value=10), Preferences()],
)

if __name__ == "__main__":
    sweep.main()
