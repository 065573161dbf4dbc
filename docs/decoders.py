"""Block errors of the default decoder beside Sionna's, 20 iterations each, on the same received code blocks.

Four lengths, four rates, five SNRs around the cliff, 4-QAM over AWGN, as a table. Ends with 1 where the default decoder
loses significantly more blocks at any point.
"""

import argparse
import sys

import numpy as np
from rich.progress import track
from scipy.stats import binomtest

from linksim.phy import rng
from linksim.phy.bler.predicted import predicted_curve
from linksim.phy.bler.table import BlerKey, BlerTable
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.channels.flat import Awgn
from linksim.phy.coding.chain import CodeBlockChain
from linksim.phy.coding.decoders import get_decoder
from linksim.phy.coding.plan import CodeConfiguration, select_base_graph

LENGTHS, RATES = (512, 1280, 3840, 8448), (1 / 3, 1 / 2, 2 / 3, 5 / 6)
DECODERS = ("layered20", "bp20")
AT_ONCE = 64


def lost(configuration: CodeConfiguration, snrs: list[float], blocks: int) -> np.ndarray:
    """Code blocks that were lost, `[decoders, SNRs]`, and in the last row those that only the first decoder lost."""
    chains = [CodeBlockChain(configuration, decoder=get_decoder(name)) for name in DECODERS]
    counts = np.zeros((3, len(snrs)), int)
    for i, snr_db in enumerate(snrs):
        for start in range(0, blocks, AT_ONCE):
            keys = rng.draw_keys(
                rng.picture_key("decoders", f"{configuration} {snr_db:.2f}", 0), range(start, start + AT_ONCE)
            )
            bits = rng.bits(keys, chains[0].block_bits, 1)
            y, no = Awgn()(chains[0].transmit(bits), snr_db, keys)
            wrong = []
            for chain in chains:
                decoded, passed = chain.receive(y, np.broadcast_to(no, y.shape))
                wrong.append(~(np.asarray(passed) & np.all(np.asarray(decoded) == np.asarray(bits), axis=1)))
            counts[:, i] += [wrong[0].sum(), wrong[1].sum(), (wrong[0] & ~wrong[1]).sum()]
    return counts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=448, help="for each point (default: %(default)s)")
    blocks = -(-parser.parse_args().blocks // AT_ONCE) * AT_ONCE
    worse = 0
    print("| K' | rate | SNR in dB | lost by " + " | lost by ".join(DECODERS) + " | gain at 10 % in dB |")
    print("|---|---|---|---|---|---|")
    for info_bits in track(LENGTHS, transient=True):
        for rate in RATES:
            graph = select_base_graph(info_bits, rate)
            coded_bits = round(info_bits / rate / 2) * 2
            keys = [BlerKey("awgn", 2, graph, info_bits, coded_bits, name) for name in DECODERS]
            curve = predicted_curve(keys[0])
            snrs = [*(round(curve.snr_at(p), 2) for p in (0.9, 0.5, 0.1, 0.01)), round(curve.snr_at(0.1) + 0.4, 2)]
            counts = lost(CodeConfiguration(2, graph, info_bits, coded_bits), snrs, blocks)
            order = np.argsort(snrs)
            at = [
                waterfall(BlerTable(key, np.array(snrs)[order], row[order], np.full(len(snrs), blocks), 0)).snr_at(0.1)
                for key, row in zip(keys, counts[:2], strict=True)
            ]
            # Of the blocks that one decoder lost and the other not, half would be the first one's if both were alike.
            for first, second, alone in counts.T:
                others = second - (first - alone)
                worse += alone > others and binomtest(int(alone), int(alone + others)).pvalue < 0.01
            shares = [" ".join(f"{100 * n / blocks:.1f}" for n in row) for row in counts[:2]]
            where = " ".join(f"{snr:.2f}" for snr in snrs)
            print(
                f"| {info_bits} | {rate:.2f} | {where} | {shares[0]} % | {shares[1]} % | {at[1] - at[0]:.2f} |",
                flush=True,
            )
    print(f"points of {len(LENGTHS) * len(RATES) * 5} at which {DECODERS[0]} is worse with 99 % confidence: {worse}")
    sys.exit(int(worse > 0))


if __name__ == "__main__":
    main()
