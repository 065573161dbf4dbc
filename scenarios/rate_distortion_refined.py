"""What a search for latents of each picture is worth: LIC-GMM-AM with it and without, BPG and JPEG 2000, on Kodak.

The search is the encoder's alone (`linksim.codecs.lic.refine`), its bytes are read by the decoder of `rate_distortion`.
"""

from linksim import Curves, Sweep
from linksim.links import UnprotectedLink
from linksim.montecarlo import Axis
from linksim.source import Bpg, Jpeg2000, Learned
from linksim.zoo import Lic

lic = Lic()
# On a CPU that does not know bfloat16, take float32, here half as fast.
patient = Lic(refine_steps=50, refine_precision="mixed_bfloat16")
some = Learned(patient.models[2:9:3], patient.name)  # every picture is coded at all of a codec's qualities
ladders = {
    some: some.qualities,
    lic: lic.qualities[::2],
    Bpg(): range(26, 47, 2),  # QP
    Jpeg2000(): range(44, 77, 6),  # 16 / 1.07^q bits per pixel: 0.8 to 0.1
}
links = [
    UnprotectedLink(codec, quality=quality, tags={"scheme": codec.name})
    for codec, qualities in ladders.items()
    for quality in qualities
]

sweep = Sweep(
    "rate_distortion_refined",
    links,
    pictures="kodak",
    axis=Axis("wrong_bits", (0,), "wrong bits"),
    metrics=("psnr", "ms_ssim"),
    figures=[Curves(x="bpp", group="scheme"), Curves(x="bpp", y="ms_ssim", group="scheme")],
)

if __name__ == "__main__":
    sweep.main()
