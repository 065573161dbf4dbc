"""Mutated streams through every decoder of pictures, and mutated files through the reader of pictures."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.attack.trial import Outcome, mutated, tried

SIDE = 48, 64
"""Of the picture whose streams are mutated."""


def picture() -> np.ndarray:
    """Waves with edges, uint8 [48, 64, 3]."""
    i, j, c = np.mgrid[0 : SIDE[0], 0 : SIDE[1], 0:3]
    return np.rint(127 + 70 * np.sin(0.2 * i + 0.1 * j * (c + 1)) + 50 * np.sign(np.sin(0.35 * j))).astype(np.uint8)


def _is_picture(pixels: np.ndarray, most: int) -> str | None:
    """What is wrong with a decoded picture, if anything."""
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and 0 < pixels.size <= 3 * most:
        return None
    return f"{pixels.dtype} {pixels.shape}"


def _decoder(codec, streams: list[bytes], rng: np.random.Generator) -> Callable[[], str | None]:
    def one() -> str | None:
        # A receiver knows the size most often, and a reader of files does not.
        most = SIDE[0] * SIDE[1] if rng.random() < 0.8 else 1 << 18
        return _is_picture(codec.decode(mutated(streams[rng.integers(len(streams))], rng), max_pixels=most), most)

    return one


def bpg(count: int, seed: int) -> Outcome:
    """Streams of 4:4:4 and 4:2:0, 8 and 10 bits, lossy and lossless with a range extension."""
    from linksim.source import Bpg

    rng = np.random.default_rng(seed)
    codecs = [Bpg(), Bpg("420"), Bpg("420", 10), Bpg("444", 12)]
    streams = [codec.encode_at(picture(), q) for codec in codecs for q in (4, 30, 45)]
    return tried(count, _decoder(codecs[0], streams, rng))


def jpeg(count: int, seed: int) -> Outcome:
    """Baseline streams, and progressive ones of another encoder."""
    from PIL import Image

    from linksim.source import Jpeg

    rng, out = np.random.default_rng(seed), io.BytesIO()
    Image.fromarray(picture()).save(out, "JPEG", progressive=True)
    streams = [Jpeg().encode_at(picture(), 30), Jpeg().encode_at(picture(), 95), out.getvalue()]
    return tried(count, _decoder(Jpeg(), streams, rng))


def jpeg2000(count: int, seed: int) -> Outcome:
    """Bare codestreams."""
    from linksim.source import Jpeg2000

    rng = np.random.default_rng(seed)
    return tried(count, _decoder(Jpeg2000(), [Jpeg2000().encode_at(picture(), q) for q in (10, 50, 90)], rng))


def lic(count: int, seed: int) -> Outcome:
    """Streams of tiny networks with random weights, half of them mutated behind the header, where symbols are.

    Every stream is parsed to its last symbol; what the latents look like is drawn for one in fifty, since that takes
    a hundred times as long and meets finite numbers only.
    """
    import keras

    from linksim.codecs.lic.at_rate import AtRate
    from linksim.codecs.lic.codec import LicGmm
    from linksim.source import Learned

    class Parsed(LicGmm):
        def decompress(self, stream: bytes) -> np.ndarray:
            if drawn.random() < 0.02:
                return super().decompress(stream)
            latents = self.latents_of(stream)
            height, width = self.size_of(stream)
            assert latents.dtype == np.int64 and np.abs(latents).max() <= 2000, "latents out of range"
            assert latents.shape == (-(-height // 64) * 4, -(-width // 64) * 4, self.latent_channels), (
                "latents of another size"
            )
            return np.zeros((height, width, 3), np.uint8)

    keras.utils.set_random_seed(1)
    drawn = np.random.default_rng(seed + 1)
    many = Parsed(4, latent_channels=6, rates=3)
    codec = Learned([*(AtRate(many, quality) for quality in (0, 3)), AtRate(Parsed(2), 0)], "LIC")
    rng = np.random.default_rng(seed)
    streams = [codec.encode_at(picture(), quality) for quality in codec.qualities]
    whole = _decoder(codec, streams, rng)
    header = 1 + 7

    def symbols() -> str | None:
        stream = streams[rng.integers(len(streams))]
        return _is_picture(codec.decode(stream[:header] + mutated(stream[header:], rng)), SIDE[0] * SIDE[1])

    return tried(count, lambda: symbols() if rng.random() < 0.5 else whole())


def files(count: int, seed: int) -> Outcome:
    """PNG of every kind, JPEG and WebP files, read as pictures."""
    import imagecodecs
    from PIL import Image

    from linksim.images import read_picture

    rng = np.random.default_rng(seed)
    image = Image.fromarray(picture())
    alpha = Image.fromarray(np.dstack([picture(), picture()[..., 0]]))
    made = []
    for source, kind, options in (
        (image, "PNG", {}),
        (alpha, "PNG", {}),
        (image.convert("P"), "PNG", {"transparency": 3}),
        (image.convert("1"), "PNG", {}),
        (image, "JPEG", {"progressive": True}),
        (image.convert("CMYK"), "JPEG", {}),
        (alpha, "WEBP", {"lossless": True}),
    ):
        out = io.BytesIO()
        source.save(out, kind, **options)
        made.append(out.getvalue())
    made.append(imagecodecs.png_encode(np.asarray(alpha).astype(np.uint16) * 257))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"

        def one() -> str | None:
            path.write_bytes(mutated(made[rng.integers(len(made))], rng))
            return _is_picture(read_picture(path).pixels, 1 << 26)

        return tried(count, one)
