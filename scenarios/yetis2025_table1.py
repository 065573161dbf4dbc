"""What bit errors cost DS2C2 and LIC-GMM-AM on Kodak.

Table I of Yetis (2025): no errors; 16 % of the ones received as zeros by a model trained without errors; and by one
trained at 8 %. The bits per pixel are those of the base layer after layer 1, and of base and enhancement together after
layer 2: their difference, 0.25, is what the paper calls 0.26. LIC-GMM-AM has one layer, all its latents as a sign and
seven bits each, whatever they would take entropy-coded.
"""

from linksim import Curves, Panel, Sweep, Table, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import BitBearer, ConversationLink, ErrorFreeBearer
from linksim.montecarlo import Axis
from linksim.phy import ZChannel

AXIS = "bit_error_probability"

links = [
    ConversationLink(
        zoo.load(f"ds2c2/photos-16bits-z{percent}"),
        {Bytes: ErrorFreeBearer(), Bits: BitBearer(ZChannel, AXIS)},
        axis=AXIS,
        name=f"DS2C2, trained {how}",
    )
    for percent, how in ((0, "without errors"), (8, "at 8 %"))
]
links += [
    ConversationLink(
        zoo.load(model, {"fixed_bits": 8}),
        {Bits: BitBearer(ZChannel, AXIS)},
        axis=AXIS,
        name=f"LIC-GMM-AM, trained {how}",
    )
    for model, how in (("lic/photos", "without errors"), ("lic/photos-z8", "at 8 %"))
]

sweep = Sweep(
    "yetis2025_table1",
    links,
    pictures="kodak",
    axis=Axis(AXIS, (0.0, 0.16), "share of ones received as zeros"),
    figures=[Table(bpp=True, loss=True), Curves(), Panel(value=0.16)],
)

if __name__ == "__main__":
    sweep.main()
