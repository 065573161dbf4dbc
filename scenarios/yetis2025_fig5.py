"""How many pictures does the second stage need? DS2C2 for street scenes at 0.53 bits per pixel behind its base layer.

Fig. 5 of Yetis (2025) shows it retrained on 16 pictures instead of all. Here BResNet and SumNet were trained on
16 and on all 367 of CamVid's training pictures, as many steps each, behind one base layer. Shown on CamVid's test
split, without errors and with 16 % of the ones received as zeros.
"""

from linksim import Along, Curves, Panel, Sweep, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import BitBearer, ConversationLink, ErrorFreeBearer
from linksim.montecarlo import Axis
from linksim.phy import ZChannel

AXIS = "training_pictures"
MODELS = {n: f"ds2c2/camvid-34bits-z0-{n}pictures" for n in (16,)} | {367: "ds2c2/camvid-34bits-z0"}

over_channel = {
    n: ConversationLink(
        zoo.load(name),
        {Bytes: ErrorFreeBearer(), Bits: BitBearer(ZChannel, "bit_error_probability")},
        axis="bit_error_probability",
        name=name,
    )
    for n, name in MODELS.items()
}

sweep = Sweep(
    "yetis2025_fig5",
    [
        Along(AXIS, over_channel, at=0.0, name="without errors"),
        Along(AXIS, over_channel, at=0.16, name="16 % of the ones received as zeros"),
    ],
    pictures="camvid",
    axis=Axis(AXIS, tuple(MODELS), "pictures that the second stage was trained on"),
    figures=[Curves(log=True), Panel(value=16, file="panel_16"), Panel(value=367, file="panel_all")],
)

if __name__ == "__main__":
    sweep.main()
