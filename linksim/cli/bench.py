"""`linksim bench`: speeds that matter, each measured here and now, as ratios where one can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from linksim.cli.bench_coding import factored, ldpc
from linksim.cli.bench_pictures import lic, metrics, perceptual
from linksim.cli.measuring import Measurement, per_second
from linksim.cli.output import print_table, quiet_tensorflow
from linksim.errors import LinksimError

if TYPE_CHECKING:
    from linksim.codecs import ResidualTransmission
    from linksim.images import Picture
    from linksim.links.analog import AnalogLink


def _forget(link: AnalogLink) -> None:
    """Let a link encode its pictures again: every round encodes each picture once, as a sweep does."""
    link._sent.clear()


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
        _forget(link)
        for snr_db in snrs:
            link.transmit(pictures, snr_db, draws)
        return len(pictures) * len(snrs) * len(draws)

    base, swept = per_second(bare, seconds), per_second(sweep, seconds)
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

    residual, channel = create("residual", {"layer_channels": (8, 8)}), Awgn()
    links = {
        name: AnalogLink(create(name.replace(" ", "-"), {"layer_channels": (8, 8)}), channel)
        for name in ("multiple decoders", "single decoder")
    }
    links["residual, m = 10"] = AnalogLink(residual, channel, realizations=10)
    links["residual, feedback"] = AnalogLink(residual, channel, feedback=True)
    pixels = np.random.default_rng(0).integers(0, 256, (256, 32, 32, 3), dtype=np.uint8)
    pictures, draws = [Picture(str(i), p) for i, p in enumerate(pixels)], range(4)
    found = []
    for name, link in links.items():

        @tf.function
        def network(x, codec=link.transceiver.codec):
            return rehearse(codec, tf.cast(x, tf.float32) / 255.0, 10.0)[1]

        def bare(network=network) -> int:
            network(pixels)[-1].numpy()
            return len(pixels)

        def sweep(link=link) -> int:
            _forget(link)
            link.transmit(pictures, 10.0, draws)
            return len(pictures) * len(draws)

        base, swept = per_second(bare, seconds), per_second(sweep, seconds)
        found.append(Measurement(f"{name}: sweep, 4 draws", swept, "pictures/s"))
        found.append(Measurement(f"{name}: sweep / bare network", swept / base, ""))
    return [*found, *_estimate(residual, pictures[:16], seconds)]


def _estimate(codec: ResidualTransmission, pictures: Sequence[Picture], seconds: float) -> list[Measurement]:
    """The mean that the transmitter of residual transmission subtracts, against its bare decoder."""
    from linksim.codecs.conversation import told
    from linksim.links.analog import AnalogLink
    from linksim.phy._tf import tf
    from linksim.phy.channels.flat import Awgn
    from linksim.phy.rng import picture_key

    realizations, size = 64, pictures[0].size
    estimating = AnalogLink(codec, Awgn(), realizations=realizations).transceiver
    symbols = estimating.encode(pictures, 10.0, 0).symbols[:, :256]
    roots = np.stack([picture_key("bench", p.sha256, 0) for p in pictures])
    received = tf.random.normal([256, 256, 2])

    @tf.function
    def decoder(z):
        first = next(codec.converse(tf.zeros([len(z), *size, 3]), 10.0, size))
        return told(first, z)

    def realize() -> int:
        estimating.mean_answer(0, symbols, roots, 10.0, size)
        return len(pictures) * realizations

    def decode() -> int:
        decoder(received).numpy()
        return len(received)

    speed, base = per_second(realize, seconds), per_second(decode, seconds)
    return [
        Measurement("residual: estimate", speed, "realisations/s"),
        Measurement("residual: estimate / bare decoder", speed / base, ""),
    ]


def bpg(seconds: float) -> list[Measurement]:
    """Encoding the 512x512 photograph `astronaut` at QP 32."""
    from linksim.images import load
    from linksim.source import Bpg

    codec, picture = Bpg(), load("sample")[0].pixels

    def encode() -> int:
        codec.encode_at(picture, 32)
        return 1

    return [Measurement("BPG encodes of a sample picture", per_second(encode, seconds), "1/s")]


def ds2c2(seconds: float) -> list[Measurement]:
    """Each stage of the layered codec, of the size that the recipes have, on a photograph of 512x512."""
    from linksim.codecs.ds2c2 import stream
    from linksim.codecs.registry import create
    from linksim.images import load
    from linksim.training.recipes import get_recipe

    codec = create("ds2c2", get_recipe("ds2c2/photos-16bits-z0").options)
    x = load("sample")[0].pixels[None].astype(np.float32) / np.float32(255)
    size, rgan = x.shape[1:3], codec.rgan
    small, labels = rgan.small(x), rgan.labels(x)
    levels = np.rint((np.asarray(small[0]) + 1) * 127.5).astype(np.uint8)
    classes = np.repeat(np.repeat(np.arange(64, dtype=np.uint8).reshape(8, 8) % rgan.classes, 64, 0), 64, 1)
    base = stream.write_base(levels, classes)
    painted = rgan.paint(small, labels, size)[-1]
    bits = codec.encode_residual(x - painted)
    residual = codec.decode_residual(bits, size)
    stages: dict[str, Callable[[], object]] = {
        "encode, labels": lambda: rgan.labels(x),
        "encode, small picture": lambda: rgan.small(x),
        "encode, lossless stream": lambda: stream.write_base(levels, classes),
        "encode, residual": lambda: codec.encode_residual(x - painted),
        "decode, lossless stream": lambda: stream.read_base(base, levels.shape[:2], size, rgan.classes)[0],
        "decode, painting": lambda: rgan.paint(small, labels, size)[-1],
        "decode, residual": lambda: codec.decode_residual(bits, size),
        "decode, sum": lambda: codec.fuse(painted, residual),
    }

    def once(stage: Callable[[], object]) -> Callable[[], int]:
        def run() -> int:
            np.asarray(stage())
            return 1

        return run

    return [
        Measurement(f"DS2C2: {name}", per_second(once(stage), seconds), "pictures/s") for name, stage in stages.items()
    ]


SUITE: dict[str, Callable[[float], list[Measurement]]] = {
    "analog": analog,
    "progressive": progressive,
    "ldpc": ldpc,
    "bpg": bpg,
    "factored": factored,
    "ds2c2": ds2c2,
    "perceptual": perceptual,
    "lic": lic,
    "metrics": metrics,
}


def bench(
    only: Annotated[
        str | None,
        typer.Option(help="analog, progressive, ldpc, bpg, factored, ds2c2, perceptual, lic or metrics; default all."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Time per measurement.", min=0.1)] = 3.0,
    scale: Annotated[
        bool, typer.Option("--scale", help="What the harness costs instead, as sweeps grow; see docs/scale.md.")
    ] = False,
    units: Annotated[
        str | None, typer.Option(help="With --scale: units of the sweeps that are resumed; default 1000,10000.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="With --scale: worker processes; default 2.")] = None,
) -> None:
    """Measure speeds on this machine: analog links, LDPC, BPG, factored over chain, codecs, metrics; or the harness."""
    if scale:
        if only is not None:
            raise LinksimError("--only chooses among the other benchmarks; leave it, or --scale")
        _scale("1000,10000" if units is None else units, 2 if workers is None else workers)
        return
    for option, given in (("--units", units), ("--workers", workers)):
        if given is not None:
            raise LinksimError(f"{option} belongs to --scale; add it, or leave {option}")
    if only is not None and only not in SUITE:
        raise LinksimError(f"unknown benchmark {only!r}; take one of {', '.join(SUITE)}")
    quiet_tensorflow()
    rows = [[m.what, f"{m.value:.3g}", m.unit] for name in ([only] if only else SUITE) for m in SUITE[name](seconds)]
    print_table("measured on this machine", ["what", "value", "unit"], rows)


def _scale(units: str, workers: int) -> None:
    from linksim.cli.bench_scale import scale

    sizes = [name.strip() for name in units.split(",")]
    if not all(size.isdecimal() and int(size) >= 100 for size in sizes):
        raise LinksimError(f"--units {units}: give numbers of units from 100 up, such as 1000,10000")
    title = "the harness on this machine, CPU time of its own process"
    rows = [[m.what, f"{m.value:.4g}", m.unit] for m in scale([int(size) for size in sizes], [workers])]
    print_table(title, ["what", "value", "unit"], rows)
