"""Blocks of 1056 bytes get lost: DS2C2 degrades, BPG is there or not. Kodak, base layer error-free.

One choice at a time is taken back: the interleaver, SumNet, the second FineNet, training with errors. BPG has at most
as many bits as DS2C2 in all, and loses the picture with any of its blocks.
"""

from linksim import Curves, Panel, Sweep, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import BitBearer, ByteBearer, ConversationLink, ErrorFreeBearer, StreamCodec
from linksim.montecarlo import ErasureProbability
from linksim.phy import BlockErasure, PixelInterleaver, RandomInterleaver
from linksim.source import Bpg

AXIS = "erasure_probability"
BITS = 16  # for each 8x8 block
BPP = 0.5  # base and enhancement, on average
SCHEME = {"role": "scheme"}

spread = PixelInterleaver(BITS, RandomInterleaver())


def ds2c2(name, percent=8, options=None, interleaver=spread):
    codec = zoo.load(f"ds2c2/photos-{BITS}bits-z{percent}", options)
    bearers = {Bytes: ErrorFreeBearer(), Bits: BitBearer(BlockErasure, AXIS, interleaver)}
    return ConversationLink(codec, bearers, axis=AXIS, name=name)


links = [
    ds2c2("DS2C2"),
    ds2c2("without interleaver", interleaver=None),
    ds2c2("plain sum", options={"fusion": "sum"}),
    ds2c2("one FineNet", options={"base": {"shown_steps": 1}}),
    ds2c2("trained without errors", percent=0),
    ConversationLink(StreamCodec(Bpg(), BPP), {Bytes: ByteBearer(BlockErasure, AXIS)}, axis=AXIS, tags=SCHEME),
]

sweep = Sweep(
    "ds2c2_erasure",
    links,
    pictures="kodak",
    axis=ErasureProbability([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5]),
    ci_half_width=0.3,
    figures=[Curves(), Curves(y="ms_ssim"), Panel(value=0.2)],
    metrics=("psnr", "ms_ssim"),
)

if __name__ == "__main__":
    sweep.main()
