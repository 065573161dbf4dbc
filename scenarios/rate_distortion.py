"""How many bits a picture takes, without any channel: LIC-GMM-AM beside BPG, JPEG 2000 and JPEG, on Kodak.

One point for each quality of LIC-GMM-AM and for some of the others, mean over the pictures of both bits per pixel and
PSNR, as papers on compression have them. The published points are those of the network of Cheng et al. (2020)
as CompressAI trained it.
"""

from linksim import Curves, Sweep
from linksim.links import UnprotectedLink
from linksim.montecarlo import Axis
from linksim.source import Bpg, Jpeg, Jpeg2000
from linksim.zoo import Lic

lic = Lic()
ladders = {
    lic: lic.qualities,
    Bpg(): range(26, 47, 4),  # QP
    Jpeg2000(): range(44, 77, 6),  # 16 / 1.07^q bits per pixel: 0.8 to 0.1
    Jpeg(): (65, 40, 20, 10, 5),
}
links = [
    UnprotectedLink(codec, quality=quality, tags={"scheme": codec.name})
    for codec, qualities in ladders.items()
    for quality in qualities
]

sweep = Sweep(
    "rate_distortion",
    links,
    pictures="kodak",
    axis=Axis("wrong_bits", (0,), "wrong bits"),
    metrics=("psnr", "ms_ssim"),
    figures=[Curves(x="bpp", group="scheme"), Curves(x="bpp", y="ms_ssim", group="scheme")],
)

if __name__ == "__main__":
    sweep.main()
