"""Benchmarks of the digital chain: decoders, and links that send real bits."""

from __future__ import annotations

import numpy as np

from linksim.cli.measuring import Measurement, per_second

# (base graph, K', coded bits): long code blocks of three rates, and a short one.
_CODES = ((1, 8448, 25344), (1, 8448, 12672), (1, 8448, 10138), (2, 1000, 2000))
_BATCHES = (16, 32, 128)
"""Code blocks that Sionna's decoder is given together: the fastest counts."""

_BLOCKS = 128


def ldpc(seconds: float) -> list[Measurement]:
    """Decoding code blocks of 4-QAM at the SNR at which the default decoder loses 10 %, and 2 dB above."""
    return [found for code in _CODES for found in _decoders(*code, seconds)]


def _decoders(base_graph: int, info_bits: int, coded_bits: int, seconds: float) -> list[Measurement]:
    import tensorflow as tf

    from linksim.phy.bler.predicted import predicted_curve
    from linksim.phy.bler.table import BlerKey
    from linksim.phy.coding.decoders import DEFAULT_DECODER
    from linksim.phy.coding.decoders._belief_propagation_tf import untouched
    from linksim.phy.coding.ldpc import get_code

    code = get_code(base_graph, info_bits, coded_bits, 2)
    compiled = DEFAULT_DECODER.compile(code)
    sionna = untouched(code)
    generator = np.random.default_rng(0)
    bits = generator.integers(0, 2, [_BLOCKS, info_bits]).astype(np.float32)

    def received(snr_db: float) -> tf.Tensor:
        no = 10 ** (-snr_db / 10)
        x = 2 * code.encode(bits).numpy() - 1
        y = x + generator.normal(scale=np.sqrt(no), size=x.shape)
        return code.recover_rate((2 * y / no).astype(np.float32))

    def ours(llr: tf.Tensor) -> int:
        compiled.decode(llr, lambda rows: tf.ones([len(rows)], bool))
        return _BLOCKS * info_bits

    def theirs(llr: tf.Tensor) -> int:
        sionna(llr)
        return len(llr) * info_bits

    name = DEFAULT_DECODER.name
    threshold = predicted_curve(BlerKey("awgn", 2, base_graph, info_bits, coded_bits, name)).snr_at(0.1)
    cliff, beyond = received(threshold), received(threshold + 2.0)
    ours_there = per_second(lambda: ours(cliff), seconds)
    theirs_there = max(
        per_second(lambda batch=batch: theirs(cliff[:batch]), seconds / len(_BATCHES)) for batch in _BATCHES
    )
    far = per_second(lambda: ours(beyond), seconds)
    what = f"LDPC ({info_bits}, {coded_bits}), {name}"
    return [
        Measurement(f"{what}, information bits", ours_there / 1e6, "Mb/s"),
        Measurement(f"{what} / Sionna's BP-20", ours_there / theirs_there, ""),
        Measurement(f"{what}, 2 dB above the cliff", far / 1e6, "Mb/s"),
    ]


def factored(seconds: float) -> list[Measurement]:
    """Draws per second of a separation link: block-error tables, real bits, and real bits with Sionna's decoder."""
    from linksim.images import load
    from linksim.links.separation import SeparationLink
    from linksim.phy.channels.flat import Awgn
    from linksim.phy.mcs import get_mcs
    from linksim.source import Jpeg

    picture = [load("sample")[0]]
    speeds = {}
    for mode, decoder, draws in (("factored", None, 128), ("chain", None, 16), ("chain", "sionna", 2)):
        link = SeparationLink(Jpeg(), get_mcs("16-QAM 2/3"), Awgn(), 1 / 16, mode=mode, decoder=decoder)

        def send(link: SeparationLink = link, draws: int = draws) -> int:
            link.transmit(picture, 10.0, range(draws))
            return draws

        speeds[mode, decoder] = per_second(send, seconds)
    chain = speeds["chain", None]
    return [
        Measurement("separation link, chain", chain, "draws/s"),
        Measurement("chain / chain with Sionna's decoder", chain / speeds["chain", "sionna"], ""),
        Measurement("factored / chain", speeds["factored", None] / chain, ""),
    ]
