"""Why do bit errors cost DS2C2 so little? Its bits as pictures, before and behind the channel, on Kodak.

Figure 4 of Yetis (2025) shows the latent and calls it noise-like. Beside it here, of as many bits: coins, coins with as
few ones, and the entropy-coded stream of BPG. Each plane of bits is a layer, each bit a square of 8x8 pixels where it
belongs.
"""

from linksim import Panel, Sweep, Table, zoo
from linksim.links import BitPictures, IndependentBits, LatentBits, StreamBits
from linksim.montecarlo import Axis
from linksim.phy import ZChannel
from linksim.source import Bpg

AXIS = "bit_error_probability"
STATISTICS = ("bits_ones", "bits_equal_neighbours", "bits_clumping", "bits_entropy")


def sweep_of(name, pictures, models, bits):
    """The bits of DS2C2 models, title -> zoo entry, beside coins, coins with as few ones, and a stream of BPG."""
    sources = {title: LatentBits(zoo.load(entry)) for title, entry in models.items()}
    sources |= {
        "coins": IndependentBits(bits),
        "coins, 27 % ones": IndependentBits(bits, 0.27),
        "BPG stream": StreamBits(Bpg(), bits),
    }
    return Sweep(
        name,
        [BitPictures(source, ZChannel, AXIS, title) for title, source in sources.items()],
        pictures=pictures,
        axis=Axis(AXIS, (0.0, 0.16), "share of ones received as zeros"),
        ci_half_width=None,
        max_draws=2,
        metrics=STATISTICS,
        figures=[
            *(Table(statistic) for statistic in STATISTICS),
            Panel(value=0.0, layers=5, psnr=False, file="panel_before"),
            Panel(value=0.16, layers=5, psnr=False, file="panel_behind"),
        ],
    )


sweep = sweep_of(
    "yetis2025_fig4",
    "kodak",
    {
        "DS2C2, trained without errors": "ds2c2/photos-16bits-z0",
        "DS2C2, trained at 8 %": "ds2c2/photos-16bits-z8",
    },
    bits=16,
)

if __name__ == "__main__":
    sweep.main()
