"""Does an abstract channel that erases blocks give what the 5G chain gives? DS2C2 in the waterfall of 16-QAM 1/2.

The enhancement bits of four Kodak photographs in three ways: as code blocks of real bits, as code blocks that are
drawn from block-error tables, and over `BlockErasure` with blocks as long as those code blocks, which get lost as often
as the tables say. The base layer arrives. The intervals of the three must overlap.
"""

from linksim import Curves, Sweep, zoo
from linksim.codecs import Bits, Bytes
from linksim.links import BitBearer, CodeBlockBearer, ConversationLink, ErrorFreeBearer
from linksim.links.bearers.protected import smallest_transport
from linksim.phy import Awgn, BlockErasure, PixelInterleaver, RandomInterleaver, get_mcs
from linksim.phy.bler.probability import code_block_error_probabilities

MCS = "16-QAM 1/2"
BYTES = 12_288  # of enhancement bits of a photograph of 768x512, 16 bits for each 8x8 block

codec = zoo.load("ds2c2/photos-16bits-z8")
spread = PixelInterleaver(codec.channels, RandomInterleaver())
transport = smallest_transport(get_mcs(MCS), BYTES)


def erasure_at(snr_db):
    """Loses blocks as often as the chain does."""
    # Rounded: its last digits are those of a machine, and the link would be another on each.
    p = round(float(code_block_error_probabilities(transport, Awgn().law, snr_db).mean()), 6)
    return BlockErasure(p, BYTES // transport.num_code_blocks)


ways = {
    "real code blocks": CodeBlockBearer(MCS, Awgn(), interleaver=spread),
    "from tables": CodeBlockBearer(MCS, Awgn(), mode="factored", interleaver=spread),
    "block erasures": BitBearer(erasure_at, axis="snr_db", interleaver=spread),
}

sweep = Sweep(
    "ds2c2_chain_vs_erasure",
    [ConversationLink(codec, {Bytes: ErrorFreeBearer(), Bits: way}, name=name) for name, way in ways.items()],
    pictures="kodak",
    max_pictures=4,
    snr_db=(5.8, 5.9, 6.0, 6.1),
    ci_half_width=None,
    max_draws=16,
    figures=[Curves()],
)

if __name__ == "__main__":
    sweep.main()
