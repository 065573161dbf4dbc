"""Does the factored mode of separation links keep the law of the real chain? Two Kodak pictures, CBR 1/16.

Three schemes at and around their cliffs on AWGN, and on slow Rayleigh fading, each once with the real
bits of every draw and once by block-error tables. The intervals of each pair must overlap.
"""

from linksim import SeparationLink, Sweep
from linksim.phy import Awgn, RayleighSlow, get_mcs
from linksim.source import Bpg

CLIFFS_DB = {"4-QAM 1/2": 0.8, "16-QAM 2/3": 8.7, "64-QAM 2/3": 13.5}  # half of the transport blocks arrive

links = [
    SeparationLink(Bpg(), get_mcs(mcs), channel, cbr=1 / 16, mode=mode, name=name, tags={"scheme": name})
    for channel in (Awgn(), RayleighSlow(csi=True))
    for mcs in CLIFFS_DB
    for mode in ("chain", "factored")
    for name in [f"{mcs}, {channel.label}, {mode}"]
]

sweep = Sweep(
    "chain_vs_factored",
    links,
    pictures="kodak",
    max_pictures=2,
    snr_db=[cliff + step for cliff in CLIFFS_DB.values() for step in (-0.15, 0.0, 0.15)],
    ci_half_width=None,
    max_draws=32,
)

if __name__ == "__main__":
    sweep.main()
