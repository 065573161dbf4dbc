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
    from linksim.phy.channel import Awgn

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


def ldpc(seconds: float) -> list[Measurement]:
    """Decoding a transport block of 16-QAM 2/3 at 10 dB, 20 iterations."""
    from linksim.phy.channel import Awgn, noise_variance
    from linksim.phy.mcs import get_mcs
    from linksim.phy.transport import Transport

    transport, channel = Transport(get_mcs("16-QAM 2/3"), 24576), Awgn()
    payload = np.random.default_rng(0).integers(0, 256, (1, transport.payload_bytes), dtype=np.uint8)
    y = channel(transport.transmit(payload), 10.0)

    def receive() -> int:
        transport.receive(y, noise_variance(10.0))
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
    from linksim.phy.channel import Awgn
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
    "ldpc": ldpc,
    "bpg": bpg,
    "factored": factored,
}
