"""`linksim bench`: speeds that matter, each measured here and now, as ratios where one can be had."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measurement:
    """One line of the table: what, how much, in which unit."""

    what: str
    value: float
    unit: str


def _per_second(work: Callable[[], int], seconds: float) -> float:
    """Things done per second: one call to warm up, then calls until the time is over."""
    work()
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        done += work()
    return done / elapsed


def analog(seconds: float) -> list[Measurement]:
    """An analog sweep over all its pictures, SNRs and draws against the bare compiled network."""
    from linksim.codecs.registry import create
    from linksim.images import Picture
    from linksim.links.analog import AnalogLink
    from linksim.phy._tf import tf
    from linksim.phy.channels.flat import Awgn

    codec = create("deepjscc", {"latent_channels": 16})
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (256, 32, 32, 3), dtype=np.uint8)
    pictures = [Picture(str(i), p) for i, p in enumerate(pixels)]
    link, snrs, draws = AnalogLink(codec, Awgn()), (0.0, 10.0, 20.0), range(4)

    @tf.function
    def network(x):
        return codec(tf.cast(x, tf.float32) / 255.0)

    def bare() -> int:
        network(pixels).numpy()
        return len(pixels)

    def sweep() -> int:
        link._sent.clear()  # every round encodes each picture once, as a sweep does
        for snr_db in snrs:
            link.transmit(pictures, snr_db, draws)
        return len(pictures) * len(snrs) * len(draws)

    base, swept = _per_second(bare, seconds), _per_second(sweep, seconds)
    return [
        Measurement("bare network, encode and decode", base, "pictures/s"),
        Measurement("analog sweep, 3 SNRs x 4 draws", swept, "pictures/s"),
        Measurement("analog sweep / bare network", swept / base, ""),
    ]


def progressive(seconds: float) -> list[Measurement]:
    """Two layers of k/n = 1/12 on 32x32, every scheme: a sweep against the bare compiled network."""
    from linksim.codecs.conversation import rehearse
    from linksim.codecs.registry import create
    from linksim.images import Picture
    from linksim.links.analog import AnalogLink
    from linksim.phy._tf import tf
    from linksim.phy.channels.flat import Awgn

    residual = create("residual", {"layer_channels": (8, 8)})
    schemes = {
        "multiple decoders": create("multiple-decoders", {"layer_channels": (8, 8)}),
        "single decoder": create("single-decoder", {"layer_channels": (8, 8)}),
        "residual, m = 10": residual,
        "residual, feedback": residual,
    }
    pixels = np.random.default_rng(0).integers(0, 256, (256, 32, 32, 3), dtype=np.uint8)
    pictures, draws = [Picture(str(i), p) for i, p in enumerate(pixels)], range(4)
    found = []
    for name, codec in schemes.items():
        link = AnalogLink(codec, Awgn(), feedback="feedback" in name)

        @tf.function
        def network(x, codec=codec):
            return rehearse(codec, tf.cast(x, tf.float32) / 255.0, 10.0)[1]

        def bare(network=network) -> int:
            network(pixels)[-1].numpy()
            return len(pixels)

        def sweep(link=link) -> int:
            link._sent.clear()  # every round encodes each picture once per SNR, as a sweep does
            link.transmit(pictures, 10.0, draws)
            return len(pictures) * len(draws)

        base, swept = _per_second(bare, seconds), _per_second(sweep, seconds)
        found.append(Measurement(f"{name}: sweep, 4 draws", swept, "pictures/s"))
        found.append(Measurement(f"{name}: sweep / bare network", swept / base, ""))
    return [*found, *_estimate(residual, pictures, seconds)]


def _estimate(codec, pictures, seconds: float) -> list[Measurement]:
    """The mean that the transmitter of residual transmission subtracts, against its bare decoder."""
    from linksim.links.analog import AnalogLink
    from linksim.phy._tf import tf
    from linksim.phy.channels.flat import Awgn
    from linksim.phy.rng import picture_key

    estimating, some = AnalogLink(codec, Awgn(), realizations=64).transceiver, pictures[:16]
    symbols = estimating.encode(some, 10.0, 0).symbols[:, :256]
    roots = np.stack([picture_key("bench", p.sha256, 0) for p in some])
    decoder = tf.function(lambda z: codec.layer_output(0, z, (32, 32)))
    received = tf.random.normal([256, 256, 2])

    def realize() -> int:
        estimating.mean_answer(0, symbols, roots, 10.0, (32, 32))
        return len(some) * estimating.realizations

    def decode() -> int:
        decoder(received).numpy()
        return len(received)

    speed, base = _per_second(realize, seconds), _per_second(decode, seconds)
    return [
        Measurement("residual: estimate", speed, "realisations/s"),
        Measurement("residual: estimate / bare decoder", speed / base, ""),
    ]


def ldpc(seconds: float) -> list[Measurement]:
    """Decoding a transport block of 16-QAM 2/3 at 10 dB, 20 iterations."""
    from linksim.phy.channels.flat import Awgn
    from linksim.phy.mcs import get_mcs
    from linksim.phy.coding.transport import Transport

    transport, channel = Transport(get_mcs("16-QAM 2/3"), 24576), Awgn()
    payload = np.random.default_rng(0).integers(0, 256, (1, transport.payload_bytes), dtype=np.uint8)
    y, no = channel(transport.transmit(payload), 10.0)

    def receive() -> int:
        transport.receive(y, no)
        return 8 * transport.payload_bytes

    return [Measurement("LDPC decoding, information bits", _per_second(receive, seconds) / 1e6, "Mb/s")]


def bpg(seconds: float) -> list[Measurement]:
    """Encoding the 512x512 photograph `astronaut` at QP 32."""
    from linksim.images import load
    from linksim.source import Bpg

    codec, picture = Bpg(), load("sample")[0].pixels

    def encode() -> int:
        codec.encode_at(picture, 32)
        return 1

    return [Measurement("BPG encodes of a sample picture", _per_second(encode, seconds), "1/s")]


def factored(seconds: float) -> list[Measurement]:
    """Draws per second of a separation link: block-error tables against real bits."""
    from linksim.images import load
    from linksim.links.separation import SeparationLink
    from linksim.phy.channels.flat import Awgn
    from linksim.phy.mcs import get_mcs
    from linksim.source import Jpeg

    picture = [load("sample")[0]]
    speeds = {}
    for mode, draws in (("factored", range(128)), ("chain", range(1))):
        link = SeparationLink(Jpeg(), get_mcs("16-QAM 2/3"), Awgn(), 1 / 16, mode=mode)

        def send(link=link, draws=draws) -> int:
            link.transmit(picture, 10.0, draws)
            return len(draws)

        speeds[mode] = _per_second(send, seconds)
    return [
        Measurement("separation link, chain", speeds["chain"], "draws/s"),
        Measurement("factored / chain", speeds["factored"] / speeds["chain"], ""),
    ]


SUITE: dict[str, Callable[[float], list[Measurement]]] = {
    "analog": analog,
    "progressive": progressive,
    "ldpc": ldpc,
    "bpg": bpg,
    "factored": factored,
}
