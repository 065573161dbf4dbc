"""Benchmarks on one photograph of 768x512, as Kodak has them: codecs for perception, learned compression, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linksim.cli.measuring import Measurement, per_second

_SIDES = (512, 768)


def _photograph() -> np.ndarray:
    """A built-in photograph that fills the sides, uint8 `[H, W, 3]`."""
    from linksim.images import load

    pixels = load("sample")[0].pixels
    return np.tile(pixels, (1, 2, 1))[: _SIDES[0], : _SIDES[1]]


def perceptual(seconds: float) -> list[Measurement]:
    """The residual network of the recipes, and the network of the paper with a quarter of its filters."""
    from linksim.codecs.registry import create
    from linksim.training import get_recipe

    x = _photograph()[None].astype(np.float32) / np.float32(255)
    codecs = {
        "residual network": create("deepjscc-resnet", get_recipe("deepjscc-resnet/photos-1_48-gan").options),
        "paper's network, 64 filters": create("deepjscc-attention", {"latent_channels": 2, "filters": 64}),
    }
    stages: dict[str, Callable[[], object]] = {}
    for name, codec in codecs.items():
        stages |= _stages(name, codec, x)
    return [Measurement(what, per_second(_once(work), seconds), "pictures/s") for what, work in stages.items()]


def _stages(name: str, codec: Any, x: np.ndarray) -> dict[str, Callable[[], object]]:
    """Encoder and decoder of a codec at 10 dB, each a graph."""
    from linksim.links.compiled import SCALAR
    from linksim.phy._tf import tf

    def decoded(symbols: Any, snr_db: Any) -> Any:
        return codec.decode(symbols, snr_db, x.shape[1:3])

    encode = tf.function(codec.encode, input_signature=[tf.TensorSpec(x.shape, tf.float32), SCALAR], autograph=False)
    symbols = encode(x, 10.0).numpy()
    spec = tf.TensorSpec(symbols.shape, tf.float32)
    decode = tf.function(decoded, input_signature=[spec, SCALAR], autograph=False)
    return {
        f"{name}: encode 768x512": lambda: encode(x, 10.0),
        f"{name}: decode 768x512": lambda: decode(symbols, 10.0),
    }


def lic(seconds: float) -> list[Measurement]:
    """Learned image compression, of the size that the recipes have: seconds from picture to bytes, with a search for
    latents too, and back, and how many of them go into probabilities and the range coder; the networks take the rest.
    """
    from linksim.codecs.lic import entropy
    from linksim.codecs.lic.refine import Refiner
    from linksim.codecs.registry import create
    from linksim.training import get_recipe

    picture = _photograph()
    codec = create("lic", get_recipe("lic/photos").options)
    stream = codec.compress(picture)
    latents = codec.latents_of(stream).size
    count = latents + latents // 16 * codec.filters // codec.latent_channels  # and the hyper-latents
    # Of each latent: three equal components around zero, with a standard deviation of 2**0.5 symbols.
    parameters = np.tile(np.repeat([0, 0, 8], 3), (count, 1))
    values = np.rint(np.random.default_rng(0).normal(0, 1.4, count)).astype(np.int64)

    def write() -> bytes:
        encoder = entropy.Encoder()
        encoder.write(values, parameters)
        return encoder.finish()

    data = write()
    refiner = Refiner(codec, [0.0067] * codec.rates, steps=10)
    stages: dict[str, Callable[[], object]] = {
        "encode 768x512": lambda: codec.compress(picture),
        "encode 768x512, refined in 10 steps": lambda: codec.compress(picture, refiner=refiner),
        "encode 768x512, of it entropy coding": write,
        "decode 768x512": lambda: codec.decompress(stream),
        "decode 768x512, of it entropy coding": lambda: entropy.Decoder(data).read(parameters),
    }
    return [Measurement(f"LIC: {what}", 1 / per_second(_once(work), seconds), "s") for what, work in stages.items()]


def metrics(seconds: float) -> list[Measurement]:
    """Every metric of photographs whose weights are here."""
    from linksim import metrics as registry

    reference = _photograph()[None]
    shown = np.clip(reference.astype(int) + np.random.default_rng(0).integers(-9, 10, reference.shape), 0, 255)
    shown = shown.astype(np.uint8)
    found = []
    for metric in map(registry.get, registry.names()):
        if metric.higher_is_better is not None and metric.missing() is None:
            speed = per_second(_once(lambda metric=metric: metric(reference, shown)), seconds)
            found.append(Measurement(f"metric {metric.name}, 768x512", speed, "pictures/s"))
    return found


def _once(work: Callable[[], object]) -> Callable[[], int]:
    def run() -> int:
        work()
        return 1

    return run
