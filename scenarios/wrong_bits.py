"""What one wrong bit does to a coded picture: LIC-GMM-AM, BPG, JPEG 2000 and JPEG, at a quarter of a bit per pixel.

Nothing protects the streams, and nobody tells the receiver that a bit is wrong.
"""

from linksim import Curves, Panel, Sweep, Table, zoo
from linksim.links import UnprotectedLink
from linksim.montecarlo import Axis
from linksim.source import Bpg, Jpeg, Jpeg2000

BPP = 0.26
links = [
    # Of one quality: at the lowest four pictures take more bits than that.
    UnprotectedLink(zoo.Lic(), quality=8, name="LIC-GMM-AM"),
    *(UnprotectedLink(codec, BPP, name=codec.name) for codec in (Bpg(), Jpeg2000(), Jpeg())),
]

sweep = Sweep(
    "wrong_bits",
    links,
    pictures="kodak",
    axis=Axis("wrong_bits", (0, 1, 10), "wrong bits"),
    ci_half_width=None,
    max_draws=4,
    figures=[Table(bpp=True), Curves(), Curves(y="delivered"), Panel(value=1)],
)

if __name__ == "__main__":
    sweep.main()
